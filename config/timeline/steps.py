"""An explanation told in order of time."""

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from advocacy import reading, reasons
from config.timeline import parts
from referrals import visits
from referrals.models import Source
from rewards.models import Leg, RewardStatus

_PAYS_OFF = "Without a code: it pays off one that was used and whose reward was taken back."
_AT_ONCE = "Digital goods: nothing is to be sent, so the rule credits them without its wait."
_SOON = 3600
_APART = (
    "Clicked on the phone and bought elsewhere without the code, nothing tells us that both are one person. If the "
    "customer says so, attribute by hand."
)
_WAIVED = (
    "It had been spent or paid when the rule was corrected: nobody gives it back, also when the order is refunded."
)


def step(at, mood, title, detail="", checks=()):
    return {"at": at, "mood": mood, "title": title, "detail": detail, "checks": list(checks)}


def _to_the_second(moment, zone):
    local = timezone.localtime(moment, ZoneInfo(zone))
    return f"{date_format(local, 'SHORT_DATE_FORMAT')}, {local:%H:%M:%S} ({zone})"


def _received(order, zone):
    """By whom it was told, when, and how long after it was paid; of a history long ago the time says enough."""
    waited = (order.recorded_at - order.paid_at).total_seconds() if order.paid_at else -1
    after = f", {waited:.1f}\u00a0s after the payment" if 0 <= waited < _SOON else ""
    source = "the API" if order.brought_by == Source.API else order.get_brought_by_display()
    return f"From {source}, received {_to_the_second(order.recorded_at, zone)}{after}."


def of_visits(clicked):
    """Visits before it that nothing came of; many say no more than one."""
    many = len(clicked) > visits.MOST_LINKS
    said = f" {len(clicked)} links were visited in that day and nothing came of it; any may have been." if many else ""
    return [
        step(line["last_at"], "info", f"Perhaps this one: {visits.words(line)}, of which nothing came", _APART + said)
        for line in (clicked[:1] if many else clicked)
    ]


def of_order(order, refusals, zone):
    steps = [
        step(
            order.placed_at.isoformat(),
            "yes" if order.paid_at else "info",
            f"Ordered, {reading.plain(order.total_minor, order.currency)}",
            f"{order.get_status_display()}. {_received(order, zone)}",
        )
    ]
    steps += [
        step(
            refund.refunded_at.isoformat(),
            "no",
            f"Refunded {reading.plain(refund.amount_minor, order.currency)}",
            refund.reason,
        )
        for refund in order.refunds.counted().order_by("id")
    ]
    if refusals:
        text = " ".join(refusal["staff"] for refusal in refusals)
        steps.append(step(order.recorded_at.isoformat(), "no", "Not attributed", text))
    return steps


def of_bond(referral, by_somebody):
    """``by_somebody``: when that was decided, by what and since when it counts, or None."""
    told = parts.referral(referral)
    lost = "; ".join(
        f"{one['method']} {one['code']} of {one['advocate']}: {one['text']}"
        for one in told["candidates"]
        if not one["won"]
    )
    steps = []
    if referral.clicked_at:
        steps.append(
            step(referral.clicked_at.isoformat(), "yes", f"Clicked the link of {referral.advocate}", referral.channel)
        )
    plainly = (referral.bound_at.isoformat(), f"by {referral.get_method_display().lower()}", "")
    when, how, since = by_somebody or plainly
    detail = f"Other candidates lost: {lost}" if lost else "No other candidate."
    steps.append(step(when, "yes", f"Bound to {referral.advocate}, {how}", f"{since} {detail}".strip()))
    return steps


def of_decisions(told):
    """Each decision's rules; a later decision only where it says something else."""
    steps, last = [], {}
    for decision in told["decisions"]:
        for rule in decision["rules"]:
            said = [
                rule["waits_for"],
                rule["counts"],
                *((side["owed_minor"], side["reasons"]) for side in rule["sides"]),
            ]
            if last.get(rule["rule"]) == said:
                continue
            # Its checks are told once: a refund or a review asks the same questions of the same order.
            steps.append(_rule_step(decision, rule, checks=() if rule["rule"] in last else rule["checks"]))
            last[rule["rule"]] = said
    return steps


def _rule_step(decision, rule, *, checks):
    owed = [f"{side['owed']} to the {side['side']}" for side in rule["sides"] if side["owed_minor"]]
    why = dict.fromkeys(reason["staff"] for side in rule["sides"] for reason in side["reasons"])
    answer = f"yes, {' and '.join(owed)}" if owed else rule["counts"] or "no"
    if rule["waits_for"]:
        answer = f"waits for {rule['waits_for']}"
    detail = " ".join([*([*why] or [rule["sentence"]]), *([rule["tier"]] if rule["tier"] else [])])
    told = step(
        decision["decided_at"],
        "yes" if owed else "soon" if rule["waits_for"] else "info" if rule["counts"] else "no",
        f"“{rule['name']}”, version {rule['number']}{', corrected' if decision['corrected'] else ''}: {answer}",
        f"{detail} {rule['rate']}.".strip() if rule["rate"] else detail,
        checks,
    )
    return told | ({"correction": decision["correction"]} if decision["correction"] else {})


def of_money(told):
    steps = []
    for reward in told["rewards"]:
        who = f"{reward['recipient']['name']} ({reward['side']})"
        if reward["status"] == RewardStatus.PENDING:
            amount = reading.plain(reward["pending"]["amount_minor"], reward["pending"]["currency"])
            detail = reasons.staff(reward["held_by"]) if reward["held"] else "Held in the ledger as pending."
            if reward["awaits_delivery"] and not reward["held"]:
                detail = reasons.staff("awaiting_delivery")
            steps.append(step(reward["due_at"], "soon", f"Due: {amount} for {who}", detail))
        for transfer in told["transfers"]:
            if transfer["reward"] == reward["id"] and transfer["leg"] != "grant":
                amount = reading.plain(transfer["amount"]["amount_minor"], transfer["amount"]["currency"])
                said = _released(reward) if transfer["leg"] == Leg.RELEASE else ""
                steps.append(step(transfer["at"], _mood(transfer["leg"]), f"{transfer['text']}: {amount}, {who}", said))
        if reward["waived"]["amount_minor"]:
            amount = reading.plain(reward["waived"]["amount_minor"], reward["waived"]["currency"])
            steps.append(step(_corrected(told), "info", f"Waived: {amount}, {who}", _WAIVED))
        if reward["payout_waits_for"]:
            amount = reading.plain(reward["available"]["amount_minor"], reward["available"]["currency"])
            said = reasons.staff(reward["payout_waits_for"])
            steps.append(step(reward["credited_at"], "soon", f"Not paid out yet: {amount}, {who}", said))
        if reward["expires_at"] and reward["available"]["amount_minor"] > 0:
            amount = reading.plain(reward["available"]["amount_minor"], reward["available"]["currency"])
            steps.append(step(reward["expires_at"], "soon", f"Expires: what is left of {amount}, {who}"))
    return steps


def _released(reward):
    return _PAYS_OFF if reward["pays_off"] else _AT_ONCE if reward["digital_at_once"] else ""


def _corrected(told):
    """When its newest correction was applied."""
    decisions = told["decisions"]
    corrected = [each for each in decisions if each["corrected"]] or decisions
    return corrected[-1]["decided_at"]


def _mood(leg):
    if leg.startswith("take_") or leg == Leg.EXPIRE:
        return "no"
    return "yes" if leg == Leg.RELEASE else "info"
