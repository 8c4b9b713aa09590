"""What was spent or paid before it was corrected is waived or netted, as chosen."""

import pytest

from config.portal import statement
from config.timeline import parts, steps
from referrals import events as catalogue
from rewards import audit, crediting, earnings, explanations, ledger, rebuild, redemptions
from rewards.models import Correction, Leg, Reward
from tests.rewards import payouts_stage
from tests.rewards.corrections_stage import ALL, LATER, alice, anna, correct, friends, spend
from tests.rewards.scene import (
    NOW,
    balances,
    rule_of,
    settle,
    tell,
)
from tests.terms import terms

__all__ = ["alice", "anna"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("netted", [False, True])
def test_what_was_spent_is_waived_or_netted_as_chosen(alice, olga, anna, netted):
    left, waived = ({"available": -3500}, 0) if netted else ({}, 3500)
    version = rule_of(alice.program, **ALL)
    first = friends(alice, 1)[0]
    reward = Reward.objects.select_related("subject").get()
    ledger.move(reward, [(Leg.USE, 4000)])
    crediting.save([reward])
    ledger.post([ledger.Posting(reward, Leg.USE, 4000)], at=NOW)
    correct(version, olga, anna, policy="net" if netted else "waive")
    told = Correction.objects.get().difference
    assert (told["waived"], told["waived_rewards"]) == (({}, 0) if netted else ({"EUR": 3500}, 1)), "said beforehand"
    assert balances(alice.customer) == left
    reward.refresh_from_db()
    assert (reward.granted_minor, reward.waived_minor, crediting.held(reward)) == (500, waived, 500)
    tell(first, catalogue.CONVERSION_ADJUSTED)
    settle()
    assert balances(alice.customer) == left, "settled again it stays"
    told = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=first.public_id)
    said = [step["title"] for step in steps.of_money(parts.decided(told)) if "Waived" in step["title"]]
    assert said == ([] if netted else ["Waived: 35.00 EUR, alice (advocate)"])
    earned = earnings.by_conversion(advocate=alice, conversions=[first.public_id])[first.public_id]
    assert earned.waived is not netted, "its advocate reads it too"
    assert list(audit.differences()) == []


def test_the_portal_tells_a_correction_as_the_shops_own_and_how_it_is_paid_off(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    first = friends(alice, 1)[0]
    spend(alice, 5000)
    correct(version, olga, anna, policy="net")
    settle(at=LATER)
    lines = statement.lines(advocate=alice, before=None, at=LATER)[0]
    assert [(line.what, line.cause, line.available) for line in lines[:1]] == [
        ("Correction by the shop", "A friend’s order. What you get later pays it off.", "\N{MINUS SIGN}€45.00")
    ]
    assert {line.what for line in lines[1:]} == {"Spent", "Set aside", "Credited", "Promised"}
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle(at=LATER)
    assert statement.lines(advocate=alice, before=None, at=LATER)[0][0].what == "Taken back"


def test_what_was_waived_is_taken_back_once_the_spending_is_undone(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    spent = spend(alice, 5000)
    correct(version, olga, anna)
    assert balances(alice.customer) == {}
    redemptions.reverse(redemption=spent, amount_minor=1000, at=LATER)
    assert (balances(alice.customer), Reward.objects.get().waived_minor) == ({}, 3500)
    redemptions.reverse(redemption=spent, at=LATER)
    assert (balances(alice.customer), Reward.objects.get().waived_minor) == ({"available": 500}, 0)
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_what_was_waived_is_not_paid_again_when_the_payout_is_returned(alice, olga, anna):
    cash = ALL | {"advocate_form": "cash"}
    version = rule_of(alice.program, **cash)
    friends(alice, 1)
    payouts_stage.payee_of(alice.customer)
    batch = payouts_stage.exported(payouts_stage.policy_of(alice.storefront), at=NOW)
    payouts_stage.said(batch, at=NOW, n1="paid")
    correct(version, olga, anna, benefits=terms(**cash | {"advocate_percent_bp": 1000})["benefits"])
    payouts_stage.said(batch, at=LATER, n1="returned")
    assert balances(alice.customer) == {"available": 500}
    assert list(audit.differences()) == []


def test_only_what_the_correction_lowered_is_waived(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    other = {"advocate_amount_minor": 3000, "friend_kind": "", "hold_days": 0, "minimum_order_minor": 0}
    rule_of(alice.program, name="Other", **other)
    first = friends(alice, 1)[0]
    spend(alice, 8000)
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    assert balances(alice.customer) == {"available": -4000}
    correct(version, olga, anna)
    waived = Reward.objects.order_by("rule").values_list("waived_minor", flat=True)
    assert (balances(alice.customer), list(waived)) == ({"available": -4000}, [2250, 0])
    assert list(audit.differences()) == []
