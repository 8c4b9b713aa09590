"""What a rule owes, as tables of cases; no database."""

import itertools
import uuid
import weakref
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from rewards import rules
from rewards.rules import Earlier, Question, Rate, amounts, asking, compiled
from rewards.rules import Terms as TermsOf
from tests.terms import terms as terms_of

FACTS = {
    "sequence": 1,
    "currency": "EUR",
    "basis_minor": 6240,
    "refunded_minor": 0,
    "cancelled": False,
    "goods_minor": 6000,
    "revenue_minor": 5000,
    "country": "DE",
    "channel": "whatsapp",
    "days_since_signup": 3,
    "advocate_review": "clear",
    "friend_review": "clear",
    "advocate_status": "active",
    "program_status": "active",
}


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO = {scope: uuid.UUID(int=number) for number, scope in enumerate(("advocate", "friend", "pair", "program"))}
GIVE_10 = {"advocate_amount_minor": 1000, "friend_kind": "percent", "friend_percent_bp": 1000}


def terms(**changes):
    """Compiled Terms; benefits as in ``tests.terms``."""
    mine = any(name.startswith(("advocate_", "friend_", "customer_")) for name in changes)
    said = terms_of(**({} if mine else GIVE_10) | changes)
    own = {name: said.pop(name) for name in ("benefits", "minimum_order_minor", "per_currency") if name in said}
    own = {"minimum_order_minor": 0, "per_currency": {}} | own
    in_euros, per_currency = compiled(**own, unit="EUR")
    base = {"rule": 1, "version": 1, "number": 1, "name": "Give 10", "unit": "EUR"}
    return TermsOf(**base | said | {"amounts": in_euros, "per_currency": per_currency})


def ask(*book, facts=FACTS, first=None, before=None, used=None, sides=("advocate", "friend"), rates=None):
    question = Question(facts, first or facts, NOON, WHO, sides, before, rates or {})
    return rules.decide(question, book, used=used or {})


def decide(used=0, before=None, rule=None, first=None, **facts):
    """One rule's verdict; ``used``: how often others used its first order."""
    key = 1, "once/friend", WHO["friend"], "all"
    known = None if before is None else {1: before}
    return ask(rule or terms(), facts=FACTS | facts, first=first, before=known, used={key: used})[0]


def test_the_first_order_is_the_first_that_meets_the_conditions():
    fifth = terms(conditions=[{"field": "sequence", "op": "at_least", "value": 5}])
    assert [sum(decide(rule=fifth, sequence=number).owed.values()) for number in (1, 4, 5)] == [0, 0, 1500]


LATE = NOON + timedelta(days=40)
GROUP = [{"field": "country", "op": "is", "value": "DE"}]


@pytest.mark.parametrize(
    ("rule", "facts", "others", "asked"),
    [
        ({"minimum_order_minor": 4000}, {"goods_minor": 3000}, {"goods_minor": 4000}, {}),
        ({}, {"advocate_status": "banned"}, {"advocate_status": "active"}, {}),
        ({}, {"program_status": "paused"}, {"program_status": "ended"}, {}),
        ({"conditions": GROUP}, {"country": "AT"}, {"country": "DE"}, {}),
        ({"conditions": GROUP}, {"country": "AT"}, {"country": "AT"}, {"sides": ("advocate",)}),
        ({"minimum_order_minor": 4000}, {"goods_minor": 3000}, {"goods_minor": 3000, "currency": "USD"}, {}),
        ({"months_limit": 1, "months_from": "binding"}, {"bound_at": NOON.isoformat()}, {}, {"moment": NOON}),
        ({}, {"step": 1, "friends": 1, "threshold": 2}, {"step": 1, "friends": 2, "threshold": 2}, {}),
    ],
)
def test_a_no_that_is_kept_answers_the_same_question_only(rule, facts, others, asked):
    """The same Terms are asked twice, with only this changed, and say what Terms say that were asked nothing before."""

    def said(terms, facts, **asked):
        whole = FACTS | facts
        rates = {"USD": Rate(Fraction(2), "2", "2026-03-02", "ecb")}
        question = {"moment": LATE, "who": WHO, "sides": ("advocate", "friend"), "rates": rates} | asked
        [verdict] = rules.decide(Question(facts=whole, first=whole, **question), [terms], used={})
        return verdict.owed, verdict.refusal

    mine, others = terms(**rule), facts | others
    no = said(mine, facts)
    assert no[1]
    assert said(mine, others, **asked) == said(terms(**rule), others, **asked) != no


def test_a_question_keeps_the_terms_that_it_was_asked_by():
    """It knows them by their ids, which others would have when these are thrown away."""
    question, mine = Question(FACTS, FACTS, NOON, WHO, ("advocate",)), terms()
    assert not asking.ask(question, mine).no
    kept = weakref.ref(mine)
    del mine
    assert kept() is not None


def test_both_sides_get_what_the_rule_says():
    verdict = decide()
    assert verdict.granted == {"advocate": 1000, "friend": 500}
    assert verdict.owed == {"advocate": 1000, "friend": 500}
    assert verdict.reasons == {"advocate": (), "friend": ()}
    assert verdict.uses


@pytest.mark.parametrize(
    ("facts", "rule", "used", "reasons"),
    [
        ({"goods_minor": 1999}, terms(minimum_order_minor=2000), 0, ("below_minimum",)),
        ({"currency": "USD"}, terms(), 0, ("rate_missing",)),
        ({}, terms(), 1, ("not_first_order",)),
        ({"method": "import", "earlier_orders": 1}, terms(), 0, ("not_first_order",)),
        ({"program_status": "paused"}, terms(), 0, ("program_paused",)),
        ({"program_status": "ended"}, terms(), 0, ("program_ended",)),
        ({"advocate_status": "banned"}, terms(), 0, ("advocate_banned",)),
        ({"revenue_minor": 0}, terms(friend_kind="percent", friend_percent_bp=1000), 0, ("zero_amount",)),
        (
            {"country": "FR"},
            terms(conditions=[{"field": "country", "op": "one_of", "value": ["DE", "AT"]}]),
            0,
            ("country_excluded",),
        ),
        # What a rule counts is asked only of what qualifies.
        ({"goods_minor": 1999}, terms(minimum_order_minor=2000), 1, ("below_minimum",)),
    ],
)
def test_a_refusal_names_its_reasons_and_grants_nothing(facts, rule, used, reasons):
    verdict = decide(used=used, rule=rule, **facts)
    side = rule.sides[0]
    assert verdict.granted[side] == verdict.owed[side] == 0
    assert verdict.reasons[side] == reasons
    assert not verdict.uses


def test_a_minimum_is_met_by_exactly_that_much():
    assert decide(rule=terms(minimum_order_minor=6000)).owed["advocate"] == 1000


def test_every_order_is_paid_where_the_rule_says_so():
    assert decide(used=7, rule=terms(frequency="every_order")).owed["advocate"] == 1000


@pytest.mark.parametrize(
    ("revenue", "percent_bp", "maximum", "amount"),
    [
        (5000, 1000, None, 500),
        (4995, 1000, None, 500),
        (4994, 1000, None, 499),
        (50_000, 1000, 1500, 1500),
        (1, 1, None, 0),
    ],
)
def test_a_percentage_is_rounded_half_up_once_and_limited(revenue, percent_bp, maximum, amount):
    rule = terms(friend_kind="percent", friend_percent_bp=percent_bp, friend_maximum_minor=maximum)
    assert amounts.base(rule.amounts.benefits["friend"], {"revenue_minor": revenue}, rule, position=0) == amount


def again(**facts):
    return decide(before=Earlier(granted={"advocate": 1000, "friend": 500}), **facts)


@pytest.mark.parametrize(
    ("refunded", "advocate", "friend"),
    [(0, 1000, 500), (2080, 667, 333), (3120, 500, 250), (6239, 0, 0), (6240, 0, 0), (1, 1000, 500)],
)
def test_a_refund_takes_back_its_share_of_the_grant(refunded, advocate, friend):
    assert again(refunded_minor=refunded).owed == {"advocate": advocate, "friend": friend}


def test_shares_of_many_refunds_add_up_to_the_grant():
    owed = [again(refunded_minor=refunded).owed["advocate"] for refunded in range(0, 6241, 7)]
    taken = [earlier - later for earlier, later in itertools.pairwise(owed)]
    assert min(taken) >= 0
    assert sum(taken) == owed[0] - owed[-1]
    assert again(refunded_minor=6240).owed == {"advocate": 0, "friend": 0}


def test_each_side_is_rejected_by_itself():
    verdict = again(advocate_review="rejected")
    assert verdict.owed == {"advocate": 0, "friend": 500}
    assert verdict.reasons["advocate"] == ("fraud_rejected",)
    assert verdict.uses


def test_a_held_side_is_owed_but_waits():
    verdict = again(friend_review="held")
    assert verdict.owed["friend"] == 500
    assert verdict.reasons == {"advocate": (), "friend": ("fraud_hold",)}


def test_a_grant_of_nothing_stays_nothing_for_the_reason_it_had():
    verdict = decide(before=Earlier(refusal=("below_minimum",)))
    assert verdict.owed == {"advocate": 0, "friend": 0}
    assert verdict.reasons["advocate"] == ("below_minimum",)


def test_a_grant_is_not_restored_when_another_order_took_the_room():
    verdict = again(used=1)
    assert verdict.owed == {"advocate": 0, "friend": 0}
    assert verdict.reasons["advocate"] == ("not_first_order",)


def test_a_later_version_cannot_raise_a_grant():
    verdict = decide(rule=terms(advocate_amount_minor=9000), before=Earlier(granted={"advocate": 1000}))
    assert verdict.owed == {"advocate": 1000}


def test_an_order_of_nothing_is_all_or_nothing():
    free = {"basis_minor": 0, "refunded_minor": 0}
    assert again(**free).owed["advocate"] == 1000
    assert again(**free, cancelled=True).owed["advocate"] == 0


@pytest.mark.parametrize(
    ("owed", "pending", "available", "releasable", "moves"),
    [
        (1000, 0, 0, False, [("grant", 1000)]),
        (1000, 0, 0, True, [("grant", 1000), ("release", 1000)]),
        (1000, 1000, 0, True, [("release", 1000)]),
        (1000, 1000, 0, False, []),
        (1000, 0, 1000, True, []),
        (400, 1000, 0, False, [("take_pending", 600)]),
        (400, 0, 1000, True, [("take_available", 600)]),
        (0, 300, 700, True, [("take_pending", 300), ("take_available", 700)]),
        (200, 300, 700, True, [("take_pending", 300), ("take_available", 500)]),
        (1000, 0, 400, True, [("grant", 600), ("release", 600)]),
        (0, 0, 0, True, []),
    ],
)
def test_only_the_difference_is_posted(owed, pending, available, releasable, moves):
    assert rules.legs(owed=owed, pending=pending, available=available, releasable=releasable) == moves


def test_conditions_and_grant_are_decided_on_the_first_state_and_what_is_owed_on_the_newest():
    first = FACTS | {"goods_minor": 6000, "revenue_minor": 5000}
    newest = FACTS | {"goods_minor": 100, "revenue_minor": 90_000, "basis_minor": 6000, "refunded_minor": 3000}
    verdict = ask(terms(minimum_order_minor=4000), facts=newest, first=first)[0]
    assert verdict.granted == {"advocate": 1000, "friend": 500}
    # 3000 of what was decided on, 6240, are left.
    assert verdict.owed == {"advocate": 481, "friend": 240}


@pytest.mark.parametrize(
    ("now", "refunded", "owed", "reasons"),
    [
        (3120, 0, 500, ("order_corrected",)),
        (3120, 1560, 250, ("refunded", "order_corrected")),
        (3120, 3120, 0, ("refunded", "order_corrected")),
        (0, 0, 0, ("order_corrected",)),
        # More of an order earns no more, and pays for what is refunded of it.
        (9360, 0, 1000, ()),
        (9360, 3120, 1000, ("refunded",)),
        (9360, 6240, 500, ("refunded",)),
    ],
)
def test_an_order_corrected_to_less_keeps_its_share_and_one_corrected_to_more_what_it_had(now, refunded, owed, reasons):
    verdict = decide(first=FACTS, basis_minor=now, refunded_minor=refunded)
    assert (verdict.granted["advocate"], verdict.owed["advocate"]) == (1000, owed)
    assert verdict.reasons["advocate"] == reasons
    assert bool(verdict.uses) == bool(owed), "its room of a cap is free when nothing of it is left"
    whole = decide(rule=terms(advocate_form="coupon", advocate_amount_minor=1000), first=FACTS, basis_minor=now)
    assert whole.owed == {"advocate": 1000 if now else 0}
    assert whole.reasons == {"advocate": () if now else ("order_corrected",)}, "only where less is owed"


def test_a_cap_of_one_side_leaves_the_other_its_own():
    cap = {"scope": "advocate", "period": "month", "measure": "count", "limit": 5, "side": "advocate"}
    rule = terms(**GIVE_10, frequency="every_order", caps=[cap])
    used = {(1, "count/advocate/advocate", WHO["advocate"], "2026-03"): 5}
    verdict = ask(rule, used=used)[0]
    assert verdict.granted == {"advocate": 0, "friend": 500}
    assert verdict.reasons == {"advocate": ("cap_reached",), "friend": ()}
    assert verdict.uses == {}


def test_revenue_fills_the_tiers_in_the_programs_currency():
    tiers = {"measure": "revenue", "period": "month", "steps": [{"from": 1, "percent_bp": 100}]}
    rule = terms(frequency="every_order", advocate_kind="tiered", advocate_tiers=tiers)
    dollars = FACTS | {"currency": "USD", "revenue_minor": 5000}
    rates = {"USD": Rate(Fraction(9, 10), "0.9", "2026-03-02", "ecb")}
    verdict = ask(rule, facts=dollars, rates=rates)[0]
    assert verdict.granted == {"advocate": 45}
    assert verdict.uses == {("tier/revenue", WHO["advocate"], "2026-03"): 4500}


@pytest.mark.parametrize(
    ("refunded", "by_line", "owed"),
    [
        (0, (0, 0), 750),
        (5000, (5000, 0), 250),  # the coffee came back: its 5.00 go, the 2.50 of the accessories stay
        (5000, (0, 5000), 500),
        (5000, (0, 0), 375),  # nobody said what came back: half of each
        (9999, (5000, 4999), 0),
    ],
)
def test_a_refund_that_names_products_takes_exactly_their_part(refunded, by_line, owed):
    items = [
        {"by": "category", "values": ["coffee"], "percent_bp": 1000},
        {"by": "category", "values": ["accessories"], "percent_bp": 500},
    ]
    lines = [
        {"category": category, "quantity": 1, "net_minor": 5000, "revenue_minor": 5000, "refunded_minor": gone}
        for category, gone in zip(("coffee", "accessories"), by_line, strict=True)
    ]
    facts = FACTS | {"basis_minor": 10_000, "revenue_minor": 10_000, "refunded_minor": refunded, "products": lines}
    rule = terms(frequency="every_order", advocate_kind="per_product", advocate_items=items)
    assert ask(rule, facts=facts, before={1: Earlier(granted={"advocate": 750})})[0].owed == {"advocate": owed}


def test_one_of_three_pieces_takes_its_fixed_amount():
    items = [{"by": "product", "values": ["SKU1"], "amount_minor": 200}]
    line = {"sku": "SKU1", "quantity": 3, "net_minor": 3000, "revenue_minor": 3000, "refunded_minor": 1000}
    facts = FACTS | {"basis_minor": 6000, "refunded_minor": 1000, "products": [line]}
    rule = terms(frequency="every_order", advocate_kind="per_product", advocate_items=items)
    assert ask(rule, facts=facts, before={1: Earlier(granted={"advocate": 600})})[0].owed == {"advocate": 400}
