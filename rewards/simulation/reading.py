"""What happened, read from the events in order of time: only the facts that the rules ask for.

Read in slices of whole days, so that a long time is done in steps; a slice knows between which ids its events lie, as
no index is in order of time.
"""

import itertools
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import orjson
from django.db import connection

from advocacy import conditions
from rewards import rates
from rewards.models import CONVERSION_TRIGGER
from rewards.rules import periods, quick
from rewards.rules.terms import FIXED, PER_PRODUCT
from rewards.simulation.sets import looks_back

SLICE = 20_000
# Fetched at once.
CHUNK = 2_000
# How each fact is read; all others of the conditions are JSON.
_KINDS = {
    **dict.fromkeys(("goods_minor", "revenue_minor", "basis_minor", "refunded_minor"), "bigint"),
    **dict.fromkeys(("days_since_signup", "earlier_orders"), "bigint"),
    **dict.fromkeys(("currency", "program_status", "advocate_status", "bound_at", "first_order_at"), "text"),
    **dict.fromkeys(("advocate_review", "friend_review", "country", "channel", "method"), "text"),
    **dict.fromkeys(("advocate_tier", "friend_tier"), "text"),
    **dict.fromkeys(("cancelled", "stands", "new_customer"), "boolean"),
}
_ALWAYS = ("goods_minor", "currency", "program_status", "advocate_status")
_EVER, _NONE = datetime(1970, 1, 1, tzinfo=UTC), {}
_RATE = ("storefront", "currency", "target", "day")
_SIDES = {
    flags: tuple(side for side, flag in zip(("advocate", "friend", "customer"), flags, strict=True) if flag)
    for flags in itertools.product((True, False), repeat=3)
}
# What the newest state of an order is asked.
_NOW = ("basis_minor", "refunded_minor", "cancelled", "advocate_review", "friend_review", "stands")


@dataclass(frozen=True, slots=True)
class Slice:
    """Days of one trigger: ``from`` to ``until``, both as RFC 3339, and the ids and number of their events."""

    trigger: str
    start: str
    until: str
    lowest: int
    highest: int
    count: int

    def as_dict(self):
        return asdict(self)


class Row(quick.Asked):
    """One subject, as far as it is asked. ``event``: the id of its first; ``segments``: the advocate's, as JSON.

    ``in_time``: it is of the time asked about. ``moment`` is None where no rule compares it.
    """

    __slots__ = ("advocate", "event", "in_time", "segments")


class Reader:
    """Reads the subjects of a program that began with a trigger, from ``start`` to before ``until``, and of the time
    before it what counters that began earlier need: all orders of the same friends, of the same advocates, or all.
    """

    def __init__(self, *, program, trigger, terms, start, until):
        self.program, self.trigger, self.start, self.until = program, trigger, start, until
        self._first, self._now = _names(trigger, terms)
        self._zone = program.time_zone
        self._earlier = looks_back(terms)
        # A hundred thousand datetimes take a second to make.
        timed = trigger != CONVERSION_TRIGGER or any(each.months_limit for each in terms)
        self._moment = "e.occurred_at" if timed else "NULL"
        self._json = [place for place, name in enumerate((*self._first, *self._now)) if name not in _KINDS]
        self._known_rates = {}

    def slices(self):
        """Every Slice, in order of time."""
        sql = f"""
            SELECT {self._day()} AS day, min(e.occurred_at), max(e.occurred_at), min(e.id), max(e.id), count(*)
            FROM advocacy_event e WHERE {self._all()} GROUP BY day ORDER BY day"""  # noqa: S608 - names of ours and of known facts
        with connection.cursor() as cursor:
            cursor.execute(sql, self._values())
            return _joined(self.trigger, cursor.fetchall())

    def rows(self, piece):
        """The Rows of a Slice, streamed."""
        sql = f"""
            SELECT e.id, {self._moment}, e.occurred_at >= %(start)s, {self._day()},
                e.advocate_id, e.friend_id, e.customer_id, {_OWN},
                f.advocate_segments::text, later.facts IS NOT NULL,
                {_picked("f", self._first)}, {_picked("n", self._now)}
            FROM advocacy_event e
            LEFT JOIN LATERAL (
                SELECT facts FROM advocacy_event l
                WHERE l.subject_kind = e.subject_kind AND l.subject_id = e.subject_id AND l.version > e.version
                ORDER BY l.version DESC LIMIT 1
            ) later ON true
            CROSS JOIN LATERAL jsonb_to_record(e.facts) AS f ({_typed({*self._first, "advocate_segments"})})
            LEFT JOIN LATERAL jsonb_to_record(later.facts) AS n ({_typed(self._now)}) ON true
            WHERE {self._all()} AND e.id BETWEEN %(lowest)s AND %(highest)s
                AND e.occurred_at BETWEEN %(from)s AND %(to)s
            ORDER BY e.occurred_at, e.id"""  # noqa: S608
        values = self._values() | {"lowest": piece.lowest, "highest": piece.highest}
        values |= {"from": piece.start, "to": piece.until}
        with connection.cursor() as cursor:
            # A slice is put in order in memory.
            cursor.execute("SET LOCAL work_mem = '64MB'")
        with connection.chunked_cursor() as cursor:
            cursor.itersize = CHUNK
            cursor.execute(sql, values)
            while rows := cursor.fetchmany(CHUNK):
                yield from map(self._row, rows)

    def _row(self, row):
        event, at, in_time, day, advocate, friend, customer, own, segments, changed, *asked = row
        for place in self._json:
            if asked[place] is not None:
                asked[place] = orjson.loads(asked[place])
        first = facts = dict(zip(self._first, asked, strict=False))
        if changed:
            facts = first | dict(zip(self._now, asked[len(self._first) :], strict=True))
        if self.trigger != CONVERSION_TRIGGER:
            first, facts = self._with_standing(first, at), _said(facts)
        mine = advocate or -own
        who = {"advocate": mine, "friend": own, "pair": (mine, own), "program": 0}
        sides = _SIDES[advocate is not None, friend is not None, customer is not None]
        found = Row(facts, first, at, day, who, sides, self._rates(first.get("currency"), day))
        found.event, found.in_time, found.advocate, found.segments = event, in_time, advocate, segments
        return found

    def _with_standing(self, first, at):
        """A conversion's facts carry how program and advocate stood; of other facts it is asked."""
        return _said(first) | {"program_status": str(self.program.status_at(at))}

    def _rates(self, currency, day):
        if not currency or currency == self.program.currency:
            return _NONE
        if (currency, day) not in self._known_rates:
            wanted = self.program.storefront_id, currency, self.program.currency, date.fromisoformat(day)
            found = rates.Rates(wanted={wanted}).on(**dict(zip(_RATE, wanted, strict=True)))
            self._known_rates[currency, day] = {currency: found} if found else _NONE
        return self._known_rates[currency, day]

    def _values(self):
        values = {"zone": self._zone, "storefront": self.program.storefront_id, "program": self.program.pk}
        values |= {"trigger": self.trigger, "start": self.start, "end": self.until}
        for scope, period in self._earlier.items():
            since = periods.bounds(period, self.start, self._zone)
            values[f"since_{scope}"] = since[0] if since else _EVER
        return values

    def _day(self):
        return "to_char(e.occurred_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD')"

    def _all(self):
        """Of the time asked about, and of the time before it what counters that began earlier need."""
        among = " OR ".join([_IN_TIME.format("e"), *(self._before(scope) for scope in self._earlier)])
        return f"{_OF_TRIGGER.format('e')} AND ({among})"

    def _before(self, scope):
        since = f"e.occurred_at >= %(since_{scope})s AND e.occurred_at < %(start)s"
        column = {"friend": "friend_id", "pair": "friend_id", "advocate": "advocate_id"}.get(scope)
        if column is None or self.trigger != CONVERSION_TRIGGER:
            return f"({since})"
        these = f"SELECT p.{column} FROM advocacy_event p WHERE {_OF_TRIGGER.format('p')} AND {_IN_TIME.format('p')}"  # noqa: S608
        return f"({since} AND e.{column} IN ({these}))"


_OWN = """COALESCE(e.friend_id, e.customer_id,
    (SELECT a.customer_id FROM advocacy_advocate a WHERE a.id = e.advocate_id))"""
# The event that a subject began with: whatever came since, it is judged by that.
_OF_TRIGGER = """({0}.storefront_id = %(storefront)s AND {0}.type = %(trigger)s
    AND ({0}.program_id = %(program)s OR {0}.program_id IS NULL)
    AND ({0}.version = 1 OR NOT EXISTS (
        SELECT 1 FROM advocacy_event b WHERE b.subject_kind = {0}.subject_kind AND b.subject_id = {0}.subject_id
        AND b.version < {0}.version AND b.type = {0}.type)))"""
_IN_TIME = "({0}.occurred_at >= %(start)s AND {0}.occurred_at < %(end)s)"


def _names(trigger, terms):
    """``(first, now)``: the names of the facts that these Terms read of a subject's first and newest state."""
    needed, now = {*_ALWAYS}, {*_NOW}
    benefits = [
        each for one in terms for own in (one.amounts, *one.per_currency.values()) for each in own.benefits.values()
    ]
    for one in terms:
        needed |= conditions.facts_needed(one.conditions)
        needed |= {"bound_at", "first_order_at"} if one.months_limit else set()
    if any(each.kind != FIXED for each in benefits):
        needed.add("revenue_minor")
    if any(each.kind == PER_PRODUCT for each in benefits):
        needed.add("products")
        now.add("products")
    return tuple(sorted(needed | now)), tuple(sorted(now))


def _typed(names):
    return ", ".join(f'"{name}" {_KINDS.get(name, "jsonb")}' for name in names)


def _picked(record, names):
    return ", ".join(f'{record}."{name}"' for name in names)


def _said(facts):
    return {name: value for name, value in facts.items() if value is not None}


def _joined(trigger, days):
    """Days put together until there is a step's work in them."""
    pieces, waiting = [], []
    for day in days:
        waiting.append(day)
        if sum(each[-1] for each in waiting) >= SLICE:
            pieces.append(waiting)
            waiting = []
    return [
        Slice(
            trigger,
            min(day[1] for day in piece).isoformat(),
            max(day[2] for day in piece).isoformat(),
            min(day[3] for day in piece),
            max(day[4] for day in piece),
            sum(day[5] for day in piece),
        )
        for piece in (*pieces, waiting)
        if piece
    ]
