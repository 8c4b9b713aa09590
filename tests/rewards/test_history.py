"""What keeps history is neither changed nor emptied, whoever asks the database."""

import pytest
from django.db import DatabaseError, connection, transaction

from rewards.models import PayeeChange, PayoutBatch
from rewards.payouts import batches, gathering
from tests import cast
from tests.rewards.payouts_stage import LATER, cash_rule, earns, payee_of, policy_of
from tests.rewards.scene import acme, alice_of, person, program_of

pytestmark = pytest.mark.django_db

APPEND_ONLY = [
    "advocacy_attempt",
    "advocacy_consent",
    "advocacy_event",
    "advocacy_termsacceptance",
    "rewards_adjustment",
    "rewards_couponuse",
    "rewards_decision",
    "rewards_exchange",
    "rewards_payeechange",
    "rewards_shopcreditentry",
    "rewards_transfer",
]


def _tables(trigger):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s ORDER BY 1", [f"pgtrigger_%{trigger}%"]
        )
        return [table for (table,) in cursor.fetchall()]


def _refused(statement, match):
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def test_no_table_that_keeps_history_is_truncated():
    assert _tables("are_append_only") == APPEND_ONLY
    for table in {*APPEND_ONLY, "rewards_ruleversion", "rewards_limitchange"}:
        _refused(f"TRUNCATE {table} CASCADE", "Cannot truncate")
    _refused("TRUNCATE advocacy_storefront CASCADE", "Cannot truncate")


def test_the_register_of_payees_is_append_only():
    payee_of(person(acme(), "alice"))
    _refused("UPDATE rewards_payeechange SET after = '•••• 1234'", "Cannot update or delete")
    _refused("DELETE FROM rewards_payeechange", "Cannot update or delete")
    assert PayeeChange.objects.get().after == "•••• 3000"


@pytest.fixture
def draft():
    """Of 25.00 EUR, made by the schedule: two people approve it."""
    program = program_of(acme())
    cash_rule(program)
    alice = alice_of(program)
    payee_of(alice.customer)
    earns(alice)
    return gathering.gather(policy=policy_of(program.storefront, four_eyes_above_minor=0), at=LATER)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("needs_second = false, state = 'approved', approved_by_id = {olga}", "goes on needing"),
        ("made_by_id = {otto}, state = 'approved', approved_by_id = {olga}", "Who made a batch"),
        ("first_approved_by_id = {otto}, state = 'approved', approved_by_id = {olga}", "before the second"),
        ("first_approved_by_id = {otto}, state = 'exported', approved_by_id = {olga}", "A draft is approved"),
    ],
)
def test_no_statement_passes_the_second_person_of_a_batch(draft, change, match):
    olga, otto = cast.staff("olga"), cast.staff("otto")
    _refused(f"UPDATE rewards_payoutbatch SET {change.format(olga=olga.pk, otto=otto.pk)}", match)
    assert PayoutBatch.objects.get().state == "draft"


def test_who_approved_a_batch_stays(draft):
    olga, otto = cast.staff("olga"), cast.staff("otto")
    batches.approve(batch=draft, by=olga, at=LATER)
    _refused(f"UPDATE rewards_payoutbatch SET first_approved_by_id = {otto.pk}", "Who approved")
    batches.approve(batch=draft, by=otto, at=LATER)
    _refused("UPDATE rewards_payoutbatch SET approved_by_id = made_by_id", "Who approved")
    _refused("UPDATE rewards_payoutbatch SET state = 'draft'", "a draft once")


def test_a_limit_for_a_second_person_is_not_raised_past_its_change(draft):
    for table in ("rewards_payoutpolicy", "advocacy_program"):
        _refused(f"UPDATE {table} SET four_eyes_above_minor = 90000", "confirmed by another")
