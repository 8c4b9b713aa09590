"""Steps for every so many converted friends: reached, lost and reached again, each paid once."""

import itertools
from datetime import timedelta

import pytest

from advocacy.outbox.drain import drain
from referrals import events as catalogue
from rewards import audit, crediting, earnings, rebuild, rulebook
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


def test_a_friend_counts_while_any_of_their_orders_stands(alice):
    rule_of(alice.program, **EVERY_TWO | {"minimum_order_minor": 5000})
    friends(alice, 1)
    fred = person(alice.storefront, "fred")
    first, small, second = [conversion_of(alice, fred) for _ in range(3)]
    for sequence, (conversion, goods) in enumerate(((first, 5000), (small, 4999), (second, 5000)), start=1):
        tell(conversion, sequence=sequence, goods_minor=goods)
    settle()
    assert balances(alice.customer) == {"available": 1000}
    refund(first)
    assert balances(alice.customer) == {"available": 1000}, "the second order stands"
    refund(second)
    assert balances(alice.customer) == {}, "one below the minimum never counted"
    refund(first, minor=4999)
    assert balances(alice.customer) == {"available": 1000}
    assert dict(Counter.objects.filter(cap="friends").values_list("period", "used")) == {"all": 2}
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_a_friend_who_is_under_review_by_one_order_of_two_is_clear(alice):
    rule_of(alice.program, **EVERY_TWO)
    friends(alice, 1)
    fred = person(alice.storefront, "fred")
    first, second = conversion_of(alice, fred), conversion_of(alice, fred)
    tell(first, advocate_review="held")
    settle()
    assert balances(alice.customer) == {"pending": 1000}
    tell(second, sequence=2)
    settle()
    assert balances(alice.customer) == {"available": 1000}
    tell(first, catalogue.CONVERSION_REJECTED, advocate_review="rejected", stands=False)
    settle()
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


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


LATER = NOW + timedelta(hours=1)


def change(alice, rule_version, **changes):
    """From LATER on the rule is another."""
    asked = terms(**GIVE_10 | EVERY_TWO | changes)
    program, rule = alice.program, rule_version.rule
    rulebook.save(program=program, rule=rule, name="Give 10", terms=asked, at=NOW, starts_at=LATER)


def later_friends(alice, count):
    """One after the other."""
    brought = [conversion_of(alice, person(alice.storefront, f"later {next(_names)}")) for _ in range(count)]
    for conversion in brought:
        tell(conversion, at=LATER, converted_at=LATER.isoformat())
        while drain("money", at=LATER):
            pass
    return brought


def thresholds():
    """Of each step, as it was reached."""
    firsts = Decision.objects.filter(number=1).exclude(facts=None).order_by("id").values_list("facts", flat=True)
    return [(facts["step"], facts["threshold"]) for facts in firsts]


def next_step(alice):
    (progress,) = earnings.milestones(advocate=alice, at=LATER)
    return progress.threshold


def test_a_rule_that_asks_for_more_friends_later_counts_on_and_pays_no_step_twice(alice):
    first = rule_of(alice.program, **EVERY_TWO)
    friends(alice, 2)
    change(alice, first, milestone_every=3, advocate_amount_minor=1500)
    later_friends(alice, 4)
    assert balances(alice.customer) == {"available": 2500}
    assert thresholds() == [(1, 2), (2, 5)]


def test_a_rule_that_asks_for_fewer_friends_later_counts_on_from_the_last_step(alice):
    first = rule_of(alice.program, **EVERY_TWO | {"milestone_every": 5})
    friends(alice, 7)
    change(alice, first, milestone_every=3, advocate_amount_minor=100)
    assert next_step(alice) == 8
    later_friends(alice, 3)
    assert (balances(alice.customer), next_step(alice)) == ({"available": 1100}, 11)
    eleventh, _ = later_friends(alice, 2)
    assert (balances(alice.customer), thresholds()) == ({"available": 1200}, [(1, 5), (2, 8), (3, 11)])
    tell(eleventh, catalogue.CONVERSION_ADJUSTED, at=LATER, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {"available": 1200}, "eleven are left"
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_who_has_more_friends_than_the_new_number_reaches_one_step_with_the_next_friend_and_no_more(alice):
    first = rule_of(alice.program, **EVERY_TWO | {"milestone_every": 9})
    friends(alice, 8)
    change(alice, first, milestone_every=2)
    assert next_step(alice) == 9
    later_friends(alice, 4)
    assert (balances(alice.customer), thresholds()) == ({"available": 2000}, [(1, 9), (2, 11)])


def on_day(days, conversion, type=catalogue.CONVERSION_ADJUSTED, **changes):
    """What becomes of a conversion so many days later, settled then."""
    at = NOW + timedelta(days=days)
    told = {name: at.isoformat() if value is True else value for name, value in changes.items()}
    tell(conversion, type, at=at, **told)
    while drain("money", at=at):
        pass


def due_after():
    return (Reward.objects.get().due_at - NOW).days


def test_a_step_whose_hold_counts_from_delivery_is_told_of_it_by_the_friend_who_reached_it(alice):
    rule_of(alice.program, **EVERY_TWO | {"hold_days": 14, "hold_from": "delivery"})
    first, second = friends(alice, 2)
    assert due_after() == 7 + 14, "by the allowance"
    on_day(1, first, delivered_at=True)
    assert due_after() == 7 + 14
    on_day(3, second, delivered_at=True)
    assert due_after() == 3 + 14
    on_day(4, second, refunded_minor=5000)
    third = conversion_of(alice, person(alice.storefront, "third"))
    on_day(5, third, catalogue.CONVERSION_RECORDED, paid_at=True)
    assert due_after() == 5 + 7 + 14, "another friend has reached it"
    on_day(6, third, delivered_at=True)
    assert (due_after(), balances(alice.customer)) == (6 + 14, {"pending": 1000})
    assert crediting.release(at=NOW + timedelta(days=20)) == 1
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


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


def test_a_friend_who_was_given_to_another_advocate_counts_for_each_by_itself(alice):
    rule_of(alice.program, **EVERY_TWO | {"milestone_every": 1})
    bob, fred = alice_of(alice.program, "bob"), person(alice.storefront, "fred")
    hers, his = conversion_of(alice, fred), conversion_of(bob, fred)
    tell(hers)
    settle()
    tell(his)
    settle()
    assert (balances(alice.customer), balances(bob.customer)) == ({"available": 1000}, {"available": 1000})
    refund(hers)
    assert (balances(alice.customer), balances(bob.customer)) == ({}, {"available": 1000})
    assert list(audit.differences()) == []
