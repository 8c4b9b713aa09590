"""What a program brought in a period: counts and rates, each with its definition. Read from the roll-ups.

The view is the calendar's: everything counts on the day on which it happened. So a later step may exceed an earlier
one (a friend of last month buys in this one), and a friend may come without a click: rates are never clamped.
"""

from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from advocacy.measures import intervals
from advocacy.models import Program
from advocacy.refusals import Refused
from referrals import lifetime_value
from referrals.models import Day

VIEW = "calendar"
DAY = timedelta(days=1)
DEFAULT_DAYS = 30
ROLLING = timedelta(days=30)
EARLIEST = date(2000, 1, 1)
DIGITS = 5

COUNTS = {
    "clicks": "Clicks on links: one per link, visitor and hour; robots and previews are left out.",
    "visitors": "Visitors who clicked, told apart within one day of UTC (not longer), on the day of their first click.",
    "advocates_enrolled": "Customers who joined the program as advocates in the period.",
    "advocates": "Customers who had joined the program as advocates by the period's end.",
    "referrals": "Friends bound to an advocate by a sign-up or an order.",
    "converted_referrals": "Friends whose first conversion, of those neither rejected nor wholly refunded, "
    "was in the period.",
    "conversions": "Paid orders of referred friends, without those rejected or wholly refunded.",
    "refunded_conversions": "Conversions left out because they were wholly refunded or cancelled.",
    "rejected_conversions": "Conversions left out because a review rejected them.",
    "orders": "Paid orders of the whole storefront, referred or not, by the time they were placed.",
    "referred_orders": "Of the orders, those that are a conversion in this program which was not rejected.",
}

REVENUE = "What conversions brought: after discounts and refunds, before tax and shipping, in the program's currency."

# By id: the sentence, the numerator's count, the denominator's.
RATES = {
    "click_to_signup": (
        "Friends bound to an advocate ÷ visitors who clicked.",
        "referrals",
        "visitors",
    ),
    "signup_to_conversion": (
        "Friends converted ÷ friends bound to an advocate.",
        "converted_referrals",
        "referrals",
    ),
    "click_to_conversion": (
        "Friends converted ÷ visitors who clicked.",
        "converted_referrals",
        "visitors",
    ),
    "acquisition_rate": (
        "Friends converted in the period ÷ advocates enrolled until its end.",
        "converted_referrals",
        "advocates",
    ),
    "referral_rate_orders": (
        "Orders by referred friends ÷ all orders of the storefront, of the 30 days that end with the period.",
        "referred_orders",
        "orders",
    ),
}
# These have a window of their own, however long the period is.
ROLLING_RATES = {"referral_rate_orders"}


class BadPeriod(Refused):
    """A period that cannot be; it is a question that cannot be understood."""

    status = 400


def of_program(*, program, since=None, until=None, at):
    """Counts and rates of a program's days ``since`` to ``until``, both included; the last 30 days by default.

    Days are days of the storefront's time zone. A rate without a denominator is None; the interval of a rate that is
    no share is None too. ``mature`` is False while the last day is not over. Raises Refused for a period that
    cannot be.
    """
    since, until = window = _period(program.storefront, since, until, at)
    rows = _rows([program], min(since, until - ROLLING), until)[program.pk]
    advocates = _advocates([program], until).get(program.pk, 0)
    return _measured(program, window, rows, advocates, at)


def overview(*, storefront=None, at):
    """The dashboard's numbers of every program of a storefront; without one, of all storefronts but test twins.

    A list of ``{"program": row, "metrics": as of_program, "series": …, "lifetime_values": as lifetime_value.compare}``.
    A series is ``[{"day", "clicks", "referrals", "conversions"}]`` of the last 30 days, also those without anything.
    """
    chosen = {"storefront": storefront} if storefront else {"storefront__test_twin_of__isnull": True}
    programs = Program.objects.select_related("storefront").order_by("storefront__name", "name", "pk")
    programs = list(programs.filter(**chosen))
    # The end of today anywhere; a storefront's own today may be the day before.
    latest = (at + timedelta(hours=14)).date()
    rows, advocates = _rows(programs, latest - ROLLING - DAY, latest), _advocates(programs, latest)
    values = lifetime_value.compare_all(storefronts={program.storefront for program in programs})
    return [
        _shown(program, rows[program.pk], advocates.get(program.pk, 0), values[program.storefront_id], at)
        for program in programs
    ]


def _shown(program, rows, advocates, values, at):
    window = _period(program.storefront, None, None, at)
    return {
        "program": program,
        "metrics": _measured(program, window, rows, advocates, at),
        "series": _series(rows, *window),
        "lifetime_values": values,
    }


def _series(rows, since, until):
    by_day = {row.day: row for row in rows}
    days = [since + DAY * number for number in range((until - since).days + 1)]
    return [
        {"day": day} | {name: getattr(by_day.get(day), name, 0) for name in ("clicks", "referrals", "conversions")}
        for day in days
    ]


def _period(storefront, since, until, at):
    """Both ends of a period, filled in and checked."""
    today = _today(storefront, at)
    for field, day in (("from", since), ("to", until)):
        if day and day < EARLIEST:
            raise _refused(field, f"{day} is before anything was counted; write {EARLIEST} or a later day.")
    until = until or today
    if until > today:
        raise _refused("to", f"{until} is in the future; in {storefront.time_zone} today is {today}.")
    since = since or until - DAY * (DEFAULT_DAYS - 1)
    if since > until:
        raise _refused("from", f"{since} is after the period's end on {until}; the first day comes first.")
    return since, until


def _today(storefront, at):
    return at.astimezone(ZoneInfo(storefront.time_zone)).date()


def _refused(field, sentence):
    return BadPeriod("bad_period", sentence, errors={field: sentence})


def _rows(programs, since, until):
    found = defaultdict(list)
    for row in Day.objects.filter(program__in=programs, day__range=(since, until)).order_by("day"):
        found[row.program_id].append(row)
    return found


def _advocates(programs, until):
    """How many advocates each program had by then, from its first day on."""
    enrolled = Day.objects.filter(program__in=programs, day__lte=until).values("program")
    return dict(enrolled.annotate(Sum("advocates_enrolled")).values_list("program", "advocates_enrolled__sum"))


def _measured(program, window, rows, advocates, at):
    storefront, (since, until) = program.storefront, window
    in_period = [row for row in rows if since <= row.day <= until]
    rolling = [row for row in rows if until - ROLLING < row.day <= until]
    counts, own_counts = _sums(in_period, advocates), _sums(rolling, advocates)
    shown = {
        "view": VIEW,
        "period": {"from": since, "to": until},
        "time_zone": storefront.time_zone,
        "mature": until < _today(storefront, at),
    }
    own = shown | {"period": {"from": until - ROLLING + DAY, "to": until}}
    rates = {
        name: _rate(name, own_counts) | own if name in ROLLING_RATES else _rate(name, counts) | shown for name in RATES
    }
    return shown | {
        "counted_at": max((row.counted_at for row in in_period if row.counted_at), default=None),
        "counts": {name: {"definition": _definition(name, COUNTS[name]), "value": counts[name]} for name in COUNTS},
        "revenue": {
            "definition": _definition("revenue", REVENUE),
            "value": {"amount_minor": sum(row.revenue_minor for row in in_period), "currency": program.currency},
        },
        "metrics": rates,
    }


def _sums(rows, advocates):
    sums = {name: sum(getattr(row, name) for row in rows) for name in COUNTS if name != "advocates"}
    return sums | {"advocates": advocates}


def _definition(name, sentence):
    return {"id": name, "sentence": sentence}


def _rate(name, counts):
    sentence, part, whole = RATES[name]
    part, whole = counts[part], counts[whole]
    value, interval = intervals.rate(part, whole), intervals.wilson(part, whole)
    return {
        "definition": _definition(name, sentence),
        "numerator": part,
        "denominator": whole,
        "value": None if value is None else round(value, DIGITS),
        "interval": [round(end, DIGITS) for end in interval] if interval else None,
    }
