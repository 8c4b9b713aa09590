"""The month's journal: what was owed at its beginning, what came and went, what is owed at its end.

Owed is what customers have pending, available or reserved. Of each line opening + earned − reversed − expired − spent
− paid = closing, and closing is the next month's opening: all are sums of transfers, which are never changed.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection

from advocacy import money
from rewards.models import Form

MOVED = ("earned", "reversed", "expired", "spent", "paid")
COLUMNS = ("opening", *MOVED, "closing")
HEADER = ("month", "program", "form", "unit", *COLUMNS)

_SUMS = """
    WITH moved AS (
        SELECT reward.program_id, reward.form, transfer.unit, transfer.at >= %(since)s AS inside,
            CASE WHEN leg = 'grant' THEN amount_minor ELSE 0 END AS earned,
            CASE WHEN leg IN ('take_pending', 'take_available') THEN amount_minor ELSE 0 END AS reversed,
            CASE leg WHEN 'expire' THEN amount_minor WHEN 'unexpire' THEN -amount_minor ELSE 0 END AS expired,
            CASE WHEN leg IN ('spend', 'use') THEN amount_minor WHEN leg = 'unspend' THEN -amount_minor ELSE 0 END
                AS spent,
            CASE leg WHEN 'pay' THEN amount_minor WHEN 'unpay' THEN -amount_minor ELSE 0 END AS paid
        FROM rewards_transfer transfer JOIN rewards_reward reward ON reward.id = transfer.reward_id
        WHERE transfer.storefront_id = %(storefront)s AND transfer.at < %(until)s
    )
    SELECT program.name, moved.form, moved.unit,
        COALESCE(SUM(earned - reversed - expired - spent - paid) FILTER (WHERE NOT inside), 0),
        COALESCE(SUM(earned) FILTER (WHERE inside), 0), COALESCE(SUM(reversed) FILTER (WHERE inside), 0),
        COALESCE(SUM(expired) FILTER (WHERE inside), 0), COALESCE(SUM(spent) FILTER (WHERE inside), 0),
        COALESCE(SUM(paid) FILTER (WHERE inside), 0)
    FROM moved JOIN advocacy_program program ON program.id = moved.program_id
    GROUP BY program.id, program.name, moved.form, moved.unit
    ORDER BY program.name, program.id, moved.form, moved.unit
"""


@dataclass(frozen=True)
class Line:
    """One program's amounts of one form and unit, in minor units."""

    program: str
    form: str
    unit: str
    opening: int
    earned: int
    reversed: int
    expired: int
    spent: int
    paid: int

    @property
    def closing(self):
        return self.opening + self.earned - self.reversed - self.expired - self.spent - self.paid

    @property
    def form_in_words(self):
        return Form(self.form).label

    def amounts(self):
        return [getattr(self, column) for column in COLUMNS]


def of_month(*, storefront, month):
    """The Lines of the month that this day is in, in the storefront's time zone; those that were ever moved."""
    since, until = bounds(storefront, month)
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"storefront": storefront.pk, "since": since, "until": until})
        return [Line(*texts, *map(int, sums)) for *texts, sums in map(_split, cursor.fetchall())]


def _split(row):
    return *row[:3], row[3:]


def bounds(storefront, month):
    """The first moment of the month and of the next one."""
    zone = zoneinfo.ZoneInfo(storefront.time_zone)
    first = datetime(month.year, month.month, 1, tzinfo=zone)
    year, number = divmod(month.year * 12 + month.month, 12)
    return first.astimezone(UTC), datetime(year, number + 1, 1, tzinfo=zone).astimezone(UTC)


def table(*, storefront, month):
    """The rows of a CSV under ``HEADER``; amounts in the unit, such as 12.50."""
    named = date(month.year, month.month, 1).strftime("%Y-%m")
    for line in of_month(storefront=storefront, month=month):
        places = money.decimals(line.unit)
        yield (named, line.program, line.form, line.unit, *(Decimal(each).scaleb(-places) for each in line.amounts()))
