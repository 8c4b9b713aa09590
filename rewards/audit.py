"""Recount the ledger, the rewards and the caps from what was written down; any difference is a bug."""

from django.db import connection

_BALANCES = """
    SELECT account.id, account.balance_minor, COALESCE(moved.total, 0)
    FROM rewards_account account
    LEFT JOIN (
        SELECT account_id, SUM(amount) AS total FROM (
            SELECT source_id AS account_id, -amount_minor AS amount FROM rewards_transfer
            UNION ALL
            SELECT target_id, amount_minor FROM rewards_transfer
        ) AS legs GROUP BY account_id
    ) AS moved ON moved.account_id = account.id
    WHERE account.balance_minor IS NOT NULL AND account.balance_minor <> COALESCE(moved.total, 0)
    ORDER BY account.id
"""
_REWARDS = """
    SELECT reward.id, reward.pending_minor, reward.available_minor,
           COALESCE(moved.pending, 0), COALESCE(moved.available, 0)
    FROM rewards_reward reward
    LEFT JOIN (
        SELECT reward_id,
               SUM(CASE leg WHEN 'grant' THEN amount_minor
                   WHEN 'release' THEN -amount_minor WHEN 'take_pending' THEN -amount_minor ELSE 0 END) AS pending,
               SUM(CASE WHEN leg IN ('release', 'give_back', 'unspend', 'unpay', 'unexpire') THEN amount_minor
                   WHEN leg IN ('take_available', 'reserve', 'use', 'expire') THEN -amount_minor ELSE 0 END)
                   AS available
        FROM rewards_transfer GROUP BY reward_id
    ) AS moved ON moved.reward_id = reward.id
    WHERE reward.pending_minor <> COALESCE(moved.pending, 0)
       OR reward.available_minor <> COALESCE(moved.available, 0)
       OR reward.pending_minor + reward.available_minor > reward.granted_minor
    ORDER BY reward.id
"""
_COUNTERS = """
    WITH newest AS (
        SELECT DISTINCT ON (subject_id) subject_id, verdicts FROM rewards_decision
        ORDER BY subject_id, number DESC
    ), counted AS (
        SELECT (verdict ->> 'rule')::bigint AS rule_id, use ->> 0 AS cap, use ->> 1 AS key, use ->> 2 AS period,
               SUM((use ->> 3)::bigint) AS used
        FROM newest, jsonb_array_elements(verdicts) AS verdict, jsonb_array_elements(verdict -> 'uses') AS use
        GROUP BY 1, 2, 3, 4
    )
    SELECT counter.id, counter.used, COALESCE(counted.used, 0)
    FROM rewards_counter counter
    LEFT JOIN counted ON counted.rule_id = counter.rule_id AND counted.key = counter.key::text
        AND counted.cap = counter.cap AND counted.period = counter.period
    WHERE counter.used <> COALESCE(counted.used, 0)
    ORDER BY counter.id
"""
_STRAYS = """
    SELECT transfer.id FROM rewards_transfer transfer
    JOIN rewards_account source ON source.id = transfer.source_id
    JOIN rewards_account target ON target.id = transfer.target_id
    WHERE source.storefront_id <> target.storefront_id OR source.unit <> target.unit OR source.unit <> transfer.unit
       OR transfer.storefront_id <> source.storefront_id
    ORDER BY transfer.id
"""


def differences():
    """Sentences, one per difference; none where everything agrees."""
    for pk, stored, counted in _rows(_BALANCES):
        yield f"Account {pk} says {stored}; its transfers add up to {counted}."
    for pk, pending, available, moved_pending, moved_available in _rows(_REWARDS):
        yield (
            f"Reward {pk} says {pending} pending and {available} available; "
            f"its transfers say {moved_pending} and {moved_available}, within its grant."
        )
    for pk, stored, counted in _rows(_COUNTERS):
        yield f"Counter {pk} says {stored} used; the newest decisions say {counted}."
    for (pk,) in _rows(_STRAYS):
        yield f"Transfer {pk} moves between accounts of different storefronts or units."


def _rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        yield from cursor.fetchall()
