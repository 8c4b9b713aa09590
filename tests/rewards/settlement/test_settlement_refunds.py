"""What a refund takes back, and what an undone one restores."""

from datetime import timedelta

import pytest

from referrals import events as catalogue
from rewards import audit, crediting, explanations, rulebook
from rewards.models import Counter, Decision, Reward, RuleVersion
from tests.rewards.scene import (
    NOW,
    balances,
    conversion_of,
    rule_of,
    settle,
    tell,
)

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=14)


def test_a_refund_takes_its_share_first_from_pending_then_from_available(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=1000)
    settle()
    assert balances(alice.customer) == {"pending": 800}
    crediting.release(at=DUE)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=3333)
    settle(at=DUE)
    assert balances(alice.customer) == {"available": 333}
    assert balances(fred) == {"available": 167}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle(at=DUE)
    assert balances(alice.customer) == balances(fred) == {}
    assert set(Reward.objects.values_list("status", flat=True)) == {"reversed"}


def test_the_grant_is_made_on_the_order_before_refunds_so_an_undone_refund_restores_it(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    assert set(Reward.objects.values_list("granted_minor", "status")) == {(1000, "reversed"), (500, "reversed")}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_a_refund_after_the_grant_can_be_undone(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_the_first_order_is_paid_once_and_its_room_comes_back_when_it_is_refunded(program, alice, fred):
    rule_of(program)
    first, second, third = (conversion_of(alice, fred) for _ in range(3))
    tell(first)
    tell(second, sequence=2)
    settle()
    assert balances(alice.customer) == {"pending": 1000}
    assert Decision.objects.get(subject__public_id=second.public_id).verdicts[0]["refusal"] == ["not_first_order"]

    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    tell(third, sequence=3)
    settle()
    assert balances(alice.customer) == {"pending": 1000}

    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}, "the third order has the room now"
    assert Counter.objects.get().used == 1
    told = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=first.public_id)
    reasons = told["decisions"][-1]["rules"][0]["sides"][0]["reasons"]
    assert [each["key"] for each in reasons] == ["first_order_taken"], "a chargeback that was won pays no second time"
    assert reasons[0]["staff"].endswith("went to another order of the friend; what became of it is told there.")
    said = "The reward for this friend’s first order went to another order of theirs; what became of it is told there."
    assert reasons[0]["advocate"] == said
    tell(third, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    again = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=first.public_id)
    assert again["decisions"][-1]["rules"][0]["sides"][0]["reasons"] == reasons


def test_what_an_archived_rule_granted_is_taken_back_by_a_refund(program, alice, fred):
    version = rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    rulebook.archive(rule=version.rule, at=NOW)
    later = NOW + timedelta(days=1)
    assert RuleVersion.objects.get().ends_at < later
    tell(conversion, catalogue.CONVERSION_ADJUSTED, at=later, refunded_minor=5000)
    settle(at=later)
    assert balances(alice.customer) == {}
    assert list(audit.differences()) == []


def test_a_partial_refund_that_leaves_nothing_to_a_side_does_not_give_the_first_order_back(program, alice, fred):
    rule_of(program, advocate_amount_minor=1, friend_kind="")
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=4000)
    settle()
    assert balances(alice.customer) == {}
    assert Counter.objects.get().used == 1
