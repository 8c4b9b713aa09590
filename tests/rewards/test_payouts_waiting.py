"""Who waits instead of being paid, and why."""

from datetime import date, timedelta

import pytest

from advocacy.privacy import erase_rows
from advocacy.refusals import Refused
from rewards import audit
from rewards.models import Payee, Payout, Reward, TaxLimit
from rewards.payouts import batches, gathering, payees
from tests.rewards import scene
from tests.rewards.payouts_stage import (
    DAY,
    LATER,
    OTHER_IBAN,
    alice,
    earns,
    exported,
    payee_of,
    policy,
    program,
    said,
    waiting,
)
from tests.rewards.scene import NOW, balances

__all__ = ["alice", "policy", "program"]
pytestmark = pytest.mark.django_db


def test_who_is_erased_is_dropped_from_a_draft_and_named_nowhere_but_in_what_was_sent(policy, alice, program):
    berta = scene.alice_of(program, "berta")
    earns(berta)
    payee_of(berta.customer, iban=OTHER_IBAN)
    batch = gathering.gather(policy=policy, at=LATER + 8 * DAY)
    assert (batch.payouts_count, batch.total_minor) == (2, 5000)
    erase_rows(customer=berta.customer, at=LATER + 8 * DAY)
    batch.refresh_from_db()
    dropped = Payout.objects.get(customer=berta.customer)
    assert (batch.state, batch.payouts_count, batch.total_minor, dropped.state) == ("draft", 1, 2500, "cancelled")
    assert (dropped.payee_name, dropped.destination, dropped.destination_end) == ("", None, "")
    assert Payee.objects.get().customer == alice.customer
    assert balances(berta.customer) == {"available": 2500}
    # What is approved leaves: the books keep whom it was paid to.
    batches.approve(batch=batch, at=LATER + 8 * DAY)
    erase_rows(customer=alice.customer, at=LATER + 8 * DAY)
    assert (Payout.objects.get(customer=alice.customer).payee_name, Payee.objects.count()) == ("Alice", 1)
    assert list(audit.differences()) == []


def test_who_waits_is_listed_with_the_reason(policy, alice, program):
    for name in ("berta", "carla", "dora", "emma", "gina"):
        someone = scene.alice_of(program, name)
        earns(someone, **({"refunded_minor": 4000} if name == "berta" else {}))
        if name not in ("carla", "gina"):
            payee_of(someone.customer)
        if name == "dora":
            payee_of(someone.customer, iban=OTHER_IBAN, at=LATER - DAY)
        if name == "emma":
            someone.status = "banned"
            someone.save()
        if name == "gina":
            payee_of(someone.customer, country="US")
    TaxLimit.objects.create(storefront=program.storefront, country="US", currency="EUR", yearly_limit_minor=2499)
    batch = gathering.gather(policy=policy, at=LATER)
    assert waiting(batch) == {
        "berta": "minimum_payout",
        "carla": "payee_missing",
        "dora": "payee_changed",
        "emma": "advocate_banned",
        "gina": "tax_form_missing",
    }
    assert (batch.payouts_count, batch.waiting_count, batch.total_minor) == (1, 5, 2500)
    assert Payout.objects.get(waits_for="minimum_payout").numbers == {"threshold": 2000, "input": 500}


def test_a_year_above_the_limit_of_a_country_waits_for_the_tax_form(policy, alice):
    TaxLimit.objects.create(storefront=alice.storefront, country="DE", currency="EUR", yearly_limit_minor=4000)
    said(exported(policy), n1="paid")
    earns(alice)
    with pytest.raises(gathering.NothingToPay, match="1 for tax_form_missing"):
        gathering.gather(policy=policy, at=LATER)
    payee_of(alice.customer, tax_form_since=date(2026, 3, 1))
    assert gathering.gather(policy=policy, at=LATER).total_minor == 2500
    assert balances(alice.customer) == {"reserved": 2500}


def test_a_changed_destination_holds_the_next_payout_for_3_days_and_is_logged(policy, alice):
    payee = payee_of(alice.customer, iban=OTHER_IBAN, at=NOW)
    assert [(each.before, each.after) for each in payee.changes.order_by("pk")] == [
        ("", "•••• 3000"),
        ("•••• 3000", "•••• 4300"),
    ]
    with pytest.raises(gathering.NothingToPay, match="payee_changed"):
        gathering.gather(policy=policy, at=NOW + 3 * DAY - timedelta(seconds=1))
    assert gathering.gather(policy=policy, at=NOW + 3 * DAY).total_minor == 2500


def test_an_iban_with_a_mistake_is_refused_in_words(alice):
    for wrong, words in [
        ("DE89 3704 0044 0532 0130 01", "check digits"),
        ("DE89 3704 0044 0532 0130", "has 22 signs; this one has 20"),
        ("my account", "begins with two letters"),
    ]:
        with pytest.raises(Refused, match=words) as refused:
            payee_of(alice.customer, iban=wrong)
        assert list(refused.value.errors) == ["iban"]
    assert payees.Payee.objects.get().destination_end == "3000"


def test_who_never_agreed_to_the_terms_waits_and_their_friend_does_not(policy, alice, program):
    program.terms_version = program.terms_needed = 1
    program.save()
    earns(alice)
    Reward.objects.filter(pk=Reward.objects.order_by("pk").last().pk).update(side="friend")
    batch = gathering.gather(policy=policy, at=LATER)
    assert batch.total_minor == 2500
