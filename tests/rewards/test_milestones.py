"""Steps for every so many converted friends: reached, lost and reached again, each paid once."""

import itertools
from datetime import timedelta

import pytest

from advocacy.outbox.drain import drain
from referrals import events as catalogue
from rewards import audit, crediting, rulebook
from rewards.models import Counter, Decision, Reward, Subject
from tests.rewards.scene import (
    GIVE_10,
    NOW,
    acme,
    alice_of,
    balances,
    conversion_of,
    person,
    program_of,
    rule_of,
    tell,
)
from tests.terms import terms

pytestmark = pytest.mark.django_db
EVERY_TWO = {"milestone_every": 2, "friend_kind": "", "minimum_order_minor": 0, "hold_days": 0}
_names = itertools.count()


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def settle():
    while drain("money", at=NOW):
        pass


def friends(alice, count):
    """So many new friends who buy, settled together."""
    brought = [conversion_of(alice, person(alice.storefront, f"friend {next(_names)}")) for _ in range(count)]
    for conversion in brought:
        tell(conversion)
    settle()
    return brought


def refund(*conversions, minor=5000):
    for conversion in conversions:
        tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=minor)
    settle()


def steps():
    return [
        case["step"] for case in Decision.objects.exclude(facts=None).order_by("id").values_list("facts", flat=True)
    ]


def test_every_second_friend_pays_a_step(alice):
    rule_of(alice.program, **EVERY_TWO)
    friends(alice, 1)
    assert balances(alice.customer) == {}
    friends(alice, 1)
    assert balances(alice.customer) == {"available": 1000}
    friends(alice, 5)
    assert balances(alice.customer) == {"available": 3000}
    assert steps() == [1, 2, 3]
    assert list(audit.differences()) == []


def test_a_friends_second_order_is_no_second_friend(alice):
    rule_of(alice.program, **EVERY_TWO)
    fred = person(alice.storefront, "fred")
    tell(conversion_of(alice, fred))
    tell(conversion_of(alice, fred), sequence=2)
    settle()
    assert balances(alice.customer) == {}


def test_a_milestone_that_does_not_repeat_is_paid_once(alice):
    rule_of(alice.program, **EVERY_TWO, milestone_repeats=False)
    friends(alice, 6)
    assert balances(alice.customer) == {"available": 1000}


def test_a_step_is_taken_back_below_and_restored_above(alice):
    rule_of(alice.program, **EVERY_TWO)
    first, *_ = friends(alice, 2)
    refund(first, minor=1000)
    assert balances(alice.customer) == {"available": 1000}, "a part leaves the friend converted"
    refund(first)
    assert balances(alice.customer) == {}
    last = Decision.objects.filter(subject__trigger="milestone").latest("id")
    assert (last.version, last.facts["friends"], last.verdicts[0]["reasons"]) == (
        2,
        1,
        {"advocate": ["milestone_not_reached"]},
    )
    refund(first, minor=0)
    assert balances(alice.customer) == {"available": 1000}
    assert Reward.objects.count() == 1, "the same step is the same reward"
    assert list(audit.differences()) == []


def test_a_friend_who_comes_for_one_who_left_brings_the_same_step_back(alice):
    rule_of(alice.program, **EVERY_TWO)
    first, *_ = friends(alice, 2)
    refund(first)
    friends(alice, 1)
    assert balances(alice.customer) == {"available": 1000}
    assert Subject.objects.filter(trigger="milestone").count() == 1


def test_a_step_passed_up_and_down_in_one_settling_leaves_no_trace(alice):
    rule_of(alice.program, **EVERY_TWO)
    first, second = friends(alice, 1)[0], conversion_of(alice, person(alice.storefront, "gina"))
    tell(second)
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert not Subject.objects.filter(trigger="milestone").exists()


def test_the_rules_caps_are_of_its_steps(alice):
    caps = [{"scope": "advocate", "period": "month", "measure": "count", "limit": 1, "side": ""}]
    rule_of(alice.program, **EVERY_TWO, caps=caps)
    friends(alice, 4)
    assert balances(alice.customer) == {"available": 1000}
    last = Decision.objects.filter(subject__trigger="milestone").latest("id")
    assert last.verdicts[0]["refusal"] == ["cap_reached"]
    assert Counter.objects.get(cap="step/count/advocate/").used == 1
    assert list(audit.differences()) == []


def test_a_step_holds_from_the_order_that_reached_it(alice):
    rule_of(alice.program, **EVERY_TWO | {"hold_days": 14})
    friends(alice, 2)
    assert balances(alice.customer) == {"pending": 1000}
    assert crediting.release(at=NOW + timedelta(days=14)) == 1
    assert balances(alice.customer) == {"available": 1000}


def test_a_rule_that_asks_for_more_friends_later_pays_no_step_twice(alice):
    first = rule_of(alice.program, **EVERY_TWO)
    friends(alice, 2)
    later = NOW + timedelta(hours=1)
    rulebook.save(
        program=alice.program,
        rule=first.rule,
        name="Give 10",
        terms=terms(**GIVE_10 | EVERY_TWO | {"milestone_every": 3, "advocate_amount_minor": 1500}),
        at=NOW,
        starts_at=later,
    )
    more = [conversion_of(alice, person(alice.storefront, f"later {number}")) for number in range(4)]
    for conversion in more:
        tell(conversion, at=later, converted_at=later.isoformat())
    while drain("money", at=later):
        pass
    assert balances(alice.customer) == {"available": 2500}, "step 1 of two friends, step 2 of six"
    assert steps() == [1, 2]


def held(alice, count):
    brought = [conversion_of(alice, person(alice.storefront, f"held {next(_names)}")) for _ in range(count)]
    for conversion in brought:
        tell(conversion, advocate_review="held")
    settle()
    return brought


def test_a_step_that_takes_friends_under_review_waits_for_them(alice):
    rule_of(alice.program, **EVERY_TWO)
    mallory, hugo = held(alice, 2)
    assert balances(alice.customer) == {"pending": 1000}
    assert crediting.release(at=NOW) == 0
    friends(alice, 1)
    assert balances(alice.customer) == {"pending": 1000}, "two of the three may still be taken away"
    tell(mallory, catalogue.CONVERSION_REJECTED, advocate_review="rejected", stands=False)
    settle()
    assert balances(alice.customer) == {"pending": 1000}
    tell(hugo, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle()
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


def test_a_step_that_was_clear_and_falls_to_a_review_waits_for_it(alice):
    rule_of(alice.program, **EVERY_TWO | {"hold_days": 14})
    first, _ = friends(alice, 2)
    tell(first, catalogue.CONVERSION_HELD, advocate_review="held")
    settle()
    assert crediting.release(at=NOW + timedelta(days=14)) == 0
    friends(alice, 1)
    assert crediting.release(at=NOW + timedelta(days=14)) == 1
    assert balances(alice.customer) == {"available": 1000}
