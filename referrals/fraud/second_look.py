"""Ask once more, while a reward is still on its way, what may have come to light since the order.

The advocate pays with the friend's card a week later, two advocates name one account, what friends bought comes back:
the hold is there for that.
"""

from advocacy.models import bulk
from advocacy.periodic import in_turn
from referrals import holding
from referrals.fraud import cases, policies, screening
from referrals.models import Conversion, ReviewCase


def look_again(*, conversions, at):
    """Hold what is doubted by now of conversions, by their public ids; how many are. Each is asked about once.

    What was noted before still counts. About what somebody has decided, nothing is asked.
    """
    with in_turn("second look"):
        held = _held(cases.of(conversions=conversions, again=True), at)
    # In a transaction of its own: whoever holds a conversion may wait for an order that was locked above.
    Conversion.objects.filter(public_id__in=conversions).update(looked_again_at=at)
    return held


def _held(found, at):
    later = {key: check for key, check in policies.checks().items() if getattr(check, "LATER", False)}
    suspected = screening.suspects(found, later, at=at) if found else []
    known = ReviewCase.objects.in_bulk([row.conversion_id for row in suspected], field_name="conversion_id")
    bulk.insert([row for row in suspected if row.conversion_id not in known])
    for row in suspected:
        if row.conversion_id in known:
            _grow(row, known[row.conversion_id], at)
    return len(holding.hold(doubts=[screening.doubt(row) for row in suspected if row.held], at=at))


def _grow(row, before, at):
    """What was found before and now, as one; it is opened now if it holds."""
    said = {finding["check"]: finding for finding in [*before.findings, *row.findings]}
    columns = screening.weighed(list(said.values()), row.hold_at)
    columns["opened_at"] = at if columns["held"] else before.opened_at
    ReviewCase.objects.filter(pk=before.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
