"""What the rules owe for one subject: a pure function of frozen facts. No clock, no database.

``decide`` is asked in every case: a first settling, a refund, a review, a replay, "why?", and what a draft rule would
have paid. Its answer depends on its arguments alone.
"""

from dataclasses import dataclass, field
from datetime import datetime

from advocacy import money
from advocacy.conditions import Check
from rewards.rules import amounts, periods
from rewards.rules.terms import AMOUNT, COUNT, PER_PRODUCT, WHOLE_FORMS

RATE_MISSING = "rate_missing"


@dataclass(slots=True)
class Question:
    """One subject. ``facts``: its whole state, as its newest event carries it.

    ``first``: its first state: conditions, benefit and cap room are decided on it, so that they do not depend on how
    late a worker comes; what is owed of the grant follows ``facts``. ``moment``: when it first occurred.
    ``who``: ``{scope: UUID}``, whose counters it fills. ``sides``: those with a recipient. ``before``: what earlier
    settlings left, by rule; None at the first, which alone fixes grants. ``rates``: ``{currency: Rate}`` to the
    program's.
    """

    facts: dict
    first: dict
    moment: datetime
    who: dict
    sides: tuple
    before: dict | None = None
    rates: dict = field(default_factory=dict)
    # id(terms) → its counters' keys: asked for twice, once to lock them.
    known_keys: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rate:
    """``value`` is a Fraction of minor units to minor units; ``rate``, ``day`` and ``source`` tell where it is from."""

    value: object
    rate: str
    day: str
    source: str

    def as_dict(self):
        return {"rate": self.rate, "day": self.day, "source": self.source}


@dataclass(slots=True)
class Earlier:
    """What an earlier settling left for one rule. ``uses``: ``{(cap, key, period): n}``.

    ``again``: an admin asks to decide it anew; its grant is made new, its old uses are its own.
    """

    granted: dict = field(default_factory=dict)
    refusal: tuple = ()
    uses: dict = field(default_factory=dict)
    waits: bool = False
    again: bool = False


@dataclass(slots=True)
class Verdict:
    """What one rule says of one subject. ``granted`` and ``owed`` are minor units of the ``units``, each by side.

    ``refusal``: why nothing was granted. ``reasons``, by side: why less than the grant is owed, or why it waits.
    ``uses``: what it takes of the counters. ``waits``: it could not be decided yet, for its refusal.
    """

    terms: object
    checks: list
    granted: dict
    owed: dict
    units: dict
    reasons: dict
    refusal: tuple
    uses: dict
    # ``(meter, key, used by others)`` and the benefits in the order's currency: what was asked.
    meters: list
    benefits: dict
    rate: Rate | None = None
    waits: bool = False
    fresh: bool = True
    # It said no at once: nothing was granted, and nothing else is to be told.
    no: bool = False


def decide(question, book, *, used):
    """A Verdict for each Terms of ``book``, in its order.

    ``used``: ``{(rule, cap, key, period): n}`` of the counters now, this subject's own earlier uses included.
    """
    verdicts = [_judge(question, terms, used) for terms in book]
    if len(verdicts) > 1:
        _compete(verdicts, question)
    return verdicts


def _judge(question, terms, used):
    earlier = _earlier(question, terms)
    rate, found, facts = _in_currency(question, terms)
    benefits = (found or terms.amounts).benefits
    meters = _meters(question, terms, used, earlier)
    checks = _checks(question, terms, found, facts)
    checks += [_room(meter, others) for meter, _, others in meters if meter.limit is not None]
    failed = tuple([check.reason for check in checks if not check.passed])
    fresh = earlier is None or earlier.waits or earlier.again
    if fresh and failed:
        return _no(question, terms, checks, failed=failed, meters=meters, benefits=benefits, rate=rate)
    sides = _sides(question, terms)
    verdict = Verdict(
        terms=terms,
        checks=checks,
        granted={},
        owed={},
        units={side: benefits[side].unit for side in sides},
        reasons={},
        refusal=() if fresh else earlier.refusal,
        uses={},
        meters=meters,
        benefits=benefits,
        rate=rate,
        fresh=fresh,
    )
    hits = {}
    if not fresh:
        verdict.granted = {side: earlier.granted.get(side, 0) for side in sides}
    else:
        verdict.granted, hits = _fit(_bases(sides, benefits, facts, terms, meters), verdict)
    _settle_owed(verdict, question, hits)
    return verdict


def _sides(question, terms):
    return [side for side in terms.pays if side in question.sides]


def _no(question, terms, checks, *, failed, meters, benefits, rate):
    """Most rules say no to most subjects: nothing is granted, owed or counted."""
    sides = _sides(question, terms)
    nothing = dict.fromkeys(sides, 0)
    reasons = dict.fromkeys(sides, failed)
    units = {side: benefits[side].unit for side in sides}
    waits = failed == (RATE_MISSING,)
    return Verdict(
        terms=terms,
        checks=checks,
        granted=nothing,
        owed=nothing,
        units=units,
        reasons=reasons,
        refusal=failed,
        uses={},
        meters=meters,
        benefits=benefits,
        rate=rate,
        waits=waits,
        no=True,
    )


def _meters(question, terms, used, earlier):
    if not terms.meters:
        return ()
    mine, rule = earlier.uses if earlier else {}, terms.rule
    return [
        (meter, key, used.get((rule, *key), 0) - (mine.get(key, 0) if mine else 0))
        for meter, key in zip(terms.meters, keys(question, terms), strict=True)
    ]


def _settle_owed(verdict, question, hits):
    facts = question.facts
    target = {
        side: amounts.owed(verdict.benefits[side], facts, side, granted) for side, granted in verdict.granted.items()
    }
    verdict.owed, short = _fit(target, verdict)
    verdict.uses = _uses(verdict, facts, question.first, short)
    verdict.reasons = {
        side: _reasons(facts, side, verdict, (*hits.get(side, ()), *short.get(side, ()))) for side in verdict.granted
    }


def _earlier(question, terms):
    if question.before is None:
        return None
    # A rule that was not asked before came into force for that time only afterwards.
    return question.before.get(terms.rule) or Earlier(refusal=("rule_not_in_force",))


# --- currency ------------------------------------------------------------------------------------------------------


def _in_currency(question, terms):
    """``(rate, amounts, facts)``; amounts None where there is no rate."""
    first = question.first
    currency = first.get("currency") or terms.unit
    if currency == terms.unit:
        return None, terms.amounts, first
    if currency in terms.per_currency:
        return None, terms.per_currency[currency], first
    rate = question.rates.get(currency)
    if rate is None:
        return None, None, first
    return rate, terms.amounts, amounts.converted(first, rate.value)


# --- checks --------------------------------------------------------------------------------------------------------


def _checks(question, terms, found, facts):
    first = question.first
    checks = _standing(first.get("program_status", "active"), first.get("advocate_status", "active"))
    if found is None:
        # Nothing can be compared yet.
        checks.append(Check(RATE_MISSING, "currency", "is", terms.unit, first.get("currency"), passed=False))
        return checks
    if "step" in first:
        friends, threshold = first["friends"], first["threshold"]
        reached = friends >= threshold
        checks.append(Check("milestone_not_reached", "friends", "at_least", threshold, friends, reached))
    least, goods = found.minimum_order_minor, facts.get("goods_minor")
    if least and goods is not None:
        checks.append(Check("below_minimum", "goods_minor", "at_least", least, goods, goods >= least))
    checks += terms.questions(facts)
    if terms.months_limit and "bound_at" in first:
        checks.append(_in_time(first, terms, question.moment))
    return checks


def _standing(program, advocate):
    """What must hold of program and advocate at the moment of the fact."""
    if program == advocate == "active":
        return list(STANDING)
    over = "program_ended" if program == "ended" else "program_paused"
    return [
        Check(over, "program_status", "is", "active", program, program == "active"),
        Check("advocate_banned", "advocate_status", "none_of", ["banned"], advocate, advocate != "banned"),
    ]


STANDING = (
    Check("program_paused", "program_status", "is", "active", "active", passed=True),
    Check("advocate_banned", "advocate_status", "none_of", ["banned"], "active", passed=True),
)


def _in_time(first, terms, moment):
    start = first["bound_at"] if terms.months_from == "binding" else (first.get("first_order_at") or moment.isoformat())
    end = periods.add_months(datetime.fromisoformat(start), terms.months_limit)
    return Check("duration_over", "converted_at", "before", end.isoformat(), moment.isoformat(), moment < end)


def _room(meter, others):
    if meter.reason == "not_first_order":
        return Check(meter.reason, "earlier_orders", "at_most", 0, others, others <= 0)
    return Check(meter.reason, meter.cap, "below", meter.limit, others, others < meter.limit)


# --- counters ------------------------------------------------------------------------------------------------------


def keys(question, terms):
    """``[(cap, key, period)]`` of the counters that a decision of these terms reads, in the order of its meters."""
    found = question.known_keys.get(id(terms))
    if found is None:
        who, moment, zone = question.who, question.moment, terms.zone
        found = [(meter.cap, who[meter.scope], periods.key(meter.period, moment, zone)) for meter in terms.meters]
        question.known_keys[id(terms)] = found
    return found


def _fit(wanted, verdict):
    """``(amounts, {side: reasons})``: what of the wanted amounts there is room for."""
    given, hits = dict(wanted), {}
    for meter, _, others in verdict.meters:
        if meter.limit is None:
            continue
        room = meter.limit - others
        for side in meter.sides:
            amount = given.get(side, 0)
            if not amount:
                continue
            fits = (amount if room > 0 else 0) if meter.measure == COUNT else min(amount, max(room, 0))
            if fits < amount and verdict.benefits[side].form in WHOLE_FORMS:
                fits = 0
            if meter.measure == AMOUNT:
                room -= fits
            if fits < amount:
                given[side] = fits
                hits.setdefault(side, []).append(meter.reason)
    return given, hits


def _uses(verdict, facts, first, short):
    """What the subject takes of the counters, ``{(cap, key, period): n}``.

    Of a count 1 while a side of it is granted and not given back; rounding a rest to nothing gives nothing back. Of an
    amount what is owed. What has no limit counts every subject that qualifies: milestones and tiers.
    """
    lost = [side for side in short if not verdict.owed[side]]
    kept = [
        side
        for side, granted in verdict.granted.items()
        if granted and side not in lost and not amounts.given_back(facts, side)
    ]
    counts = [(meter, others) for meter, _, others in verdict.meters if meter.limit is not None]
    qualifies = not verdict.refusal and all(others < meter.limit for meter, others in counts if meter.measure == COUNT)
    taken = {}
    for meter, key, _ in verdict.meters:
        if meter.measure == AMOUNT:
            number = sum([verdict.owed.get(side, 0) for side in meter.sides])
        elif verdict.terms.milestone_every or meter.limit is None:
            number = _counted(meter, facts, first) if qualifies else 0
        else:
            number = int(any(side in kept for side in meter.sides))
        if number:
            taken[key] = number
    return taken


def _counted(meter, facts, first):
    if amounts.given_back(facts, "advocate"):
        return 0
    if meter.measure == COUNT:
        return 1
    basis = facts.get("basis_minor", 0)
    revenue = first.get("revenue_minor", 0)
    return money.share(revenue, max(basis - facts["refunded_minor"], 0), basis) if basis > 0 else revenue


# --- amounts -------------------------------------------------------------------------------------------------------


def _bases(sides, benefits, facts, terms, meters):
    return {
        side: amounts.base(benefits[side], facts, terms, position=_position(benefits[side], meters, facts))
        for side in sides
    }


def _position(benefit, meters, facts):
    """The advocate's position in the tiers' period, this subject included."""
    if benefit.tiers is None:
        return 0
    others = next(others for meter, _, others in meters if meter.cap == benefit.tiers.meter)
    return others + (1 if benefit.tiers.measure == "conversions" else facts.get("revenue_minor", 0))


# --- competition ---------------------------------------------------------------------------------------------------


def _compete(verdicts, question):
    """Of the rules in one exclusive group one pays a side: by priority, then what it comes to, then the older rule."""
    rivals = {}
    for verdict in verdicts:
        if verdict.terms.exclusive_group:
            for side, granted in verdict.granted.items():
                if granted:
                    rivals.setdefault((verdict.terms.exclusive_group, side), []).append(verdict)
    for (_, side), each in rivals.items():
        if len(each) > 1:
            _lose(sorted(each, key=lambda verdict: _rank(verdict, side))[1:], side, question)


def _rank(verdict, side):
    """What was granted before stays; then as the rules say."""
    terms = verdict.terms
    worth = amounts.worth(verdict.benefits[side], verdict.granted[side], terms)
    return verdict.fresh, -terms.priority, -(worth or 0), terms.rule


def _lose(losers, side, question):
    for verdict in losers:
        if verdict.fresh:
            verdict.granted[side] = 0
            if not any(verdict.granted.values()):
                verdict.refusal = ("lost_to_priority",)
            _settle_owed(verdict, question, {side: ["lost_to_priority"]})


# --- words ---------------------------------------------------------------------------------------------------------


def _reasons(facts, side, verdict, hits):
    """Keys that explain why less than the full grant is owed, or why it waits."""
    granted = verdict.granted[side]
    if not granted:
        nothing = "product_excluded" if verdict.benefits[side].kind == PER_PRODUCT else "zero_amount"
        return tuple(hits) or tuple(verdict.refusal) or (nothing,)
    keys = list(dict.fromkeys(hits))
    if facts.get(f"{side}_review") == "rejected":
        keys.append("fraud_rejected")
    if facts.get("refunded_minor") or facts.get("cancelled"):
        keys.append("order_cancelled" if facts["cancelled"] else "refunded")
    if facts.get("stands") is False and "basis_minor" not in facts:
        keys.append("milestone_not_reached" if "step" in facts else "withdrawn")
    if facts.get(f"{side}_review") == "held":
        keys.append("fraud_hold")
    return tuple(keys)
