"""What a recount would find different. Differences are bugs."""

from django.utils import timezone

from advocacy.models import Event, Lane, Pending, Program, Storefront
from referrals import lifetime_value
from referrals.models import Day, LifetimeValue, Mark
from referrals.rollups import questions
from referrals.rollups.marks import all_cells
from referrals.rollups.recounting import CLICKS_SETTLE, open_clicks

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
    """A sentence for every Day and LifetimeValue of a storefront (or of all) that differs from a recount.

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
    rows = Day.objects.filter(program__storefront=storefront).select_related("program")
    stored = {(row.program_id, row.day): row for row in rows}
    for key in sorted(stored.keys() | _expected(storefront, stored)):
        if key not in waiting:
            yield from _of_day(*key, stored.get(key), at)


def _expected(storefront, stored):
    """Days with something to count. A program's days begin with its first mark."""
    begun = {program_id for program_id, _ in stored}
    return {cell for cell in all_cells(storefront=storefront) if cell[0] in begun}


def _of_day(program_id, day, row, at):
    cell = questions.borders(program_id=program_id, day=day)
    for name, number in questions.count(cell, of_clicks=questions.clicks_are_kept(cell, at=at)).items():
        stored = getattr(row, name, 0)
        if stored != number:
            program = row.program if row else Program.objects.get(pk=program_id)
            yield f"{program}, {day}: {name} is {stored}, a recount finds {number}."


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
