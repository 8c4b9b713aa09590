"""The quick way of asking rules gives and counts what ``decide`` does; no database."""

import uuid
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards import rules
from rewards.rules import Question, Rate, periods, quick
from tests.rewards.test_rules import FACTS, NOON, terms

ZONE = "Europe/Berlin"
RATES = {"USD": Rate(Fraction(9, 10), "0.9", "2026-03-02", "ecb")}


def benefit(side, form, kind):
    amount = st.integers(1, 3000)
    parts = {
        "fixed": {"amount_minor": amount},
        "percent": {"percent_bp": st.integers(1, 10_000), "maximum_minor": st.none() | amount, "minimum_minor": amount},
        "tiered": {"tiers": st.builds(tiers, st.sampled_from(["conversions", "revenue"]), amount, amount)},
        "per_product": {"items": st.builds(items, amount, st.integers(1, 5000))},
    }[kind]
    parts = {f"{side}_{part}": value for part, value in parts.items()}
    return st.fixed_dictionaries({f"{side}_form": st.just(form), f"{side}_kind": st.just(kind)} | parts)


def tiers(measure, first, more):
    steps = [{"from": 1, "amount_minor": first}, {"from": 3 if measure == "conversions" else 9000, "percent_bp": more}]
    return {"measure": measure, "period": "month", "reading": "marginal", "steps": steps}


def items(amount, share):
    return [
        {"by": "product", "values": ["p1"], "amount_minor": amount},
        {"by": "category", "values": ["tea"], "percent_bp": share},
    ]


def benefits(side):
    form, kind = st.sampled_from(["credit", "points", "coupon"]), st.sampled_from(rules.terms.KINDS)
    return st.tuples(form, kind).flatmap(lambda chosen: benefit(side, *chosen))


CAP = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["advocate", "friend", "pair", "program"]),
        "period": st.sampled_from(periods.PERIODS),
        "measure": st.sampled_from(["count", "amount"]),
        "side": st.sampled_from(["", "advocate", "friend"]),
    }
).flatmap(lambda cap: st.integers(1, 3 if cap["measure"] == "count" else 4000).map(lambda n: cap | {"limit": n}))
TERMS = st.fixed_dictionaries(
    {
        "frequency": st.sampled_from(["first_order", "every_order"]),
        "order_limit": st.none() | st.just(2),
        "months_limit": st.none() | st.just(1),
        "months_from": st.just("binding"),
        "minimum_order_minor": st.sampled_from([0, 4000]),
        "milestone_every": st.sampled_from([None, None, None, 2]),
        "conditions": st.sampled_from([[], [{"field": "country", "op": "is", "value": "DE"}]]),
        "caps": st.lists(CAP, max_size=2, unique_by=lambda cap: tuple(cap[part] for part in cap if part != "limit")),
        "per_currency": st.sampled_from([{}, {"USD": {"advocate": {"amount_minor": 1100}, "friend": {}}}]),
        "priority": st.sampled_from([0, 0, 5]),
        "exclusive_group": st.sampled_from(["welcome", ""]),
        "points_per_unit": st.sampled_from([None, 100]),
    }
)


@st.composite
def books(draw):
    """Rules for the advocate, for the friend, or for both."""
    made = []
    for number in range(draw(st.integers(2, 4))):
        said = draw(TERMS) | draw(benefits("advocate") | benefits("friend"))
        said |= draw(benefits("friend")) if draw(st.booleans()) else {}
        made.append(terms(**said, rule=number, zone=ZONE))
    return made


@st.composite
def subjects(draw):
    basis = draw(st.sampled_from([0, 100, 5400]))
    refunded = draw(st.sampled_from([0, 0, 0, 1700, basis]))
    products = [
        {"line": 1, "product": "p1", "quantity": 2, "net_minor": 3000, "revenue_minor": 2500, "refunded_minor": 0},
        {"line": 2, "category": "tea", "quantity": 1, "net_minor": 2400, "revenue_minor": 2001},
    ]
    first = FACTS | {
        "basis_minor": basis,
        "goods_minor": draw(st.sampled_from([3000, 6000])),
        "revenue_minor": draw(st.sampled_from([0, 4999, 5000])),
        "products": products,
        "currency": draw(st.sampled_from(["EUR", "EUR", "USD", "CHF"])),
        "country": draw(st.sampled_from(["DE", "AT"])),
        "bound_at": NOON.isoformat(),
        "method": draw(st.sampled_from(["click", "click", "import"])),
        "earlier_orders": draw(st.integers(0, 1)),
        "advocate_status": draw(st.sampled_from(["active"] * 9 + ["banned"])),
        "program_status": draw(st.sampled_from(["active"] * 9 + ["paused", "ended"])),
    }
    now = {"refunded_minor": min(refunded, basis), "cancelled": draw(st.sampled_from([False] * 5 + [True]))}
    now |= {f"{side}_review": draw(st.sampled_from(["clear"] * 5 + ["rejected"])) for side in ("advocate", "friend")}
    if draw(st.integers(0, 4)) == 0:
        now |= {"basis_minor": draw(st.sampled_from([0, 50, 4000, 9000])), "products": products[1:]}
        now["refunded_minor"] = min(now["refunded_minor"], now["basis_minor"])
    elif basis and now["refunded_minor"]:
        now["products"] = [products[0] | {"refunded_minor": 1000}, products[1]]
    facts = first | now
    if draw(st.integers(0, 9)) == 0:
        facts = {"stands": draw(st.booleans()), "advocate_status": "active"}
        first = facts
    advocate, friend = draw(st.integers(1, 2)), draw(st.integers(3, 5))
    who = {"advocate": advocate, "friend": friend, "pair": 8 * advocate + friend, "program": 99}
    who = {scope: uuid.UUID(int=number) for scope, number in who.items()}
    return facts, first, who, NOON + timedelta(hours=draw(st.integers(0, 24 * 60)))


def both(book, story):
    """``(decided, quick)``: of each subject and rule granted and owed, then all that is used."""
    used, quicks, decided, asked = {}, [quick.Quick(each) for each in book], [], []
    for facts, first, who, moment in story:
        sides = ("advocate", "friend")
        for verdict in rules.decide(Question(facts, first, moment, who, sides, None, RATES), book, used=used):
            decided.append((_some(verdict.granted), _some(verdict.owed)))
            for key, number in verdict.uses.items():
                place = (verdict.terms.rule, *key)
                used[place] = used.get(place, 0) + number
        day = periods.key("day", moment, ZONE)
        for answer in quick.ask(quicks, quick.Asked(facts, first, moment, day, who, sides, RATES)):
            gave = isinstance(answer, quick.Given)
            asked.append((_some(answer.granted), _some(answer.owed)) if gave else ({}, {}))
    return (decided, used), (asked, _used(quicks))


def _some(amounts):
    return {side: amount for side, amount in amounts.items() if amount}


def _used(quicks):
    told = {}
    for each in quicks:
        for meter, used in zip(each.terms.meters, each.used, strict=True):
            for key, number in used.items():
                whose, period = key if isinstance(key, tuple) else (key, "all")
                told[each.terms.rule, meter.cap, whose, period] = number
    return told


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books(), st.lists(subjects(), min_size=8, max_size=12))
def test_the_quick_way_grants_owes_and_counts_what_decide_does(book, story):
    decided, asked = both(book, [each for each in story if _sensible(each, book)])
    assert asked == decided


@pytest.mark.full
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books(), st.lists(subjects(), min_size=1, max_size=30))
def test_the_quick_way_is_the_long_way_in_many_stories(book, story):
    decided, asked = both(book, [each for each in story if _sensible(each, book)])
    assert asked == decided


def _sensible(subject, book):
    """A share of an order is promised for orders only; rules on anything else are of fixed amounts."""
    fixed = all(each.kind == "fixed" for terms in book for each in terms.amounts.benefits.values())
    return fixed or "basis_minor" in subject[0]
