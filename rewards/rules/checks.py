"""The questions that a rule asks of a subject's first facts, in the currency that they are compared in. Pure."""

from datetime import datetime

from advocacy.conditions import Check
from rewards.rules import amounts, periods

RATE_MISSING = "rate_missing"


def in_currency(question, terms):
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


def checks(question, terms, found, facts):
    first = question.first
    asked = _standing(first.get("program_status", "active"), first.get("advocate_status", "active"))
    if found is None:
        # Nothing can be compared yet.
        asked.append(Check(RATE_MISSING, "currency", "is", terms.unit, first.get("currency"), passed=False))
        return asked
    if "step" in first:
        friends, threshold = first["friends"], first["threshold"]
        reached = friends >= threshold
        asked.append(Check("milestone_not_reached", "friends", "at_least", threshold, friends, reached))
    least, goods = found.minimum_order_minor, facts.get("goods_minor")
    if least and goods is not None:
        asked.append(Check("below_minimum", "goods_minor", "at_least", least, goods, goods >= least))
    asked += terms.questions(facts)
    if terms.months_limit and "bound_at" in first:
        asked.append(_in_time(first, terms, question.moment))
    return asked


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


def room(meter, others):
    if meter.reason == "not_first_order":
        return Check(meter.reason, "earlier_orders", "at_most", 0, others, others <= 0)
    return Check(meter.reason, meter.cap, "below", meter.limit, others, others < meter.limit)
