"""An explanation in a sentence or two."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from advocacy import reading, reasons
from rewards.models import RewardStatus


def of(order, explained, refusals, zone, gone):
    """``gone``: of each explained, whether its friend is somebody else's by now. Days are those of ``zone``."""
    name = f"order {order.external_id}"
    if not explained:
        if not order.paid_at and not refusals:
            return f"No reward for {name} yet: {reasons.staff('order_unpaid')}"
        return f"No reward for {name}: " + (
            " ".join(reason["staff"] for reason in refusals) or reasons.staff("no_attribution")
        )
    if not any(told["decisions"] for told in explained):
        return f"{_first(name)} waits to be decided; that takes seconds."
    parts = [_told_reward(reward, zone) for told in explained for reward in _rewards(told) if _worth(reward)]
    first = _sentence(parts, name) if parts or not _waiting(explained) else f"{_first(name)} is not decided yet."
    stands = [_told_reward(reward, zone) for told in explained for reward in _others(told) if _worth(reward)]
    others = [f"The milestone that it had reached stands by other orders: {', '.join(stands)}."] if stands else []
    stay = [told for told, left in zip(explained, gone, strict=True) if not left]
    return " ".join([first, *others, *_refused(stay), *_not_in_force(explained)])


def _first(name):
    """The id as the shop writes it."""
    return name[0].upper() + name[1:]


def _rewards(told):
    """Its own and those of the milestones' steps that it reached."""
    return [*told["rewards"], *(_of_steps(told) if told["stands"] else ())]


def _others(told):
    """Those of the steps that it had reached and no longer counts for."""
    return [] if told["stands"] else _of_steps(told)


def _of_steps(told):
    return [reward for step in told["milestones"] for reward in step["rewards"]]


def _worth(reward):
    return sum(reward[place]["amount_minor"] for place in ("pending", "available", "spent", "expired"))


def _told_reward(reward, zone):
    amount = reading.plain(_worth(reward), reward["granted"]["currency"])
    if reward["status"] != RewardStatus.PENDING:
        lost = f", of which {_plain(reward['expired'])} expired" if reward["expired"]["amount_minor"] else ""
        lost += f", of which {_plain(reward['waived'])} was waived" if reward["waived"]["amount_minor"] else ""
        lost += ", not paid out before they agree to the terms" if reward["payout_waits_for"] else ""
        lost += ", without a code: it paid off an earlier one" if reward["pays_off"] else ""
        return f"{reward['recipient']['name']} got {amount}{lost}"
    due = date_format(timezone.localtime(datetime.fromisoformat(reward["due_at"]), ZoneInfo(zone)), "DATE_FORMAT")
    when = f"once nothing holds it ({reasons.staff(reward['held_by'])})" if reward["held"] else f"on {due}"
    if reward["awaits_delivery"] and not reward["held"]:
        when = f"on {due}, counted from the payment until a delivery is told"
    return f"{reward['recipient']['name']} gets {amount} {when}"


def _plain(amount):
    return reading.plain(amount["amount_minor"], amount["currency"])


def _sentence(parts, name):
    if not parts:
        return f"Nobody gets anything for {name}."
    *first, last = parts
    return f"For {name}, {', '.join(first)}{' and ' if first else ''}{last}."


def _waiting(explained):
    return any(rule["waits_for"] for told in explained for rule in _newest(told))


def _newest(told):
    return told["decisions"][-1]["rules"] if told["decisions"] else ()


def _not_in_force(explained):
    """Where no rule was asked at all: which there were, before or after."""
    for told in explained:
        if told["decisions"] and not _newest(told):
            yield " ".join(["No rule was in force then.", *told["decisions"][-1]["not_in_force"]])


def _refused(explained):
    """Why a rule did not pay, once per rule, by its newest decision."""
    for told in explained:
        for rule in _newest(told):
            if rule["waits_for"]:
                yield f"“{rule['name']}” waits for {rule['waits_for']}."
            elif rule["counts"]:
                yield f"For “{rule['name']}” {rule['counts']}."
            elif not any(side["owed_minor"] for side in rule["sides"]):
                why = dict.fromkeys(reason["staff"] for side in rule["sides"] for reason in side["reasons"])
                yield f"“{rule['name']}” did not pay: {' '.join(why)}"
