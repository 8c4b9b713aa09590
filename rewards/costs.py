"""What rewards cost, of what happened in a period, and how much of what is pending was credited before."""

from datetime import timedelta

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from advocacy.models import Side
from rewards.models import DayOf, RewardDay

LAST = timedelta(days=365)
# Whose rewards are what referring costs.
REFERRING = (Side.ADVOCATE, Side.FRIEND)


def of_period(*, program, since, until):
    """``[{"day", "side", "unit", "credited_minor"}]`` of what occurred on the storefront's days, both included: of
    advocates and friends.

    Credited is what was credited and neither taken back nor expired, spent or not.
    """
    rows = _of_referring().filter(program=program, of=DayOf.OCCURRED, day__range=(since, until))
    return [
        {"day": day, "side": side, "unit": unit, "credited_minor": int(amount)}
        for day, side, unit, amount in _sums(rows, ("day", "side", "unit"), "credited_minor")
        if amount
    ]


def by_month(*, storefront, since, until):
    """``[(the month's first day, unit, credited_minor)]`` of what occurred on the storefront's days, both included."""
    rows = _of_referring().filter(program__storefront=storefront, of=DayOf.OCCURRED, day__range=(since, until))
    found = _sums(rows.annotate(month=TruncMonth("day")), ("month", "unit"), "credited_minor")
    return [(month, unit, int(amount)) for month, unit, amount in found if amount]


def decided(*, program, today):
    """``{unit: {"credited_minor", "granted_minor", "expired_minor"}}`` of rewards of which nothing is pending and whose
    hold ended in the last year, by the days of the storefront until today. What expired had been credited.
    """
    days = decided_days(today)
    rows = _of_referring().filter(program=program, of=DayOf.DUE, day__range=days)
    found = _sums(rows, ("unit",), "credited_minor", "granted_minor", "expired_minor")
    return {
        unit: {
            "credited_minor": int(credited + expired),
            "granted_minor": int(granted),
            "expired_minor": int(expired),
        }
        for unit, credited, granted, expired in found
    }


def _of_referring():
    """Without what customers got for deeds of their own, by hand, or for points that had been credited before."""
    return RewardDay.objects.filter(side__in=REFERRING)


def decided_days(today):
    """The first and the last day on which the hold of what is ``decided`` ended."""
    return today - LAST, today


def outstanding(*, program):
    """``{unit: {"pending_minor", "available_minor"}}`` as of now; available is also what is reserved."""
    rows = RewardDay.objects.filter(program=program, of=DayOf.OCCURRED)
    found = _sums(rows, ("unit",), "pending_minor", "owed_minor")
    return {unit: {"pending_minor": int(pending), "available_minor": int(owed)} for unit, pending, owed in found}


def _sums(rows, keys, *amounts):
    return rows.order_by(*keys).values_list(*keys).annotate(*(Sum(amount) for amount in amounts))
