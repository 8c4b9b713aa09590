"""What was given stays: who came later, by a version with a higher limit or at a higher tier, takes nothing of it."""

from datetime import timedelta

import pytest

from referrals import events as catalogue
from rewards import audit, rebuild, rulebook
from tests import cast
from tests.rewards.corrections_stage import correct
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, settle, tell
from tests.terms import terms

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(hours=2)
ALONE = {"friend_kind": "", "frequency": "every_order", "minimum_order_minor": 0, "hold_days": 0}
TIERS = {
    "measure": "conversions",
    "period": "all",
    "reading": "marginal",
    "steps": [{"from": 1, "amount_minor": 500}, {"from": 3, "amount_minor": 800}],
}


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def anna():
    return cast.staff("anna")


def budget(limit):
    return [{"scope": "program", "period": "month", "measure": "amount", "limit": limit, "side": ""}]


def buy(alice, *names, at=NOW, **facts):
    brought = [conversion_of(alice, person(alice.storefront, name)) for name in names]
    for conversion in brought:
        tell(conversion, at=at, **facts)
    settle(at=at)
    return brought


def proven():
    assert list(audit.differences()) == []
    assert [said for said in rebuild.verify() if isinstance(said, str)] == []


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"caps": budget(1500)}, {"caps": budget(20_000)}),
        (
            {"caps": [{"scope": "advocate", "period": "month", "measure": "count", "limit": 1, "side": ""}]},
            {"caps": [{"scope": "advocate", "period": "month", "measure": "count", "limit": 9, "side": ""}]},
        ),
    ],
)
@pytest.mark.parametrize(("changes", "left"), [({"refunded_minor": 500}, 900), ({"country": "AT"}, 1000)])
def test_a_wider_limit_takes_nothing_from_what_the_narrow_one_gave(alice, narrow, wide, changes, left):
    version = rule_of(alice.program, **ALONE, **narrow)
    (first,) = buy(alice, "fred")
    said = terms(advocate_amount_minor=1000, **ALONE, **wide)
    start = NOW + timedelta(minutes=1)
    rulebook.save(
        program=alice.program, name="Give 10", terms=said, at=NOW, rule=version.rule, starts_at=start, accepted=True
    )
    buy(alice, "gina", "hugo", "ines", "jan", at=SOON)
    assert balances(alice.customer) == {"available": 5000}
    tell(first, catalogue.CONVERSION_ADJUSTED, at=SOON, **changes)
    settle(at=SOON)
    assert balances(alice.customer) == {"available": 4000 + left}
    proven()


def test_a_correction_to_less_keeps_its_room_though_others_filled_more_since(alice, olga, anna):
    share = {"advocate_kind": "percent", "advocate_percent_bp": 1111}
    version = rule_of(alice.program, **ALONE, **share, caps=budget(1000))
    buy(alice, "fred", revenue_minor=7777)
    said = terms(**ALONE, **share, caps=budget(5000))
    start = NOW + timedelta(minutes=1)
    rulebook.save(
        program=alice.program, name="Give 10", terms=said, at=NOW, rule=version.rule, starts_at=start, accepted=True
    )
    buy(alice, "gina", at=SOON, revenue_minor=10_000)
    assert balances(alice.customer) == {"available": 864 + 1111}
    tenth = terms(**ALONE | share | {"advocate_percent_bp": 1000})["benefits"]
    correct(version, olga, anna, benefits=tenth, ends_at=NOW + timedelta(seconds=30))
    assert balances(alice.customer) == {"available": 778 + 1111}
    proven()


def test_a_correction_to_a_lower_limit_takes_the_room_away(alice, olga, anna):
    version = rule_of(alice.program, **ALONE, caps=budget(100_000))
    buy(alice, "fred", "gina", "hugo")
    correct(version, olga, anna, terms={"caps": budget(2000)})
    assert balances(alice.customer) == {"available": 2000}
    proven()


@pytest.mark.parametrize(
    ("change", "left"), [({"hold_days": 7}, 2600), ({"minimum_order_minor": 6000}, 500 + 500 + 800)]
)
def test_a_correction_leaves_each_order_at_the_tier_that_it_reached(alice, olga, anna, change, left):
    """5.00, and from the third on 8.00. The second correction refuses gina's order: one less came before hugo's."""
    version = rule_of(alice.program, **ALONE, advocate_kind="tiered", advocate_tiers=TIERS)
    for name, goods in (("fred", 9000), ("gina", 5000), ("hugo", 9000), ("ines", 9000)):
        buy(alice, name, goods_minor=goods)
    assert balances(alice.customer) == {"available": 500 + 500 + 800 + 800}
    correct(version, olga, anna, terms=change)
    assert sum(balances(alice.customer).values()) == left
    proven()


def test_a_deleted_refund_takes_nothing_from_the_friend_for_the_advocate(alice):
    rule_of(alice.program, **ALONE | {"friend_kind": "fixed", "friend_amount_minor": 1000}, caps=budget(2000))
    (first,) = buy(alice, "fred")
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    buy(alice, "gina")
    assert balances(alice.customer) == {"available": 500 + 1000}
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert (balances(alice.customer), balances(first.friend)) == ({"available": 1500}, {"available": 500})
    proven()
