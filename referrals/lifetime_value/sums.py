"""The sums of buyers, added up as they are asked for: who is old enough for each horizon, and who is not."""

# ruff: noqa: S608 - statements are made of the constants here

from dataclasses import dataclass, replace

from django.db import connection

from advocacy.measures.intervals import Sample
from referrals.models import HORIZONS

_NONE = Sample(size=0, total=0, squares=0)


@dataclass(frozen=True)
class Worth:
    """A group's customers who are old enough for a horizon, and how many are not."""

    sample: Sample = _NONE
    again: int = 0  # those who ordered again within it
    too_young: int = 0

    def times(self, share):
        """The same of so much of each amount."""
        own = self.sample
        return self if share == 1 else replace(self, sample=Sample(own.size, own.total * share, own.squares * share**2))

    def __add__(self, other):
        one, two = self.sample, other.sample
        return Worth(
            Sample(one.size + two.size, one.total + two.total, one.squares + two.squares),
            self.again + other.again,
            self.too_young + other.too_young,
        )


NOBODY = Worth()
# A customer is so many whole days old from the day on that begins after those days. Customers of a month who are old
# enough for the same horizons are added first: the rest is done once for each of these few.
_MATURE = f"width_bucket(today - day - 1, ARRAY[{', '.join(map(str, HORIZONS))}])"
_COLUMNS = ("customers", "value_{days}", "squares_{days}", "again_{days}")
_ADDED = ", ".join(
    f"sum({name}) AS {name}" for name in dict.fromkeys(each.format(days=days) for days in HORIZONS for each in _COLUMNS)
)
_SUMS = ", ".join(
    f"coalesce(sum({each.format(days=days)}) FILTER (WHERE mature >= {place}), 0)"
    for place, days in enumerate(HORIZONS, 1)
    for each in _COLUMNS
)
_YOUNG = ", ".join(
    f"coalesce(sum(customers) FILTER (WHERE mature < {place}), 0)" for place in range(1, len(HORIZONS) + 1)
)
_SEGMENT = "substr(key, length(split_part(key, '/', 1)) + length(split_part(key, '/', 2)) + 3)"
_MONTH = "month"
# What each question groups by, and the cut that it is answered from.
_GROUPS = {
    "all": ("all", ("key",)),
    "program": ("program", ("key",)),
    "channel": ("channel", ("key",)),
    "cohort": ("all", (_MONTH, "key")),
    # band, segment and month are what makes customers alike; the program is 0 of those nobody brought.
    "strata": ("stratum", (_MONTH, "split_part(key, '/', 1)::int", _SEGMENT, "split_part(key, '/', 2)::bigint")),
}
_QUESTION = f"""
    SELECT storefront, {{groups}}, {_SUMS}, {_YOUNG}
    FROM (
        SELECT storefront.id AS storefront, {{alike}}, date_trunc('month', day::timestamp)::date AS month,
            {_MATURE} AS mature, {_ADDED}
        FROM (
            SELECT id, (%(at)s AT TIME ZONE time_zone)::date AS today FROM advocacy_storefront
            WHERE id = ANY(%(storefronts)s)
        ) storefront JOIN {{rows}} ON storefront_id = storefront.id
        GROUP BY storefront.id, {{alike}}, month, mature
    ) added
    GROUP BY storefront, {{groups}}
    """
# An advocate's friends are few: their rows are read themselves, each as a day of its own.
_OF_ONE = ", ".join(
    f"value_{days}, value_{days}::numeric * value_{days} AS squares_{days}, (orders_{days} > 1)::int AS again_{days}"
    for days in HORIZONS
)
_FRIENDS = f"""(
    SELECT storefront_id, first_day AS day, band, segment, 1 AS customers, {_OF_ONE} FROM referrals_buyer
    WHERE advocate_id = ANY(%(advocates)s)
    ) friend"""


def of(question, *, storefronts, at):
    """``{(storefront's pk, group, …): {days: Worth}}`` of ``question``, one of those above; their ids in a list."""
    cut, groups = _GROUPS[question]
    rows = f"(SELECT * FROM referrals_worthday WHERE cut = '{cut}') cell"
    return _asked(rows, "key", groups, {"storefronts": storefronts, "at": at})


def of_friends(*, storefront, advocates, at):
    """``{(storefront's pk, month, band, segment): {days: Worth}}`` of those whom these advocates (pks) brought."""
    asked = {"storefronts": [storefront], "at": at, "advocates": advocates}
    return _asked(_FRIENDS, "band, segment", (_MONTH, "band", "segment"), asked)


def added(groups):
    """``{days: Worth}`` of several groups together."""
    together = dict.fromkeys(HORIZONS, NOBODY)
    for group in groups:
        for days, worth in group.items():
            together[days] += worth
    return together


def _asked(rows, alike, groups, parameters):
    with connection.cursor() as cursor:
        cursor.execute(_QUESTION.format(rows=rows, alike=alike, groups=", ".join(groups)), parameters)
        width = 1 + len(groups)
        return {tuple(row[:width]): _worths(row[width:]) for row in cursor}


def _worths(numbers):
    wide, young = len(_COLUMNS), numbers[-len(HORIZONS) :]
    return {
        days: _worth(*numbers[wide * place : wide * (place + 1)], young[place]) for place, days in enumerate(HORIZONS)
    }


def _worth(size, total, squares, again, too_young):
    return Worth(Sample(size=int(size), total=int(total), squares=int(squares)), int(again), int(too_young))
