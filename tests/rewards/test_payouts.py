"""Cash that is paid out: frozen, sent, paid, or given back; who waits, and for what."""

import pytest
from django.db import IntegrityError, connection, transaction

from advocacy.refusals import Refused
from rewards import audit
from rewards.models import Payout, PayoutBatch, Transfer
from rewards.payouts import batches, due, gathering, results, standing
from tests import cast
from tests.rewards import scene, wallet_scene
from tests.rewards.payouts_stage import (
    DAY,
    LATER,
    alice,
    cash_rule,
    earns,
    exported,
    lot_of,
    payee_of,
    policy,
    policy_of,
    program,
    refunded,
    said,
    told,
)
from tests.rewards.scene import NOW, balances

__all__ = ["alice", "policy", "program"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def otto():
    return cast.staff("otto")


def test_what_is_paid_is_frozen_sent_and_paid_each_once(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    assert (batch.total_minor, batch.payouts_count, batch.state) == (2500, 1, "draft")
    assert balances(alice.customer) == {"reserved": 2500}
    batches.approve(batch=batch, at=LATER)
    batch, file = batches.export(batch=batch, at=LATER)
    again = batches.export(batch=batch, at=LATER + DAY)
    assert (batch.state, again[1].text, again[0].exported_at) == ("exported", file.text, LATER)
    paid = Payout.objects.get()
    assert (paid.number, paid.state, paid.destination_end) == (1, "sent", "3000")
    assert (said(batch, n1="paid"), said(batch, n1="paid")) == (1, 0)
    batch.refresh_from_db()
    assert (batch.state, balances(alice.customer), lot_of(alice).status) == ("settled", {}, "paid")
    assert Transfer.objects.filter(leg="pay", reference=paid.public_id).count() == 1
    assert told() == ["payout.frozen", "payout.sent", "payout.paid"]
    assert list(audit.differences()) == []


@pytest.mark.parametrize("result", ["failed", "cancelled"])
def test_what_is_not_paid_is_theirs_again_and_in_the_next_batch(policy, alice, result):
    batch = exported(policy)
    told_twice = [results.Result("line 2", 1, result, reason="Account closed")] * 2
    assert results.apply(batch=batch, results=told_twice, at=LATER) == 1
    assert results.apply(batch=batch, results=told_twice, at=LATER) == 0
    assert balances(alice.customer) == {"available": 2500}
    assert Payout.objects.get().failure == "Account closed"
    second = gathering.gather(policy=policy, at=LATER + DAY)
    assert second.payouts.get().number == 2
    assert balances(alice.customer) == {"reserved": 2500}
    assert list(audit.differences()) == []


def test_what_the_bank_sends_back_later_is_theirs_again(policy, alice):
    batch = exported(policy)
    said(batch, n1="paid")
    said(batch, n1="returned")
    assert balances(alice.customer) == {"available": 2500}
    assert Payout.objects.get().state == "returned"
    with pytest.raises(Refused, match="number 1 is returned and cannot be paid"):
        said(batch, n1="paid")


def test_a_draft_is_cancelled_and_gives_all_back(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    batches.cancel(batch=batch, at=LATER, reason="Wrong month")
    assert balances(alice.customer) == {"available": 2500}
    assert (Payout.objects.get().state, Payout.objects.get().failure) == ("cancelled", "Wrong month")
    with pytest.raises(Refused, match="is cancelled"):
        batches.cancel(batch=batch, at=LATER)


def test_an_order_returned_while_its_cash_is_under_way_is_netted_by_the_next_one(policy, alice):
    conversion = earns(alice)
    batch = exported(policy)
    refunded(conversion, 5000)
    assert balances(alice.customer) == {"available": -2500, "reserved": 5000}
    said(batch, n1="paid")
    earns(alice)
    with pytest.raises(gathering.NothingToPay):
        gathering.gather(policy=policy, at=LATER)
    earns(alice)
    assert gathering.gather(policy=policy, at=LATER).total_minor == 2500
    assert list(audit.differences()) == []


def test_cash_that_is_past_its_time_is_not_paid(policy, alice, program):
    over = wallet_scene.lot(program, alice.customer, 3000, form="cash", expires_in=1)
    lasting = wallet_scene.lot(program, alice.customer, 2100, form="cash")
    at = NOW + wallet_scene.DAY
    assert standing.of(storefront=alice.storefront, customer=alice.customer, at=at)[0].amount_minor == 4600
    payout = gathering.gather(policy=policy, at=at).payouts.get()
    assert (payout.amount_minor, wallet_scene.parts([over, lasting])) == (4600, [3000, 0])


def test_above_the_limit_somebody_else_than_the_maker_approves(policy, alice, olga, otto):
    policy.four_eyes_above_minor = 2499
    policy.save()
    batch = gathering.gather(policy=policy, at=LATER, by=olga)
    with pytest.raises(Refused, match="somebody else than its maker"):
        batches.approve(batch=batch, by=olga, at=LATER)
    with pytest.raises(Refused, match="two people"):
        batches.approve(batch=batch, at=LATER)
    with pytest.raises(IntegrityError, match="above_the_limit_two_people_approve"), transaction.atomic():
        PayoutBatch.objects.update(state="approved", approved_by=olga)
    assert batches.approve(batch=batch, by=otto, at=LATER).state == "approved"


def test_what_the_schedule_made_is_approved_by_two_people_above_the_limit(policy, alice, olga, otto):
    policy.four_eyes_above_minor = 0
    policy.save()
    batch = gathering.gather(policy=policy, at=LATER)
    assert batches.approve(batch=batch, by=olga, at=LATER).state == "draft"
    with pytest.raises(Refused, match="One approval given by olga; a second person must approve"):
        batches.approve(batch=batch, by=olga, at=LATER)
    with pytest.raises(IntegrityError, match="above_the_limit_two_people_approve"), transaction.atomic():
        PayoutBatch.objects.update(state="approved", approved_by=olga)
    assert batches.approve(batch=batch, by=otto, at=LATER).state == "approved"


def test_nothing_is_exported_before_it_is_approved(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    with pytest.raises(Refused, match="exported once it is approved"):
        batches.export(batch=batch, at=LATER)
    with pytest.raises(Refused, match="results come after its export"):
        said(batch, n1="paid")


def test_a_program_with_a_policy_of_its_own_is_paid_by_that_only(policy, alice, program):
    other = scene.program_of(program.storefront, slug="others", name="Others")
    cash_rule(other, 3000)
    carla = scene.alice_of(other, "carla")
    earns(carla)
    payee_of(carla.customer)
    own = policy_of(program.storefront, program=other)
    assert gathering.gather(policy=policy, at=LATER).payouts.get().customer == alice.customer
    assert gathering.gather(policy=own, at=LATER).payouts.get().customer == carla.customer


def test_a_batch_is_made_of_those_who_have_cash_by_indexes_whatever_was_paid_before(policy, alice):
    said(exported(policy), n1="paid")
    bob = scene.alice_of(alice.program, "bob")
    earns(bob)
    rows = due.lots(policy).filter(recipient__in=due.customers(policy))
    assert [row.recipient for row in rows] == [bob.customer]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "cash_to_pay_out" in plan
    assert "accounts_to_pay_out" in plan
