"""What channels cost, month by month, as the shop says it: posted or uploaded; the newest word on a month counts."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import connection
from django.db.models import Max, Min, Q

from advocacy import money, tables
from referrals.growth import spans
from referrals.lifetime_value import REVENUE_KEPT
from referrals.models import ChannelCost, CostOf, Day

COLUMNS = ("month", "channel", "currency", "amount", "source")
_MONTH = re.compile(r"(2\d{3})-(\d\d)", re.ASCII).fullmatch
_LONGEST_SOURCE = 40


@dataclass(frozen=True)
class Said:
    """One cost as somebody says it. ``place`` is where it stands in what was sent; ``month`` its first day."""

    place: str
    month: date
    channel: str
    currency: str
    amount_minor: int
    source: str


def month_of(text):
    """``2026-11`` as its first day; ValueError for what is no month since 2000."""
    found = _MONTH(text)
    if not found:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), 1)


def read(raw):
    """What a CSV file with these columns says, amounts in whole units such as 1250.00; raises ``Refused`` by line."""
    said, errors = [], {}
    for line, row in tables.read(raw, columns=COLUMNS):
        place = f"line {line}"
        try:
            unit = row["currency"].upper()
            said.append(
                Said(place, month_of(row["month"]), row["channel"], unit, _minor(row["amount"], unit), row["source"])
            )
        except (ValueError, ArithmeticError):
            errors[place] = "month is written 2026-11, currency EUR and amount 1250.00, with a point"
    tables.refuse(errors)
    return said


def _minor(text, unit):
    if unit not in money.CURRENCIES:
        raise ValueError(unit)
    minor = Decimal(text).scaleb(money.decimals(unit))
    if not minor.is_finite() or minor != int(minor):
        raise ValueError(text)
    return int(minor)


def changes(*, storefront, costs, at):
    """``[(Said, the ChannelCost there is or None)]`` of those that are new or other than before, in one order.

    Raises ``Refused`` by place.
    """
    tables.refuse({each.place: wrong for each in costs if (wrong := _wrong(each, at))})
    rows = {(each.month, each.channel, each.currency): each for each in costs}
    tables.refuse({each.place: "is said twice" for each in costs if rows[_key(each)] is not each})
    months = {month for month, _, _ in rows}
    known = {_key(row): row for row in ChannelCost.objects.filter(storefront=storefront, month__in=months)}
    # In one order, so that two calls never wait for each other in a circle.
    changed = [key for key in sorted(rows) if key not in known or not _same(known[key], rows[key])]
    return [(rows[key], known.get(key)) for key in changed]


def put(*, storefront, costs, at):
    """Add or correct costs, all or none; how many were new or other than before. Raises ``Refused`` by place."""
    changed = [each for each, _ in changes(storefront=storefront, costs=costs, at=at)]
    ChannelCost.objects.bulk_create(
        [_row(storefront, each, at) for each in changed],
        update_conflicts=True,
        unique_fields=["storefront", "month", "channel", "currency"],
        update_fields=["amount_minor", "source", "noted_at"],
    )
    return len(changed)


def _key(each):
    return each.month, each.channel, each.currency


def _same(known, each):
    return (known.amount_minor, known.source) == (each.amount_minor, each.source)


def _wrong(each, at):
    if each.channel not in CostOf.values:
        return f"{each.channel[:40]!a} is none of the channels {', '.join(CostOf.values)}"
    if each.currency not in money.CURRENCIES:
        return f"{each.currency[:10]!a} is no ISO 4217 code, such as EUR"
    if not 0 <= each.amount_minor <= money.LARGEST_MINOR:
        return "a cost is 0 or more"
    if not 0 < len(each.source) <= _LONGEST_SOURCE:
        return "say in source where it is from, in at most 40 characters"
    return "" if each.month <= at.date() else "there is no cost of a month to come"


def _row(storefront, each, at):
    said = {name: value for name, value in vars(each).items() if name != "place"}
    return ChannelCost(storefront=storefront, noted_at=at, **said)


def by_month(*, storefront, since, until):
    """``{(channel, month, currency): amount_minor}`` of the months that begin between these days, both included."""
    rows = ChannelCost.objects.filter(storefront=storefront, month__range=(since, until))
    return {(row.channel, row.month, row.currency): row.amount_minor for row in rows}


def of_days(*, storefront, since, until, of=CostOf.REFERRAL):
    """``[(day, currency, amount_minor)]`` that was noted as the cost ``of`` a channel for these days.

    A month's cost is spread evenly over its days: as many count as are in the period, a Fraction, all of them said of
    the last one.
    """
    mine = ChannelCost.objects.filter(storefront=storefront, channel=of, month__range=(since.replace(day=1), until))
    found = []
    for row in mine.order_by("month", "currency"):
        days = monthrange(row.month.year, row.month.month)[1]
        first, last = max(since, row.month), min(until, row.month.replace(day=days))
        part = Fraction(row.amount_minor * (last.toordinal() - first.toordinal() + 1), days)
        found.append((last, row.currency, part))
    return found


_ELSEWHERE = f"""
    SELECT (converted_at AT TIME ZONE %(zone)s)::date, placed.currency, sum({REVENUE_KEPT})
    FROM referrals_conversion conversion JOIN referrals_order placed ON placed.id = conversion.order_id
    WHERE conversion.program_id = %(program)s AND converted_at >= %(start)s AND converted_at < %(end)s
        AND stands AND NOT ended AND placed.currency <> %(currency)s
    GROUP BY 1, 2 ORDER BY 1, 2
    """  # noqa: S608 - made of the constant above


def revenue_elsewhere(*, program, since, until):
    """``[(day, currency, kept_minor)]`` of a program's conversions in other currencies than its own.

    Only days are looked into that have some: most programs know one currency.
    """
    days = Day.objects.filter(program=program, day__range=(since, until))
    some = days.filter(Q(conversions_elsewhere=None) | Q(conversions_elsewhere__gt=0))
    first, last = some.aggregate(first=Min("day"), last=Max("day")).values()
    if first is None:
        return []
    start, end = spans.borders(program.storefront, first, last)
    asked = {"program": program.pk, "currency": program.currency, "zone": program.storefront.time_zone}
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, asked | {"start": start, "end": end})
        return [(day, unit, int(amount)) for day, unit, amount in cursor.fetchall()]
