"""The month's journal: what was owed at its beginning, what came and went, what is owed at its end.

Owed is what customers have pending, available or reserved. Of each line opening + earned − reversed − expired − spent
− paid + adjusted + exchanged = closing, and closing is the next month's opening: all are sums of transfers, which are
never changed. A line is of the program whose rewards were moved, also where they were taken by hand in another.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from advocacy import money
from advocacy.checking import listed
from advocacy.models import Storefront
from advocacy.periodic import alone
from rewards.models import ROUTES, THEIRS, Form, MonthEnd, Transfer

COLUMNS = ("opening", "earned", "reversed", "expired", "spent", "paid", "adjusted", "exchanged", "closing")
HEADER = ("month", "program", "form", "unit", *COLUMNS)

# Legs by which more is owed, and less. Those that move it from pending to available and the like do neither.
MORE = listed(leg for leg, (source, target) in ROUTES.items() if target in THEIRS and source not in THEIRS)
LESS = listed(leg for leg, (source, target) in ROUTES.items() if source in THEIRS and target not in THEIRS)
OWED = f"CASE WHEN transfer.leg IN ({MORE}) THEN transfer.amount_minor ELSE -transfer.amount_minor END"
# From the newest month end that is stored on: what was moved before the month is added to what was owed then.
_SUMS = f"""
    WITH known AS (
        SELECT MAX(until) AS until FROM rewards_monthend WHERE storefront_id = %(storefront)s AND until <= %(since)s
    ), moved AS (
        SELECT program_id, form, unit, 'opening' AS booked, owed_minor AS owed
        FROM rewards_monthend WHERE storefront_id = %(storefront)s AND until = (SELECT until FROM known)
        UNION ALL
        SELECT reward.program_id, reward.form, transfer.unit,
            CASE
                WHEN transfer.at < %(since)s THEN 'opening'
                WHEN adjustment.id IS NOT NULL THEN 'adjusted'
                WHEN exchange.id IS NOT NULL THEN 'exchanged'
                WHEN leg IN ('expire', 'unexpire') THEN 'expired'
                WHEN leg IN ('spend', 'use', 'unspend') THEN 'spent'
                WHEN leg IN ('pay', 'unpay') THEN 'paid'
                WHEN subject.trigger = 'adjustment' THEN 'adjusted'
                WHEN subject.trigger = 'exchange' THEN 'exchanged'
                WHEN leg = 'grant' THEN 'earned'
                ELSE 'reversed'
            END,
            {OWED}
        FROM rewards_transfer transfer
        JOIN rewards_reward reward ON reward.id = transfer.reward_id
        LEFT JOIN rewards_subject subject ON subject.id = reward.subject_id AND reward.rule_id IS NULL
        LEFT JOIN rewards_adjustment adjustment
            ON adjustment.public_id = transfer.reference AND leg IN ('use', 'unspend')
        LEFT JOIN rewards_exchange exchange ON exchange.public_id = transfer.reference AND leg = 'use'
        WHERE transfer.storefront_id = %(storefront)s AND leg IN ({MORE}, {LESS})
            AND transfer.at >= COALESCE((SELECT until FROM known), '-infinity') AND transfer.at < %(until)s
    )
"""  # noqa: S608 - our own names
_TAKEN = ("reversed", "expired", "spent", "paid")
_LINES = f"""{_SUMS}
    SELECT program.name, moved.form, moved.unit,
        {
    ", ".join(
        f"{'-' if column in _TAKEN else ''}COALESCE(SUM(owed) FILTER (WHERE booked = '{column}'), 0)"
        for column in COLUMNS[:-1]
    )
}
    FROM moved JOIN advocacy_program program ON program.id = moved.program_id
    GROUP BY program.id, program.name, moved.form, moved.unit
    ORDER BY program.name, program.id, moved.form, moved.unit
"""  # noqa: S608
_STORE = f"""
    INSERT INTO rewards_monthend (storefront_id, program_id, form, unit, until, owed_minor) {_SUMS}
    SELECT %(storefront)s, program_id, form, unit, %(until)s, SUM(owed) FROM moved GROUP BY program_id, form, unit
"""  # noqa: S608
# By then nobody writes a transfer of that month any more whose clock was read in it.
SETTLED = timedelta(days=2)


@dataclass(frozen=True)
class Line:
    """One program's amounts of one form and unit, in minor units.

    ``adjusted`` (given and taken by hand) and ``exchanged`` (points for credit) are below 0 where less is owed by them.
    """

    program: str
    form: str
    unit: str
    opening: int
    earned: int
    reversed: int
    expired: int
    spent: int
    paid: int
    adjusted: int
    exchanged: int

    @property
    def closing(self):
        gone = self.reversed + self.expired + self.spent + self.paid
        return self.opening + self.earned - gone + self.adjusted + self.exchanged

    @property
    def form_in_words(self):
        return Form(self.form).label

    def amounts(self):
        return [getattr(self, column) for column in COLUMNS]


def of_month(*, storefront, month):
    """The Lines of the month that this day is in, in the storefront's time zone; those that were ever moved."""
    with connection.cursor() as cursor:
        cursor.execute(*question(storefront, month))
        return [Line(*texts, *map(int, sums)) for *texts, sums in map(_split, cursor.fetchall())]


def question(storefront, month):
    """``(statement, parameters)`` of it."""
    since, until = bounds(storefront, month)
    return _LINES, {"storefront": storefront.pk, "since": since, "until": until}


def _split(row):
    return *row[:3], row[3:]


def close(*, at):
    """Store the ends of the months that were over for ``SETTLED``; returns how many moments. Not of test twins."""
    live = Storefront.objects.filter(test_twin_of=None).order_by("pk")
    return sum(_close(storefront, at) for storefront in live)


def _close(storefront, at):
    stored = 0
    with alone(f"month ends of storefront {storefront.pk}") as mine:
        since = _closed_until(storefront) if mine else None
        while since and (until := _end(storefront, since)) + SETTLED <= at:
            with connection.cursor() as cursor:
                cursor.execute(_STORE, {"storefront": storefront.pk, "since": since, "until": until})
            stored, since = stored + 1, until
    return stored


def _closed_until(storefront):
    """The newest month end that is stored, or when the first transfer was; None where nothing was moved."""
    ends = MonthEnd.objects.filter(storefront=storefront).order_by("-until").values_list("until", flat=True)
    moved = Transfer.objects.filter(storefront=storefront).order_by("id").values_list("at", flat=True)
    return ends.first() or moved.first()


def _end(storefront, moment):
    """Of the month that this moment is in."""
    return bounds(storefront, moment.astimezone(zoneinfo.ZoneInfo(storefront.time_zone)))[1]


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
