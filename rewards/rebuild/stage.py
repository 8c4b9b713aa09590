"""Temporary tables in front of the real ones: what the machine derived is empty, what was entered is seen as it is.

A statement that names a table without its schema finds the temporary one first, so the verbs work on these and know
nothing of it. Then the transaction is made read only: PostgreSQL itself refuses a write to any table that is not
temporary.
"""

from contextlib import contextmanager

from django.db import connection, transaction

from advocacy.models import Advocate, AdvocateStatus, Event, Pending, Program
from rewards.models import Account, Counter, Decision, Rate, Reward, Rule, RuleVersion, Subject, Transfer

_DERIVED = (Subject, Decision, Reward, Account, Transfer, Counter, Pending)
# Settling notes something on these: a budget that was told of, a rate that was used, how advocates and programs stood.
_WRITTEN = (Rule, Advocate, Program)
# What was entered in the course of time is not to be seen before.
_ENTERED = {
    RuleVersion: """
        created_at <= %s AND rule_id IN (
            SELECT rule.id FROM rewards_rule rule JOIN advocacy_program program ON program.id = rule.program_id
            WHERE program.storefront_id = %s
        )
    """,
    Rate: "recorded_at <= %s AND storefront_id = %s",
}
_EVENTS = """
    INSERT INTO advocacy_event SELECT event.* FROM {live}.advocacy_event event
    WHERE event.subject_id IN (SELECT public_id FROM {live}.rewards_subject)
"""
_BY_HAND = """
    INSERT INTO rewards_subject SELECT * FROM {live}.rewards_subject subject
    WHERE subject.id IN (SELECT subject_id FROM {live}.rewards_reward WHERE rule_id IS NULL);
    INSERT INTO rewards_reward SELECT * FROM {live}.rewards_reward WHERE rule_id IS NULL;
    UPDATE rewards_reward SET pending_minor = 0, available_minor = 0, reserved_minor = 0, spent_minor = 0,
        paid_minor = 0, expired_minor = 0, status = 'reversed', version = 0, credited_at = NULL
"""
# Every move that was made, by the reward's key; ``move`` counts the reward's moves, which its version does not: it also
# counts what was only told of it.
_MOVES = """
    CREATE TEMPORARY TABLE rebuild_move ON COMMIT DROP AS
    SELECT transfer.id, subject.storefront_id, subject.program_id, subject.trigger::text AS trigger,
        subject.public_id AS subject, reward.rule_id, reward.side::text AS side, reward.id AS reward,
        reward.advocate_id,
        DENSE_RANK() OVER (PARTITION BY reward.id ORDER BY transfer.reward_version) AS move,
        transfer.leg::text AS leg, transfer.amount_minor AS amount, transfer.reference, transfer.at,
        -- The last decision until then: it may have credited it, or said when it is due. By the clock where nobody
        -- noted it.
        COALESCE(transfer.decided, CASE WHEN transfer.leg = 'release' THEN (
            SELECT MAX(number) FROM {live}.rewards_decision decision
            WHERE decision.subject_id = subject.id AND decision.decided_at <= transfer.at
        ) END) AS decided
    FROM {live}.rewards_transfer transfer
    JOIN {live}.rewards_reward reward ON reward.id = transfer.reward_id
    JOIN {live}.rewards_subject subject ON subject.id = reward.subject_id;
    CREATE INDEX ON rebuild_move (storefront_id, id);
    CREATE INDEX ON rebuild_move (subject, move);
    ANALYZE rebuild_move
"""


@contextmanager
def tables():
    """Yield the name of the schema of the real tables; everything is undone at the end."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT current_schema()")
            live = connection.ops.quote_name(cursor.fetchone()[0])
            _make(cursor, live)
            cursor.execute("SET TRANSACTION READ ONLY")
        try:
            yield live
        finally:
            transaction.set_rollback(True)


def _make(cursor, live):
    for model in (*_DERIVED, *_WRITTEN, *_ENTERED, Event):
        table = model._meta.db_table
        cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {live}.{table} INCLUDING ALL) ON COMMIT DROP")
    for model in _WRITTEN:
        table = model._meta.db_table
        cursor.execute(f"INSERT INTO {table} SELECT * FROM {live}.{table}")  # noqa: S608 - our own names
    cursor.execute(_EVENTS.format(live=live))
    cursor.execute(_BY_HAND.format(live=live))
    _number_on(cursor, live)
    cursor.execute(_MOVES.format(live=live))


def _number_on(cursor, live):
    """Where rows were copied, new ones get numbers of their own."""
    for model in (Event, Subject, Reward):
        table = model._meta.db_table
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), COALESCE(MAX(id), 1)) FROM {live}.{table}"  # noqa: S608
        )


def enter(live, *, storefront, moment):
    """Let the storefront's rule versions and rates be seen that were entered until then."""
    with connection.cursor() as cursor:
        for model, condition in _ENTERED.items():
            table = model._meta.db_table
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM {live}.{table} WHERE {condition} "  # noqa: S608
                f"AND id NOT IN (SELECT id FROM {table})",
                [moment, storefront],
            )


def stand(*, banned, programs):
    """Let advocates and programs (``{id: status}``) be seen as they stood when something was decided."""
    Advocate.objects.filter(pk__in=banned).update(status=AdvocateStatus.BANNED)
    for pk, status in programs.items():
        Program.objects.filter(pk=pk).update(status=status, starts_at=None, ends_at=None)
