"""When one person is not enough: above the program's limit, alone or with what they corrected before."""

from collections import Counter as Sum
from datetime import timedelta

from django.db.models import F, Q

from advocacy import money, reckonings
from rewards.models import Correction, CorrectionState

# What one person corrects of a rule within so long counts as one correction, however its period is cut.
TOGETHER = timedelta(days=30)


def needed(correction, *, by, at):
    """Whether somebody else than ``by`` must approve it, by its own difference and what they approved alone before."""
    moved = Sum(correction.difference["moved"])
    if by is not None:
        for earlier in _alone(correction, by, at):
            moved.update(earlier.difference["moved"])
    return _above(moved, correction.rule_version.rule.program, at)


def needed_now(correction, *, at):
    """Whether who proposed it could not approve it now: the limit, and what they corrected alone, may have changed.

    Of one that is approved, or still counted, what was written down.
    """
    asked = correction.state == CorrectionState.PROPOSED and not correction.needs_second
    return needed(correction, by=correction.proposed_by, at=at) if asked else correction.needs_second


def _alone(correction, by, at):
    """Corrections of the same rule that nobody but ``by`` saw; a key that proposed one is nobody."""
    rows = Correction.objects.filter(
        Q(proposed_by=F("approved_by")) | Q(proposed_by__isnull=True),
        rule_version__rule=correction.rule_version.rule_id,
        approved_by=by,
        approved_at__gt=at - TOGETHER,
    )
    return rows.exclude(pk=correction.pk).only("difference")


def _above(moved, program, at):
    """By all that is moved: more to some does not hide less to others.

    Points count by the dearest rate that the program had within the time; where it had none, they always do. Otherwise
    who wants to do it alone would make them cheap first.
    """
    total, points = 0, _points(program, at)
    for unit, minor in moved.items():
        if unit == money.POINTS and points:
            total += money.share(abs(minor), 10 ** money.decimals(program.currency), points)
        elif unit == program.currency:
            total += abs(minor)
        elif minor:
            return True
    return total > program.four_eyes_above_minor


def _points(program, at):
    """The fewest points that one unit of the currency was since ``TOGETHER`` ago; None where there was no rate."""
    spans = reckonings.Reckonings([program]).of(program.pk)
    rates = [span.points_per_unit for span in spans if span.until > at - TOGETHER]
    return min(rates) if all(rates) else None
