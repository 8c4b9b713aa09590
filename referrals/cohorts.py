"""Which customers come back: by the month of their first order and the months since then.

Read from the sums that ``referrals.buyers`` keeps; only ``repeat_rate``, whose window is anybody's, asks the orders.
"""

from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from advocacy import ids
from advocacy.measures import intervals
from advocacy.models import Customer, Program
from advocacy.refusals import Refused
from referrals.models import CohortMonth

DIGITS = 5
DEFAULT_MONTHS = 24
RETENTION = (
    "Customers of the cohort who ordered in the month ÷ customers of the cohort, which is all whose first order was in "
    "its month. A month that is not over may still grow."
)
REPEAT_RATE = "Customers with two orders or more ÷ customers with one or more, both in the same period."
CUTS = ("referral", "channel", "program")
NOBODY = "Nobody has bought in these months: a cohort begins with its first paid order."


class BadPeriod(Refused):
    """A period that cannot be; it is a question that cannot be understood."""

    status = 400


class BadCut(Refused):
    """A part of the customers that there cannot be."""

    status = 400


def month_of(day):
    """Months since the year 0, to be counted with."""
    return day.year * 12 + day.month - 1


def day_of(month):
    return date(month // 12, month % 12 + 1, 1)


def today(storefront, at):
    return at.astimezone(ZoneInfo(storefront.time_zone)).date()


def cells(*, storefront, cut, keys=None, since=None):
    """``{key: {month: {age: (active, kept_minor)}}}`` of the cohorts of a cut, their months counted."""
    rows = CohortMonth.objects.filter(storefront=storefront, cut=cut)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    if since is not None:
        rows = rows.filter(month__gte=since)
    found = defaultdict(lambda: defaultdict(dict))
    for key, month, age, active, kept in rows.values_list("key", "month", "age", "active", "kept_minor"):
        if active or kept:
            found[key][month_of(month)][age] = (active, kept)
    return found


def names(*, storefront, cut):
    """``{key of the cells: (key as it is asked for, name)}``; whom a review rejected is in none."""
    if cut == "all":
        return {"referred": ("referred", "brought by a friend"), "other": ("other", "others")}
    if cut == "program":
        programs = Program.objects.filter(storefront=storefront)
        return {str(program.pk): (ids.encode("prg", program.public_id), program.name) for program in programs}
    found = CohortMonth.objects.filter(storefront=storefront, cut=cut).values_list("key", flat=True).distinct()
    return {key: (key, key or "not known") for key in found}


def triangle(*, storefront, at, cut=None, key=None, since=None, until=None):
    """The cohorts of the months ``since`` to ``until`` (any day in them), the last 24 by default.

    Of everybody, or of one part: ``cut`` referral (key referred or other), channel or program. Of each cohort ``size``
    and for every month up to now ``age``, ``active``, ``retention`` with its Wilson interval, ``kept_minor`` and
    ``mature``; and the repeat rate of all customers in the last of these months that is over. ``reason`` says why there
    is no cohort. Raises BadPeriod for months and BadCut for parts that cannot be.
    """
    now = month_of(today(storefront, at))
    first, last = _months(since, until, now)
    together = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    asked = _asked(storefront, cut, key)
    found = cells(storefront=storefront, since=day_of(first), **asked | {"keys": [*asked["keys"], *_IN_NONE]})
    if asked["cut"] != "all":
        found |= cells(storefront=storefront, since=day_of(first), cut="all", keys=_IN_NONE)
    for cohorts in (found[key] for key in asked["keys"]):
        for month, ages in cohorts.items():
            for age, (active, kept) in ages.items() if month <= last else ():
                before = together[month][age]
                together[month][age] = (before[0] + active, before[1] + kept)
    rows = [_cohort(month, together[month], now) for month in sorted(together)]
    return {
        "currency": storefront.currency,
        "time_zone": storefront.time_zone,
        "period": {"from": f"{day_of(first):%Y-%m}", "to": f"{day_of(last):%Y-%m}"},
        "repeat_rate": _of_last_month(storefront, min(last, now - 1), at),
        "cohorts": rows,
        "left_out": {name: _began(found[key], last) for key, name in _IN_NONE.items()},
        "reason": None if rows else NOBODY,
    }


# Keys of the cells of all, and what they are called: these customers are in no cohort.
_IN_NONE = {"rejected": "rejected", "before": "began_before"}


def _began(months, last):
    """How many customers had their first order here by the month ``last``."""
    return sum(ages.get(0, (0, 0))[0] for month, ages in months.items() if month <= last)


def _asked(storefront, cut, key):
    if cut is None and key is None:
        return {"cut": "all", "keys": ["referred", "other"]}
    if cut not in CUTS:
        raise _no_cut("cut", f"Cohorts can be cut by {', '.join(CUTS)}; write one of these.")
    cells_of = "all" if cut == "referral" else cut
    known = {shown: stored for stored, (shown, _) in names(storefront=storefront, cut=cells_of).items()}
    if key not in known:
        there = f"one of {', '.join(sorted(filter(None, known)))}" if any(known) else "there is none yet"
        raise _no_cut("key", f"Name the {cut} whose cohorts you ask for: {there}.")
    return {"cut": cells_of, "keys": [known[key]]}


def _no_cut(field, sentence):
    return BadCut("bad_cut", sentence, errors={field: sentence})


def _months(since, until, now):
    last = now if until is None else month_of(until)
    if last > now:
        raise _refused("to", f"{until:%Y-%m} is in the future; now it is {day_of(now):%Y-%m}.")
    first = max(last - DEFAULT_MONTHS + 1, 12) if since is None else month_of(since)
    if first > last:
        raise _refused("from", f"{since:%Y-%m} is after the last month, {day_of(last):%Y-%m}; the first comes first.")
    return first, last


def _refused(field, sentence):
    return BadPeriod("bad_period", sentence, errors={field: sentence})


def _cohort(month, ages, now):
    size = ages[0][0]
    return {
        "month": f"{day_of(month):%Y-%m}",
        "size": size,
        "months": [_month(age, *ages[age], size, mature=month + age < now) for age in range(now - month + 1)],
    }


def _month(age, active, kept, size, *, mature):
    rate, interval = intervals.rate(active, size), intervals.wilson(active, size)
    return {
        "age": age,
        "active": active,
        "retention": None if rate is None else round(rate, DIGITS),
        "interval": interval and [round(end, DIGITS) for end in interval],
        "kept_minor": kept,
        "mature": mature,
    }


def _of_last_month(storefront, month, at):
    """The repeat rate of all customers in a month that is over."""
    return repeat_rate(storefront=storefront, since=day_of(month), until=day_of(month + 1) - timedelta(days=1), at=at)


# A person is their survivor; whom a review rejected is no customer here either.
_PEOPLE = """
    (
        SELECT coalesce(survivor.id, bought.customer_id) AS person_id, sum(bought.orders) AS orders
        FROM (
            SELECT customer_id, count(*) AS orders FROM referrals_order
            WHERE storefront_id = %(storefront)s AND status = 'paid' AND currency = %(currency)s
                AND placed_at >= %(since)s::date::timestamp AT TIME ZONE %(zone)s
                AND placed_at < (%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s
            GROUP BY customer_id
        ) bought
        LEFT JOIN (
            SELECT id, merged_into_id FROM advocacy_customer
            WHERE storefront_id = %(storefront)s AND merged_into_id IS NOT NULL
        ) gone ON gone.id = bought.customer_id
        LEFT JOIN advocacy_customer survivor ON survivor.public_id = gone.merged_into_id
        GROUP BY 1
    ) person
    WHERE person_id NOT IN (SELECT customer_id FROM referrals_buyer WHERE storefront_id = %(storefront)s AND rejected)
    """
_REPEATS = f"SELECT count(*), count(*) FILTER (WHERE orders > 1) FROM {_PEOPLE}"  # noqa: S608 - made of constants


def behind_repeat_rate(*, storefront, since, until, again):
    """The customers whom the repeat rate of these days counts, or only those who ordered ``again``: a queryset."""
    question = f"SELECT person_id FROM {_PEOPLE} AND orders >= %(least)s"  # noqa: S608 - made of constants
    with connection.cursor() as cursor:
        cursor.execute(question, _window(storefront, since, until) | {"least": 2 if again else 1})
        return Customer.objects.filter(pk__in=[key for (key,) in cursor])


def _window(storefront, since, until):
    shop = {"storefront": storefront.pk, "currency": storefront.currency, "zone": storefront.time_zone}
    return shop | {"since": since, "until": until}


def repeat_rate(*, storefront, since, until, at):
    """Of who ordered in the days ``since`` to ``until``, both included, how many did so twice or more.

    ``mature`` is False while the last day is not over. Raises BadPeriod for a period that cannot be.
    """
    now = today(storefront, at)
    if until > now:
        raise _refused("to", f"{until} is in the future; in {storefront.time_zone} today is {now}.")
    if since > until:
        raise _refused("from", f"{since} is after the period's end on {until}; the first day comes first.")
    with connection.cursor() as cursor:
        cursor.execute(_REPEATS, _window(storefront, since, until))
        once, twice = cursor.fetchone()
    rate, interval = intervals.rate(twice, once), intervals.wilson(twice, once)
    return {
        "definition": {"id": "repeat_rate", "sentence": REPEAT_RATE},
        "numerator": twice,
        "denominator": once,
        "value": None if rate is None else round(rate, DIGITS),
        "interval": interval and [round(end, DIGITS) for end in interval],
        "period": {"from": since, "to": until},
        "time_zone": storefront.time_zone,
        "mature": until < now,
        "reason": None if once else "Nobody ordered in the period.",
    }
