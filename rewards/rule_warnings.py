"""What an admin should know before a rule is saved, though it may be meant."""

from typing import NamedTuple

from advocacy import conditions, ids, money
from advocacy.models import Offer, Side
from advocacy.outbox.catalogue import TYPES
from advocacy.refusals import Refused
from rewards.models import CONVERSION_TRIGGER, CouponPool, Frequency, HoldFrom
from rewards.rules import terms as words

_SENT = (HoldFrom.SHIPPING, HoldFrom.DELIVERY)
_METADATA = conditions.METADATA_PREFIX
# What the friend's own offer lowers at the checkout.
_AFTER_DISCOUNTS = {"revenue_minor": "revenue", "basis_minor": "order total"}


class Warned(NamedTuple):
    """``dangerous``: the admin has to say that it is meant."""

    code: str
    text: str
    dangerous: bool = False


def check(*, program, terms, accepted):
    """``warnings``; raises ``Refused`` where one is dangerous and nobody said that it is meant."""
    found = warnings(program=program, terms=terms)
    dangerous = [warned.text for warned in found if warned.dangerous]
    if dangerous and not accepted:
        said = " ".join(dangerous)
        raise Refused("warnings_not_accepted", f"{said} Is it meant? Then say so.", errors={"accept_warnings": said})
    return found


def warnings(*, program, terms):
    """``[Warned]`` of terms that ``rule_checks`` does not refuse."""
    found = [_limitless(terms), _friend_offer(program, terms), *_tight_caps(program, terms), _no_hold(terms)]
    found += [*_dead(program, terms), _first_of_later(terms), _nothing_sent(terms)]
    found += [_for_nothing(program, terms) or _any_amount(terms), *_large_shares(terms), _stars(terms)]
    found += [_unscreened(terms)]
    return [warned for warned in found if warned]


def _limitless(terms):
    for side, benefit in terms["benefits"].items():
        caps = [cap for cap in terms.get("caps") or [] if cap.get("side", "") in ("", side)]
        if any(cap["measure"] == words.AMOUNT for cap in caps):
            continue
        why = ("" if _bounded(benefit) else _SHARE) or ("" if caps else _endless(terms, side, benefit))
        if why:
            text = f"This rule could pay without limit: {why}, and there is no budget."
            return Warned("unlimited", f"{text} Write a maximum or a limit.", dangerous=True)
    return None


_SHARE = "a share of an order has no maximum"
# What happens once to each person, so that asking for every time changes nothing.
_ONCE = {"referral.created", "advocate.enrolled"}


def _bounded(benefit):
    if benefit.get("maximum_minor") or benefit.get("kind", words.FIXED) == words.FIXED:
        return True
    if benefit["kind"] == words.TIERED:
        return not any(step.get("percent_bp") for step in benefit["tiers"]["steps"])
    # Lines have any number of pieces.
    return False


def _endless(terms, side, benefit):
    """Why the same can be had again and again, in words, or an empty text. A share of what is sold pays for itself."""
    trigger = terms.get("trigger", CONVERSION_TRIGGER)
    if trigger == "referral.created":
        return "for each friend who signs up, which costs nothing"
    if terms.get("frequency") != Frequency.EVERY_ORDER or terms.get("order_limit") or trigger in _ONCE:
        return ""
    if trigger != CONVERSION_TRIGGER:
        return f"the same each time {TYPES[trigger].when}"
    if not _is_flat(benefit):
        return ""
    least = terms.get("minimum_order_minor")
    if not least:
        return "the same for every order, however small"
    return "" if terms.get("months_limit") else "the same for every order of a friend, for ever"


def _is_flat(benefit):
    """Whether some of it does not depend on what was bought."""
    kind = benefit.get("kind", words.FIXED)
    steps = benefit["tiers"]["steps"] if kind == words.TIERED else ()
    return kind == words.FIXED or bool(benefit.get("minimum_minor")) or any(step.get("amount_minor") for step in steps)


def _friend_offer(program, terms):
    """A minimum asked after discounts can fail because the friend used the very offer that brought them."""
    asked = conditions.single_conditions(terms.get("conditions") or [])
    named = [_AFTER_DISCOUNTS.get(one["field"]) for one in asked if one["op"] == "at_least"]
    name = next(filter(None, named), None)
    if name is None or not set(terms["benefits"]) - {Side.FRIEND}:
        return None
    if Side.FRIEND not in terms["benefits"] and not _promised_to_friends(program):
        return None
    return Warned(
        "minimum_after_discount",
        f"The {name} is counted after discounts: a friend who uses their own offer can fall below your minimum, and "
        "the advocate gets nothing. The minimum order compares the goods before any discount; use that instead.",
    )


def _for_nothing(program, terms):
    """A friend who pays nothing with their offer still earns the advocate a fixed reward."""
    if terms.get("trigger", CONVERSION_TRIGGER) != CONVERSION_TRIGGER or terms.get("milestone_every"):
        return None
    if not any(side != Side.FRIEND and _is_flat(benefit) for side, benefit in terms["benefits"].items()):
        return None
    asked = conditions.single_conditions(terms.get("conditions") or [])
    if any(one["field"] in _AFTER_DISCOUNTS and one["op"] == "at_least" for one in asked):
        return None
    pool = _free_of_charge(program, terms)
    return pool and Warned(
        "friend_pays_nothing",
        f"Friends get codes of “{pool.name}”, which take off 100 %: an order that cost them nothing earns the fixed "
        "reward in full, as the minimum order compares the goods before any discount. Ask for a revenue of at least "
        "what the reward costs, or take less off.",
    )


def _free_of_charge(program, terms):
    """A pool that takes off everything, of which friends get codes: by coming, or from this rule."""
    promised = terms["benefits"].get(Side.FRIEND, {}).get("pool")
    named = [program.friends_pool, promised and ids.decode("pol", promised)] if program.pk else []
    whole = CouponPool.objects.filter(program=program.pk, percent_bp=money.BASIS_POINTS)
    return whole.filter(public_id__in=[each for each in named if each]).first() if any(named) else None


def _any_amount(terms):
    """What is fixed is paid in full for the smallest order, where nothing asks how much it came to."""
    if terms.get("trigger", CONVERSION_TRIGGER) != CONVERSION_TRIGGER or terms.get("minimum_order_minor"):
        return None
    flat = [benefit for benefit in terms["benefits"].values() if _is_flat(benefit)]
    asked = terms.get("conditions") or []
    if not flat or any(conditions.contradiction(_with(asked, nothing)) for nothing in _NOTHING):
        return None
    if terms.get("milestone_every"):
        said = "An order of any amount makes its friend count, also one that cost nothing"
    else:
        whole = any(benefit.get("kind", words.FIXED) != words.PERCENT for benefit in flat)
        said = f"An order of any amount earns {'all' if whole else 'the least'} of it, also one that cost nothing"
    return Warned("any_amount", f"{said}: set a minimum.")


# An order that came to nothing, by each of its amounts.
_NOTHING = [{"field": name, "op": "at_most", "value": 0} for name in ("goods_minor", "revenue_minor", "basis_minor")]
# More of an order than anybody means to give away.
_LARGE_BP = money.BASIS_POINTS // 2


def _large_shares(terms):
    for side, benefit in terms["benefits"].items():
        rows = [benefit, *(benefit.get("tiers") or {}).get("steps", ()), *(benefit.get("items") or ())]
        largest = max(row.get("percent_bp") or 0 for row in rows)
        if largest > _LARGE_BP and not _has_budget(terms, side):
            yield Warned(
                "large_share",
                f"The {side} gets {largest / 100:g} %, more than half of what is sold, and there is no budget. Check "
                "the percentage, or write a budget: a limit by amount for all together.",
            )


def _has_budget(terms, side):
    caps = [cap for cap in terms.get("caps") or [] if cap.get("side", "") in ("", side)]
    return any(cap["scope"] == "program" and cap["measure"] == words.AMOUNT for cap in caps)


def _stars(terms):
    asked = conditions.single_conditions(terms.get("conditions") or [])
    if not any(one["field"] == "rating" for one in asked):
        return None
    return Warned(
        "paid_for_stars",
        "The reward depends on the stars: reviews that are bought for their stars are unlawful in many countries. "
        "Leave the condition out and thank everybody alike.",
    )


def _unscreened(terms):
    if terms.get("trigger", CONVERSION_TRIGGER) != "referral.created":
        return None
    return Warned(
        "not_screened",
        "The checks of fraud look at orders: a sign-up is paid without them, and costs whoever cheats nothing. Keep "
        "the amount small, or reward the first order.",
    )


def _promised_to_friends(program):
    return program.pk is not None and Offer.objects.filter(program=program, side=Side.FRIEND, ends_at=None).exists()


def _tight_caps(program, terms):
    for cap in terms.get("caps") or []:
        if cap["measure"] != words.AMOUNT:
            continue
        for side, benefit in terms["benefits"].items():
            one = benefit.get("amount_minor") or benefit.get("minimum_minor") or 0
            if cap.get("side", "") in ("", side) and cap["limit"] < one:
                unit = money.POINTS if benefit.get("form") == words.POINTS else program.currency
                whole = benefit.get("form") in words.WHOLE_FORMS
                then = "so it is never given" if whole else "so only a part of it is ever paid"
                limit, one = money.plain(cap["limit"], unit), money.plain(one, unit)
                yield Warned("cap_below_one", f"The limit of {limit} is less than one reward of {one}, {then}.", whole)


def _dead(program, terms):
    """Conditions that this program never meets."""
    asked = list(conditions.single_conditions(terms.get("conditions") or []))
    for key in dict.fromkeys(
        one["field"].removeprefix(_METADATA) for one in asked if one["field"].startswith(_METADATA)
    ):
        if key not in program.metadata_keys:
            yield Warned(
                "metadata_not_kept",
                f"The program does not keep the metadata “{key}”, so no order ever meets this condition. Write {key} "
                "under the metadata keys of the program first.",
            )
    if program.new_customers_only and any(one["field"] == "new_customer" and one["value"] is False for one in asked):
        yield Warned(
            "only_new_customers",
            "The program is for new customers only, so it brings nobody who was a customer before: this condition is "
            "never met. Change the program, or the condition.",
        )


def _first_of_later(terms):
    """“The first order” is the first that meets the conditions, whatever its number."""
    if terms.get("frequency", Frequency.FIRST_ORDER) != Frequency.FIRST_ORDER:
        return None
    if terms.get("trigger", CONVERSION_TRIGGER) != CONVERSION_TRIGGER or terms.get("milestone_every"):
        return None
    asked = terms.get("conditions") or []
    later = next((one for one in _LATER if conditions.contradiction(_with(asked, one))), None)
    if later is None:
        return None
    return Warned(
        "first_of_later_orders",
        "A condition lets no friend’s very first order through: this pays once for each friend, for the first of their "
        "later orders that meets it. Choose every order if each of those is meant.",
    )


# What holds of a very first order.
_LATER = ({"field": "sequence", "op": "is", "value": 1}, {"field": "earlier_orders", "op": "is", "value": 0})


def _with(asked, one):
    return [*(asked if isinstance(asked, list) else [asked]), one]


def _nothing_sent(terms):
    trigger = TYPES[terms.get("trigger", CONVERSION_TRIGGER)]
    if terms.get("hold_from") not in _SENT or not terms.get("hold_days") or "placed_at" in trigger.facts:
        return None
    return Warned(
        "nothing_sent",
        f"When {trigger.when}, nothing is sent or delivered: the wait counts from that moment.",
    )


def _no_hold(terms):
    if terms.get("trigger", CONVERSION_TRIGGER) != CONVERSION_TRIGGER or terms.get("hold_days", 0) > 0:
        return None
    return Warned(
        "no_hold",
        "There is no wait: it can be spent before the goods are sent back. Wait as long as goods may be returned.",
    )
