"""Which moves bring one reward to what is owed, and when it may be credited. Pure."""

from datetime import datetime, timedelta

# What is taken back leaves pending first, then what expired, then available, which may fall below 0.
_TAKEN = (("pending", "take_pending"), ("expired", "take_expired"))


def legs(*, owed, pending, available, releasable, expired=0, elsewhere=0):
    """``[(leg, amount)]``, amounts above 0.

    ``elsewhere``: what of the reward is reserved, spent or paid, less what is waived. ``releasable``: its hold is over
    and nothing holds it; a posting that takes back releases nothing, so that it is told as what it is.
    """
    held = pending + available + expired + elsewhere
    if owed > held:
        moves = [("grant", owed - held)]
        return [*moves, ("release", pending + owed - held)] if releasable else moves
    if owed == held:
        return [("release", pending)] if releasable and pending else []
    short, moves = held - owed, []
    for place, leg in _TAKEN:
        taken = min(short, pending if place == "pending" else expired)
        moves, short = [*moves, (leg, taken)], short - taken
    return [(leg, amount) for leg, amount in (*moves, ("take_available", short)) if amount]


# The earliest place that still holds some of a reward is its status.
PLACES = ("pending", "available", "reserved", "paid", "spent", "expired")


def status(*, pending, available, reserved=0, spent=0, paid=0, expired=0):
    """Where a reward's amount is, in one word."""
    held = {
        "pending": pending,
        "available": available,
        "reserved": reserved,
        "paid": paid,
        "spent": spent,
        "expired": expired,
    }
    return next((place for place in PLACES if held[place] > 0), "reversed")


def due_at(*, facts, terms, moment):
    """When the hold is over, and whether that waits for a delivery to be told: ``(aware datetime, bool)``.

    Without a shipping or delivery it is counted from the payment plus the delivery allowance; digital goods arrive
    when they are paid, and wait for nothing more where ``is_at_once``. An order that was paid only after ``moment``
    counts from then; facts that are no order's count from ``moment``.
    """
    hold = timedelta(days=terms.hold_days)
    paid = datetime.fromisoformat(facts["paid_at"]) if facts.get("paid_at") else moment
    start, waits = max(moment, paid), False
    if is_at_once(facts=facts, terms=terms):
        return start, waits
    if terms.hold_from == "order" and facts.get("placed_at"):
        start = datetime.fromisoformat(facts["placed_at"])
    elif terms.hold_from in ("shipping", "delivery") and "placed_at" in facts and not facts.get("digital"):
        told = facts.get("shipped_at" if terms.hold_from == "shipping" else "delivered_at")
        waits = told is None
        start = start + timedelta(days=terms.delivery_allowance_days) if waits else datetime.fromisoformat(told)
    return start + hold, waits


def is_at_once(*, facts, terms):
    """Whether a version's hold is left out, because nothing of the order is to be sent."""
    return bool(terms.digital_at_once and facts.get("digital"))
