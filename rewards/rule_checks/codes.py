"""What is refused of the pool that a benefit takes its codes from."""

from advocacy.refusals import Refused
from rewards.coupons import pools
from rewards.rules import terms as words


def problems(terms, program):
    """``{field: sentence}`` of benefits that are well formed. A program that is not saved has no pools to ask."""
    found = {}
    for side, said in terms["benefits"].items() if program.pk else ():
        if said.get("form") in (words.COUPON, words.GIFT_CARD):
            found |= _of_side(side, said, program)
    return found


def _of_side(side, said, program):
    try:
        pool = pools.named(program=program, name=said["pool"], form=said["form"])
    except Refused as refused:
        return {f"{side}_pool": refused.message}
    if pool.currency not in ("", program.currency):
        return {f"{side}_pool": f"“{pool.name}” is in {pool.currency}; choose a pool in {program.currency}."}
    if pool.currency and pool.amount_minor != said["amount_minor"]:
        return {f"{side}_amount_minor": f"A code of “{pool.name}” is worth {pool.worth}: write that amount."}
    return {}
