"""What a recount would find different. Differences are bugs."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from advocacy.models import Event, Lane, Pending, Program, Storefront
from referrals import lifetime_value
from referrals.models import Day, LifetimeValue, Mark
from referrals.rollups import counting, questions
from referrals.rollups.marks import all_cells
from referrals.rollups.recounting import AT_ONCE, CLICKS_AT_ONCE, CLICKS_SETTLE, open_clicks

_COUNTS = ("customers", "too_young", "sum_minor", "sum_of_squares")
# What changes the value of customers.
_CHANGES = (
    "order.recorded",
    "order.imported",
    "order.changed",
    "order.refunded",
    "referral.created",
    "referral.imported",
)


def differences(storefront=None, *, at=None):
    """A sentence for every number of a Day, DayCut or LifetimeValue of a storefront (or of all) that is off.

    A storefront with events on their way is left out. Days that wait to be recounted are no differences, nor are
    lifetime values from before the newest order: those are counted every few minutes. So ask when the workers are
    idle.
    """
    at = at or timezone.now()
    for shop in [storefront] if storefront else Storefront.objects.order_by("pk"):
        # A stuck event made no mark: what it changed is a difference.
        if not Pending.objects.filter(storefront=shop, lane=Lane.PEOPLE, stuck_at__isnull=True).exists():
            yield from _of_days(shop, at)
            yield from _of_values(shop)


def _of_days(storefront, at):
    waiting = set(open_clicks(at=at))
    waiting.update(Mark.objects.filter(program__storefront=storefront).values_list("program_id", "day").distinct())
    stored = set(Day.objects.filter(program__storefront=storefront).values_list("program_id", "day"))
    cells = sorted((stored | _expected(storefront, stored)) - waiting)
    names = {program.pk: str(program) for program in Program.objects.filter(storefront=storefront)}
    for part in _parts(cells, AT_ONCE):
        for question in questions.ALL:
            for own in _parts(_with_clicks(part, at), CLICKS_AT_ONCE) if question is questions.OF_CLICKS else [part]:
                yield from _of_cells(question, own, names)


def _parts(cells, size):
    return [cells[first : first + size] for first in range(0, len(cells), size)]


def _with_clicks(cells, at):
    """Older clicks are pruned and their counts stay."""
    kept_since = at - timedelta(days=settings.CLICK_RETENTION_DAYS)
    return [cell for cell, (start, _) in counting.borders(cells).items() if start - timedelta(days=1) > kept_since]


def _expected(storefront, stored):
    """Days with something to count. A program's days begin with its first mark."""
    begun = {program_id for program_id, _ in stored}
    return {cell for cell in all_cells(storefront=storefront) if cell[0] in begun}


def _of_cells(question, cells, names):
    for program_id, day, cut, key, stored, found in counting.differing(question, cells):
        of_what = f", {cut} {key or 'none'}" if cut else ""
        for name, kept, number in zip(question.columns, stored, found, strict=True):
            if kept != number:
                yield f"{names[program_id]}, {day}{of_what}: {name} is {kept}, a recount finds {number}."


def _of_values(storefront):
    rows = list(LifetimeValue.objects.filter(storefront=storefront))
    if not rows or _changed_since(storefront, rows[0].counted_at):
        return
    recounted = {
        (row.horizon_days, row.referred): row
        for row in lifetime_value.counted(storefront=storefront, at=rows[0].counted_at)
    }
    for row in rows:
        fresh = recounted.pop((row.horizon_days, row.referred))
        for name in _COUNTS:
            if getattr(row, name) != getattr(fresh, name):
                group = "referred" if row.referred else "other"
                yield (
                    f"{storefront}, value of {group} customers over {row.horizon_days} days: {name} is "
                    f"{getattr(row, name)}, a recount finds {getattr(fresh, name)}."
                )


def _changed_since(storefront, moment):
    # An event's time is that of its request, which may have been on its way for a while when the count was made.
    recent = moment - CLICKS_SETTLE
    return Event.objects.filter(storefront=storefront, type__in=_CHANGES, recorded_at__gte=recent).exists()
