"""Every column of rewards is kept by the database, recounted by the audit, or named as free with the reason."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from rewards import audit, rates
from rewards.models import Rate, RuleVersion
from rewards.payouts import journal
from tests.rewards.guarded_columns import FREE, RECOUNTED
from tests.rewards.scene import NOW, correction_of, person
from tests.rewards.test_audit import fred  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
# Which row of a table is changed, where it is not just the first.
ROWS = {
    "coupon": "state = 'assigned'",
    "payee": "customer_id IN (SELECT customer_id FROM rewards_payout)",
    "reward": "status = 'pending'",
    "subject": "trigger = 'conversion.recorded'",
    "account": "kind = 'pending' AND customer_id IS NOT NULL",
    "counter": "used > 0 AND cap <> 'friends'",
    "rate": "used",
    "payoutpolicy": "four_eyes_above_minor > 0",
}
# What a constraint keeps, by its name: any other refusal but a trigger's would only say that the new value is no value.
CONSTRAINTS = {
    "coupon.payout": "a_coupon_is_of_a_reward_or_of_a_payout",
    "payoutbatch.needs_second": "above_the_limit_two_people_approve",
}
_A_TRIGGER = "P0001"
_NOBODYS = "(SELECT MAX(id) FROM advocacy_customer WHERE id NOT IN (SELECT customer_id FROM {} WHERE customer_id > 0))"
# What is written where a number more, a letter more or the other truth would not do.
VALUES = {
    "account.kind": "'reserved'",
    # Of somebody who has none yet: one of theirs would be refused as the second.
    "account.customer": _NOBODYS.format("rewards_account"),
    "payee.customer": _NOBODYS.format("rewards_payee"),
    "account.form": "'points'",
    "reward.form": "'cash'",
    "redemption.form": "'points'",
    "reward.status": "'spent'",
    "reward.side": "'customer'",
    "reward.waived_minor": "1",
    "coupon.state": "'expired'",
    "payout.state": "'paid'",
    "payoutbatch.state": "'settled'",
    "redemption.state": "'confirmed'",
    "redemption.reversed_minor": "1",
    "correction.state": "'running'",
    "correction.policy": "'net'",
    "limitchange.state": "'withdrawn'",
    "adjustment.kind": "'taken'",
    "payee.kind": "'business'",
    "payee.destination_kind": "'other'",
    "payoutbatch.kind": "'sepa'",
    "counter.period": "'2020'",
    "reward.version": "0",
    "rewardday.of": "CASE one.of WHEN 'due' THEN 'occurred' ELSE 'due' END",
}


def columns():
    """``(table, column)`` of all that are not of an append-only table: there every one is kept."""
    for model in apps.get_app_config("rewards").get_models():
        kept = any(trigger.name.endswith("_are_append_only") for trigger in getattr(model._meta, "triggers", ()))
        if not model._meta.proxy and not kept:
            name = model._meta.model_name
            yield from ((name, column) for column in model._meta.concrete_fields if not column.primary_key)


def other(table, column):
    """SQL: anything else that the column can hold."""
    said = VALUES.get(f"{table}.{column.name}") or VALUES.get(column.name)
    if said:
        return said
    mine, kind = column.column, column.get_internal_type()
    if isinstance(column, models.ForeignKey):
        theirs = column.related_model._meta.db_table
        return f"COALESCE((SELECT MIN(id) FROM {theirs} WHERE id IS DISTINCT FROM one.{mine}), 0)"
    if "Integer" in kind or "Minor" in kind:
        return f"COALESCE({mine}, 0) + 1"
    if "Date" in kind:
        return f"COALESCE({mine}, '2026-01-01') + INTERVAL '1 day'"
    return {
        "BooleanField": f"NOT {mine}",
        "JSONField": """'{"moved": {}}'""",
        "BinaryField": "'\\x00'",
        "UUIDField": "gen_random_uuid()",
        "DecimalField": f"{mine} * 2",
    }.get(kind, f"CASE {mine} WHEN 'XX' THEN 'YY' ELSE 'XX' END")


@pytest.fixture
def everything(fred):  # noqa: F811 - the fixture
    """A row of each table whose columns are guarded one by one."""
    rates.put(storefront=fred.storefront, rates=[rates.Said("rates[0]", NOW.date(), "USD", "EUR", 1, "ecb")], at=NOW)
    Rate.objects.update(used=True)
    correction_of(RuleVersion.objects.first())
    person(fred.storefront, "mallory")
    journal.close(at=NOW + timedelta(days=70))
    return fred


def test_every_column_is_guarded_or_free_for_a_reason(everything):
    unguarded = [f"{table}.{column.name}" for table, column in columns() if not _guarded(table, column)]
    assert unguarded == []


def test_each_line_names_a_column_once():
    known = {(table, column.name) for table, column in columns()}
    recounted = [(table, name) for table, by in RECOUNTED.items() for names in by.values() for name in names.split()]
    said = recounted + [(table, name) for table, names in FREE.items() for name in names]
    assert len(said) == len(set(said))
    assert set(said) <= known


def _guarded(table, column):
    if column.name in FREE.get(table, ()):
        return True
    check = next((check for check, names in RECOUNTED.get(table, {}).items() if column.name in names.split()), None)
    with transaction.atomic():
        guarded = _refused(table, column) or (check is not None and bool(list(audit.parts()[check]())))
        transaction.set_rollback(True)
    return guarded


def _refused(table, column):
    """Whether the database refuses it; it asks for foreign keys only later."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE rewards_{table} one SET "{column.column}" = {other(table, column)} '
                f"WHERE id = (SELECT MIN(id) FROM rewards_{table} WHERE {ROWS.get(table, 'TRUE')})"
            )
            assert cursor.rowcount == 1, f"{table} has no row to try it on"
    except DatabaseError as error:
        told, kept_by = error.__cause__.diag, CONSTRAINTS.get(f"{table}.{column.name}")
        assert told.sqlstate == _A_TRIGGER or told.constraint_name == kept_by is not None, (
            f"{table}.{column.name}: {error}"
        )
        return True
    return False
