"""What keeps history is neither changed nor emptied, whoever asks the database."""

import pytest
from django.db import DatabaseError, connection, transaction

from rewards.models import PayeeChange
from tests.rewards.payouts_stage import payee_of
from tests.rewards.scene import acme, person

pytestmark = pytest.mark.django_db

APPEND_ONLY = [
    "advocacy_attempt",
    "advocacy_event",
    "rewards_adjustment",
    "rewards_decision",
    "rewards_exchange",
    "rewards_payeechange",
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
