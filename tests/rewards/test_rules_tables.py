"""Caps, tiers, products, currencies, limits and competition, as tables of cases; no database."""

from datetime import timedelta
from fractions import Fraction

import pytest

from rewards.rules import Rate, periods, quick
from tests.rewards.test_rules import FACTS, NOON, WHO, ask, terms

EVERY = {"frequency": "every_order"}
FIVE = {"advocate_amount_minor": 500}


def cap(limit, measure="count", scope="advocate", period="all", side=""):
    return {"scope": scope, "period": period, "measure": measure, "limit": limit, "side": side}


def used(name, number, scope="advocate", period="all"):
    return {(1, name, WHO[scope], period): number}


@pytest.mark.parametrize(
    ("rule", "taken", "owed", "reason"),
    [
        ({"caps": [cap(3)]}, used("count/advocate/", 2), 500, ()),
        ({"caps": [cap(3)]}, used("count/advocate/", 3), 0, ("cap_reached",)),
        ({"caps": [cap(3, period="month")]}, used("count/advocate/", 3, period="2026-03"), 0, ("cap_reached",)),
        ({"caps": [cap(3, period="month")]}, used("count/advocate/", 3, period="2026-02"), 500, ()),
        ({"caps": [cap(1, scope="pair")]}, used("count/pair/", 1, "pair"), 0, ("cap_reached",)),
        ({"caps": [cap(1000, "amount")]}, used("amount/advocate/", 700), 300, ("cap_reached",)),
        (
            {"caps": [cap(1000, "amount", "program")]},
            used("amount/program/", 1000, "program"),
            0,
            ("budget_exhausted",),
        ),
        # A code is given whole or not at all.
        (
            {"caps": [cap(1000, "amount")], "advocate_form": "coupon"},
            used("amount/advocate/", 700),
            0,
            ("cap_reached",),
        ),
        ({"order_limit": 2}, used("orders/friend", 1, "friend"), 500, ()),
        ({"order_limit": 2}, used("orders/friend", 2, "friend"), 0, ("limit_of_orders_reached",)),
    ],
)
def test_a_cap_leaves_what_there_is_room_for(rule, taken, owed, reason):
    verdict = ask(terms(**EVERY | FIVE | rule), used=taken)[0]
    assert (verdict.owed, verdict.reasons) == ({"advocate": owed}, {"advocate": reason})


@pytest.mark.parametrize(("days", "owed"), [(27, 500), (31, 0)])
def test_months_are_counted_from_where_the_rule_says(days, owed):
    rule = terms(**EVERY | FIVE, months_limit=1, months_from="binding")
    facts = FACTS | {"bound_at": (NOON - timedelta(days=days)).isoformat()}
    verdict = ask(rule, facts=facts)[0]
    assert verdict.owed["advocate"] == owed
    assert verdict.refusal == (() if owed else ("duration_over",))


TIERS = {
    "measure": "conversions",
    "period": "month",
    "reading": "marginal",
    "steps": [{"from": 2, "amount_minor": 300}, {"from": 4, "percent_bp": 1000}],
}


@pytest.mark.parametrize(("before", "owed"), [(0, 0), (1, 300), (2, 300), (3, 500), (99, 500)])
def test_a_tier_is_reached_with_the_conversion_that_reaches_it(before, owed):
    rule = terms(**EVERY, advocate_kind="tiered", advocate_tiers=TIERS)
    verdict = ask(rule, used=used("tier/conversions", before, period="2026-03"))[0]
    assert verdict.owed == {"advocate": owed}
    assert verdict.uses == {("tier/conversions", WHO["advocate"], "2026-03"): 1}, "also below the first"


BEANS = {"product": "beans", "category": "coffee", "quantity": 2, "net_minor": 2000, "revenue_minor": 1800}
CUP = {"product": "cup", "category": "things", "quantity": 1, "net_minor": 4000, "revenue_minor": 3200}


@pytest.mark.parametrize(
    ("items", "granted"),
    [
        ([{"by": "category", "values": ["coffee"], "percent_bp": 1000}], 180),
        ([{"by": "product", "values": ["beans"], "amount_minor": 50}], 100),
        ([{"by": "product", "values": ["tea"], "percent_bp": 1000}], 0),
        (
            [
                {"by": "product", "values": ["cup"], "amount_minor": 70},
                {"by": "category", "values": ["coffee", "things"], "percent_bp": 1000},
            ],
            70 + 180,
        ),
    ],
)
def test_products_are_paid_by_the_first_item_that_names_them(items, granted):
    rule = terms(**EVERY, advocate_kind="per_product", advocate_items=items)
    verdict = ask(rule, facts=FACTS | {"products": [BEANS, CUP]})[0]
    assert verdict.granted == {"advocate": granted}
    assert verdict.reasons == {"advocate": () if granted else ("product_excluded",)}


CORRECTED = 90, ("order_corrected",)


def corrected(rule, lines):
    """What is owed, and why, of an order of beans and a cup that has these lines now."""
    first = FACTS | {"products": [BEANS, CUP]}
    verdict = ask(rule, facts=FACTS | {"products": lines}, first=first)[0]
    return verdict.owed["advocate"], verdict.reasons["advocate"]


@pytest.mark.parametrize(
    ("beans", "cup", "refunded", "owed"),
    [(0, 0, 0, 180), (1000, 0, 1000, 90), (0, 4000, 4000, 180), (2000, 0, 2000, 0), (0, 0, 3120, 90)],
)
def test_a_refund_or_correction_of_a_product_takes_back_what_was_paid_for_it(beans, cup, refunded, owed):
    rule = terms(
        **EVERY,
        advocate_kind="per_product",
        advocate_items=[{"by": "category", "values": ["coffee"], "percent_bp": 1000}],
    )
    assert corrected(rule, [BEANS, CUP]) == (180, ())
    assert corrected(rule, [BEANS | {"quantity": 1, "net_minor": 1000, "revenue_minor": 900}, CUP]) == CORRECTED
    assert corrected(rule, [BEANS | {"revenue_minor": 9000}, CUP]) == (180, ()), "more earns no more"
    assert corrected(rule, [CUP]) == (0, ("order_corrected",))
    cheaper = FACTS | {"products": [BEANS, CUP], "basis_minor": 3120}
    assert ask(rule, facts=cheaper, first=FACTS | {"products": [BEANS, CUP]})[0].reasons == {"advocate": ()}
    lines = [BEANS | {"refunded_minor": beans}, CUP | {"refunded_minor": cup}]
    first = FACTS | {"products": [BEANS, CUP]}
    verdict = ask(rule, facts=first | {"products": lines, "refunded_minor": refunded}, first=first)[0]
    assert verdict.owed == {"advocate": owed}


@pytest.mark.parametrize(
    ("rule", "order", "fixed", "granted", "owed"),
    [
        # 10 % of 10,000 yen are 6.00 euros, and 5.00 are for the cup.
        ({}, {"currency": "JPY"}, 500, 1100, 500),
        # 10 % of 100.00 are 100 points, and 40 are for the cup.
        ({"advocate_form": "points", "points_per_unit": 10}, {}, 40, 140, 40),
        ({"advocate_form": "points", "points_per_unit": 10}, {"currency": "JPY"}, 40, 100, 40),
    ],
)
def test_a_lines_share_of_the_order_and_fixed_amount_are_weighed_in_one_unit(rule, order, fixed, granted, owed):
    items = [
        {"by": "product", "values": ["beans"], "percent_bp": 1000},
        {"by": "product", "values": ["cup"], "amount_minor": fixed},
    ]
    line = {"quantity": 1, "net_minor": 10_000, "revenue_minor": 10_000, "refunded_minor": 0}
    beans, cup = line | {"product": "beans"}, line | {"product": "cup"}
    first = FACTS | order | {"basis_minor": 20_000, "revenue_minor": 20_000, "products": [beans, cup]}
    facts = first | {"refunded_minor": 10_000, "products": [beans | {"refunded_minor": 10_000}, cup]}
    rates = {"JPY": Rate(Fraction(6, 10), "0.006", "2026-03-02", "ecb")}
    mine = terms(**EVERY, advocate_kind="per_product", advocate_items=items, **rule)
    [verdict] = ask(mine, facts=facts, first=first, rates=rates)
    assert (verdict.granted, verdict.owed) == ({"advocate": granted}, {"advocate": owed})
    day = periods.key("day", NOON, "UTC")
    [given] = quick.ask([quick.Quick(mine)], quick.Asked(facts, first, NOON, day, WHO, ("advocate",), rates))
    assert (given.granted, given.owed) == (verdict.granted, verdict.owed)


def test_a_rule_states_its_amounts_for_a_currency_or_converts_at_the_days_rate():
    dollars = FACTS | {"currency": "USD"}
    rule = terms(**EVERY | FIVE, per_currency={"USD": {"advocate": {"amount_minor": 600}}})
    verdict = ask(rule, facts=dollars)[0]
    assert (verdict.owed, verdict.units) == ({"advocate": 600}, {"advocate": "USD"})

    tenth = terms(**EVERY, advocate_kind="percent", advocate_percent_bp=1000, minimum_order_minor=5500)
    rate = Rate(Fraction("0.92"), "0.92", "2026-03-02", "ecb")
    verdict = ask(tenth, facts=dollars, rates={"USD": rate})[0]
    assert (verdict.owed, verdict.units) == ({"advocate": 460}, {"advocate": "EUR"})
    waiting = ask(tenth, facts=dollars)[0]
    assert (waiting.waits, waiting.refusal) == (True, ("rate_missing",))


@pytest.mark.parametrize(
    ("limit", "taken"),
    [
        (cap(3), {"count/advocate/": 1}),
        (cap(3, side="friend"), {"count/advocate/friend": 1}),
        (cap(3000, "amount"), {"amount/advocate/": 1200}),
        (cap(3000, "amount", side="friend"), {"amount/advocate/friend": 700}),
    ],
)
def test_an_order_of_two_sides_counts_once_in_a_limit_of_both(limit, taken):
    verdict = ask(terms(**EVERY | FIVE | {"friend_amount_minor": 700, "caps": [limit]}))[0]
    assert {name: number for (name, *_), number in verdict.uses.items()} == taken


@pytest.mark.parametrize(
    ("first", "second", "paid"),
    [
        ({"priority": 1}, {"advocate_amount_minor": 900}, (500, 0)),
        ({}, {"advocate_amount_minor": 900}, (0, 900)),
        ({}, {}, (500, 0)),
        # A rule that would pay nothing does not win.
        ({"priority": 9, "caps": [cap(1)]}, {}, (0, 500)),
        ({"exclusive_group": ""}, {}, (500, 500)),
    ],
)
def test_of_an_exclusive_group_one_pays(first, second, paid):
    group = {"exclusive_group": "one"}
    book = [terms(**EVERY | FIVE | group | first), terms(**EVERY | FIVE | group | second, rule=2, version=2)]
    verdicts = ask(*book, used=used("count/advocate/", 1))
    assert tuple(verdict.owed["advocate"] for verdict in verdicts) == paid
