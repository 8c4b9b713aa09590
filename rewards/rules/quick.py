"""What the rules grant, without the checks that explain it: for asking a hundred thousand subjects. Pure.

The same answers as ``decide`` gives to first settlings in this order, with counters of its own; a test holds them
together. Whoever changes one changes the other.
"""

from datetime import datetime

from advocacy import conditions
from rewards.rules import amounts, periods, room
from rewards.rules.checks import RATE_MISSING
from rewards.rules.periods import ALL
from rewards.rules.terms import AMOUNT, COUNT, FIXED, FRIENDS, HELD, ONCE, ONCE_HELD, SIDES, WHOLE_FORMS

_BY_COUNT = "conversions"
_REVIEWS = {side: f"{side}_review" for side in SIDES}


class Asked:
    """One subject, as a Question is. ``who``: ``{scope: any key}``; ``day``: of the moment, as 2026-03-31 in the
    program's zone. Facts that were not read are not asked.
    """

    __slots__ = ("day", "facts", "first", "intact", "moment", "rates", "sides", "who")

    # By place, because it is made for every row.
    def __init__(self, facts, first, moment, day, who, sides, rates):  # noqa: PLR0917
        self.facts, self.first, self.moment, self.day = facts, first, moment, day
        self.who, self.sides, self.rates = who, sides, rates
        # Nothing was given back: all that is granted is owed, but for what a review took.
        self.intact = bool(
            facts.get("basis_minor")
            and not facts["refunded_minor"]
            and not facts.get("cancelled")
            and facts.get("stands") is not False
            and not (facts is not first and amounts.corrected(facts, first))
        )

    def closed(self):
        """Why no rule gives anything, or None."""
        status = self.first.get("program_status") or "active"
        if status != "active":
            return "program_ended" if status == "ended" else "program_paused"
        return "advocate_banned" if self.first.get("advocate_status") == "banned" else None


class Given:
    """What one rule gives for a subject that qualifies; ``hits`` says by side why less than it would be.

    ``friends``: 1 where it made its friend count for a milestone.
    """

    __slots__ = ("benefits", "facts", "friends", "granted", "hits", "keys", "owed", "quick", "refused")

    def __init__(self, quick, benefits, facts, keys):
        # The first facts, in the currency of the benefits.
        self.quick, self.benefits, self.facts, self.keys = quick, benefits, facts, keys
        self.granted, self.owed, self.hits, self.refused = {}, {}, {}, ""
        self.friends = 0


class Quick:
    """One Terms and how much of each of its meters is used: ``used``, a ``{key: n}`` for each meter."""

    def __init__(self, terms):
        self.terms = terms
        self._fails = conditions.first_failure(terms.conditions) if terms.conditions else None
        # What cuts an amount, where the others refuse the rule.
        self._cuts = [
            place
            for place, meter in enumerate(terms.meters)
            if meter.limit is not None and (meter.measure == AMOUNT or not meter.refuses)
        ]
        self._places = {meter.cap: place for place, meter in enumerate(terms.meters)}
        # What each side gets where that is the same for every order.
        self._fixed = {
            side: benefit.amount_minor for side, benefit in terms.amounts.benefits.items() if benefit.kind == FIXED
        }
        self.used = [{} for _ in terms.meters]

    @property
    def used(self):
        return self._used

    @used.setter
    def used(self, used):
        self._used = used
        meters = self.terms.meters
        self._rooms = [
            (each.scope, each.period, each.limit, mine, each) for each, mine in zip(meters, used, strict=True)
        ]

    def ask(self, asked):
        """A Given that is not counted yet, or the key of a reason why there is none; ``asked`` is not closed."""
        first, terms = asked.first, self.terms
        if first.get("currency") == terms.unit:
            found, facts = terms.amounts, first
        else:
            found, facts = self._in_currency(asked)
            if found is None:
                return RATE_MISSING
        least = found.minimum_order_minor
        if least and (goods := facts.get("goods_minor")) is not None and goods < least:
            return "below_minimum"
        if self._fails and (reason := self._fails(facts)):
            return reason
        if terms.months_limit and "bound_at" in first and self._too_late(asked):
            return "duration_over"
        keys = []
        for scope, period, limit, used, meter in self._rooms:
            key = asked.who[scope]
            if period != ALL:
                key = (key, periods.key_of_day(period, asked.day))
            taken = used.get(key, 0) + (meter.cap == ONCE and room.had_first_order(first))
            if limit is not None and meter.refuses and taken >= limit:
                return meter.reason
            keys.append(key)
        return self._given(asked, found.benefits, facts, keys)

    def count(self, asked, given):
        """Take what is given from the meters."""
        if given.refused:
            return
        if self.terms.milestone_every:
            self._count_friend(asked, given)
            return
        counted = None
        for (_, _, limit, used, meter), key in zip(self._rooms, given.keys, strict=True):
            if meter.measure == AMOUNT:
                number = sum([given.owed.get(side, 0) for side in meter.sides])
            elif limit is None:
                number = _counted(meter, asked, given.facts)
            elif counted is not None and meter.sides is self.terms.sides:
                number = counted
            else:
                number = self._uses(asked, given, meter)
                counted = number if meter.sides is self.terms.sides else counted
            if number:
                used[key] = used.get(key, 0) + number

    def _count_friend(self, asked, given):
        places = [self._places[cap] for cap in (ONCE, ONCE_HELD, FRIENDS, HELD)]
        orders, orders_held = (self.used[place].get(given.keys[place], 0) for place in places[:2])
        now = room.NO_ORDER if _given_back(asked, asked.facts, "advocate") else room.of_order(asked.facts, asked.first)
        moved = room.moved(room.NO_ORDER, now, (orders, orders_held))
        given.friends = moved[0]
        for place, number in zip(places, (*now, *moved), strict=True):
            if number:
                used, key = self.used[place], given.keys[place]
                used[key] = used.get(key, 0) + number

    @staticmethod
    def _uses(asked, given, meter):
        granted = given.granted
        for side in meter.sides:
            if granted.get(side) and not _given_back(asked, asked.facts, side):
                return 1
        return 0

    def _in_currency(self, asked):
        terms = self.terms
        currency = asked.first.get("currency") or terms.unit
        if currency == terms.unit:
            return terms.amounts, asked.first
        if currency in terms.per_currency:
            return terms.per_currency[currency], asked.first
        rate = asked.rates.get(currency)
        return (None, None) if rate is None else (terms.amounts, amounts.converted(asked.first, rate.value))

    def rate(self, asked):
        """The Rate by which an order's amounts are converted, or None."""
        currency, terms = asked.first.get("currency") or self.terms.unit, self.terms
        return None if currency == terms.unit or currency in terms.per_currency else asked.rates.get(currency)

    def _too_late(self, asked):
        first, terms = asked.first, self.terms
        start = first["bound_at"] if terms.months_from == "binding" else first.get("first_order_at")
        start = datetime.fromisoformat(start) if start else asked.moment
        return asked.moment >= periods.add_months(start, terms.months_limit)

    def _given(self, asked, benefits, facts, keys):
        terms, given = self.terms, Given(self, benefits, facts, keys)
        granted = given.granted
        for side in terms.pays:
            if side in asked.sides:
                if side in self._fixed and benefits is terms.amounts.benefits:
                    granted[side] = self._fixed[side]
                    continue
                benefit = benefits[side]
                position = self._position(benefit, keys, facts) if benefit.tiers else 0
                granted[side] = amounts.base(benefit, facts, terms, position=position)
        for place in self._cuts:
            self._fit(terms.meters[place], self.used[place].get(keys[place], 0), given)
        _owe(asked, given)
        return given

    def _position(self, benefit, keys, facts):
        place = self._places[benefit.tiers.meter]
        others = self.used[place].get(keys[place], 0)
        return others + (1 if benefit.tiers.measure == _BY_COUNT else facts.get("revenue_minor", 0))

    def _fit(self, meter, others, given):
        room, granted = meter.limit - others, given.granted
        for side in meter.sides:
            amount = granted.get(side)
            if not amount:
                continue
            fits = (amount if room > 0 else 0) if meter.measure == COUNT else min(amount, max(room, 0))
            if fits < amount:
                if given.benefits[side].form in WHOLE_FORMS:
                    fits = 0
                granted[side] = fits
                given.hits[side] = meter.reason
            if meter.measure == AMOUNT:
                room -= fits


def counts(asked):
    """Whether a subject that qualifies fills what has no limit: milestones and tiers."""
    return not _given_back(asked, asked.facts, "advocate")


def ask(quicks, asked):
    """A Given or a reason for each of these rules, counted. Rules of one exclusive group are asked together."""
    if reason := asked.closed():
        return [reason] * len(quicks)
    return answers(quicks, asked)


def answers(quicks, asked):
    """What ``ask`` answers of a subject that is not closed."""
    found = [quick.ask(asked) for quick in quicks]
    if len(found) > 1:
        _compete(found, asked)
    for answer in found:
        if type(answer) is Given:
            answer.quick.count(asked, answer)
    return found


def _compete(answers, asked):
    grouped = [each for each in answers if type(each) is Given and each.quick.terms.exclusive_group]
    if len(grouped) > 1:
        rivals = {}
        for answer in grouped:
            for side, granted in answer.granted.items():
                if granted:
                    rivals.setdefault((answer.quick.terms.exclusive_group, side), []).append(answer)
        for (_, side), each in rivals.items():
            for loser in sorted(each, key=lambda answer: _rank(answer, side))[1:]:
                _lose(loser, side, asked)


def _rank(given, side):
    terms = given.quick.terms
    worth = amounts.worth(given.benefits[side], given.granted[side], terms)
    return -terms.priority, -(worth or 0), terms.rule


def _lose(given, side, asked):
    given.granted[side], given.hits[side] = 0, "lost_to_priority"
    if not any(given.granted.values()):
        given.refused = "lost_to_priority"
    _owe(asked, given)


def _owe(asked, given):
    facts, owed = asked.facts, given.owed
    for side, granted in given.granted.items():
        if asked.intact:
            owed[side] = 0 if facts.get(_REVIEWS[side]) == "rejected" else granted
        else:
            terms, rate = given.quick.terms, given.quick.rate(asked)
            owed[side] = amounts.owed(given.benefits[side], facts, side, granted, asked.first, terms=terms, rate=rate)


def _given_back(asked, facts, side):
    return facts.get(_REVIEWS[side]) == "rejected" if asked.intact else amounts.given_back(facts, side, asked.first)


def _counted(meter, asked, first):
    facts = asked.facts
    if _given_back(asked, facts, "advocate"):
        return 0
    return 1 if meter.measure == COUNT else room.revenue_kept(first.get("revenue_minor", 0), asked)
