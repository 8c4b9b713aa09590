"""The audit finds rewards that are missing, live too long, or were held or converted otherwise."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from referrals import events as catalogue
from rewards import adjustments, audit, redemptions, rulebook
from rewards.models import (
    Rate,
    Reward,
    Subject,
)
from tests.rewards import scene, test_audit
from tests.rewards.audit_stage import spoil
from tests.rewards.scene import (
    NOW,
    conversion_of,
    rule_of,
    settle,
    tell,
)
from tests.rewards.wallet_scene import lot

pytestmark = pytest.mark.django_db
fred = test_audit.fred


def test_a_reward_that_a_decision_owes_and_nobody_made_is_found(fred):
    subject = Subject.objects.get(rewards__recipient=fred, trigger="conversion.recorded")
    spoil(f"UPDATE rewards_reward SET rule_id = NULL, rule_version_id = NULL WHERE subject_id = {subject.pk}")
    said = list(audit.parts()["what is owed"]())
    assert len(said) == 2
    assert said[0].startswith("Reward (missing) of rule")


def test_a_reward_that_nobody_recorded_is_found_and_one_of_nothing_needs_no_event(fred):
    """Given back before it was decided, it never was; taken beyond the balance, its adjustment tells of it."""
    program, check = fred.storefront.programs.get(), audit.parts()["rows that somebody recorded"]
    conversion = conversion_of(Reward.objects.get(recipient=fred, rule__isnull=False).advocate, fred)
    rule_of(program, "Every", frequency="every_order")
    tell(conversion)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    taken = {"form": "credit", "amount_minor": 900, "reason": "Twice", "allow_negative": True, "at": NOW}
    adjustments.take(program=program, customer=fred, **taken)
    assert list(check()) == []
    reward = Reward.objects.filter(recipient=fred, rule__isnull=False).earliest("id")
    spoil(f"DELETE FROM advocacy_event WHERE subject_id = '{reward.public_id}'")
    assert list(check()) == [f"No event tells of reward {reward.pk}: nobody recorded it."]


def test_a_reward_that_was_let_live_for_ever_is_found(fred):
    """Also after it was kept alive by what came back of it, and after its expiry was moved by hand."""
    reward = lot(fred.storefront.programs.get(), fred, 400, expires_in=10)
    basket = redemptions.reserve(storefront=fred.storefront, customer=fred, unit="EUR", amount_minor=400, at=NOW)
    redemptions.confirm(redemption=basket, at=NOW)
    redemptions.reverse(redemption=basket, at=NOW)
    assert Reward.objects.get(pk=reward.pk).expires_at == NOW + timedelta(days=14)
    assert list(audit.parts()["rewards' expiry"]()) == []
    adjustments.prolong(reward=reward, until=NOW + timedelta(days=100), reason="Late parcel", at=NOW)
    assert list(audit.parts()["rewards' expiry"]()) == []
    spoil(f"UPDATE rewards_reward SET expires_at = NULL WHERE id = {reward.pk}")
    said = "the newest event says 2026-06-10 12:00:00+00."
    assert [each.partition("; ")[2] for each in audit.parts()["rewards' expiry"]()] == [said]


def test_a_rate_that_was_changed_after_something_was_decided_by_it_is_found(fred):
    program = fred.storefront.programs.get()
    Rate.objects.create(
        storefront=fred.storefront, day=NOW.date(), currency="USD", target="EUR", rate="0.92", source="ecb",
        recorded_at=NOW,
    )  # fmt: skip
    rule_of(
        program, "Share", advocate_kind="percent", advocate_percent_bp=1000, friend_kind="", frequency="every_order"
    )
    tell(conversion_of(Reward.objects.get(recipient=fred, rule__isnull=False).advocate, fred), currency="USD")
    settle()
    assert Rate.objects.get().used
    assert list(audit.parts()["rates"]()) == []
    spoil("UPDATE rewards_rate SET rate = 9.2")
    assert len(list(audit.parts()["rates"]())) == 1


_COPIED = """
    INSERT INTO rewards_ruleversion SELECT (jsonb_populate_record(
        one, jsonb_build_object('id', 9999, 'public_id', gen_random_uuid(), 'number', 9, 'starts_at', one.ends_at)
    )).* FROM rewards_ruleversion one ORDER BY id LIMIT 1
"""


_SET = "UPDATE rewards_ruleversion SET {} WHERE id = {{0}}".format
_NOT_SO = "Rule version {0} is not as it was saved:"
UNSAVED = {
    _COPIED: "Rule version 9999 was saved by nobody.",
    _SET("starts_at = '2020-01-01'"): f"{_NOT_SO} its time.",
    _SET("ends_at = NULL"): f"{_NOT_SO} its end.",
    "SET CONSTRAINTS ALL DEFERRED; " + _SET("rule_id = 0"): "Rule version {1} is gone.",
}


def test_a_rule_version_that_nobody_saved_so_is_found():
    program, at = scene.program_of(scene.acme()), timezone.now()
    first = rule_of(program)
    rulebook.save(program=program, rule=first.rule, name="Give 11", terms=rulebook.terms_of(first), at=at)
    assert list(audit.parts()["rule versions"]()) == []
    for statement, said in UNSAVED.items():
        with transaction.atomic():
            spoil(statement.format(first.pk))
            assert list(audit.parts()["rule versions"]()) == [said.format(first.pk, first.public_id)]
            transaction.set_rollback(True)


DIGITAL = {"digital": True, "advocate_review": "held"}


@pytest.mark.parametrize(
    ("hold_from", "said"), [("order", {}), ("payment", {}), ("shipping", {}), ("delivery", {}), ("delivery", DIGITAL)]
)
def test_a_hold_is_counted_as_it_was_decided(fred, hold_from, said):
    program = fred.storefront.programs.get()
    rule_of(program, "Held", hold_from=hold_from, hold_days=9, friend_kind="", frequency="every_order")
    conversion = conversion_of(Reward.objects.get(recipient=fred, rule__isnull=False).advocate, fred)
    placed = (NOW - timedelta(hours=1)).isoformat()
    tell(conversion, placed_at=placed, paid_at=NOW.isoformat(), **said)
    settle()
    lot(program, fred, 100)
    assert list(audit.parts()["holds"]()) == []
    tell(conversion, catalogue.CONVERSION_ADJUSTED, shipped_at=NOW.isoformat(), delivered_at=NOW.isoformat())
    settle()
    assert list(audit.parts()["holds"]()) == []
    spoil("UPDATE rewards_reward SET due_at = due_at - INTERVAL '1 day' WHERE credited_at IS NULL")
    assert list(audit.parts()["holds"]())
