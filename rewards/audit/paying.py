"""Batches of payouts against their payouts, and who must approve them against what was asked for and confirmed."""

from advocacy.checking import Check

# What was dropped when a batch was approved, because refunds had taken it back, is no part of it any more.
_BATCHES = """
    SELECT batch.id, batch.total_minor AS total, batch.payouts_count AS paid, batch.waiting_count AS waiting,
        COALESCE(made.total, 0) AS of_total, COALESCE(made.paid, 0) AS of_paid, COALESCE(made.waiting, 0) AS of_waiting
    FROM rewards_payoutbatch batch
    LEFT JOIN (
        SELECT payout.batch_id, SUM(amount_minor) FILTER (WHERE payout.state <> 'waiting') AS total,
            COUNT(*) FILTER (WHERE payout.state <> 'waiting') AS paid,
            COUNT(*) FILTER (WHERE payout.state = 'waiting') AS waiting
        FROM rewards_payout payout JOIN rewards_payoutbatch of ON of.id = payout.batch_id
        WHERE payout.state <> 'cancelled' OR payout.sent_at IS NOT NULL
            OR of.state = 'cancelled' AND payout.ended_at >= of.ended_at
        GROUP BY payout.batch_id
    ) AS made ON made.batch_id = batch.id
    WHERE (batch.total_minor, batch.payouts_count, batch.waiting_count)
        <> (COALESCE(made.total, 0), COALESCE(made.paid, 0), COALESCE(made.waiting, 0))
    ORDER BY batch.id
"""
_STATES = """
    SELECT batch.id, batch.state, COUNT(*) AS number FROM rewards_payoutbatch batch
    JOIN rewards_payout payout ON payout.batch_id = batch.id AND payout.state <> 'waiting'
    WHERE payout.currency <> batch.currency OR payout.storefront_id <> batch.storefront_id
       OR batch.state = 'cancelled' AND payout.state <> 'cancelled'
       OR batch.state = 'settled' AND payout.state IN ('frozen', 'sent')
       OR batch.state IN ('draft', 'approved') AND payout.state NOT IN ('frozen', 'cancelled')
    GROUP BY batch.id, batch.state ORDER BY batch.id
"""
# A new change withdraws the one that waits, so the newest that was done is the last.
_LIMITS = " UNION ALL ".join(
    f"""
        SELECT '{what}' AS what, limited.id, limited.four_eyes_above_minor AS stored, said.minor AS told
        FROM {table} limited, LATERAL (
            SELECT COALESCE(
                (SELECT after_minor FROM rewards_limitchange WHERE {what}_id = limited.id AND state = 'done'
                    ORDER BY id DESC LIMIT 1),
                (SELECT before_minor FROM rewards_limitchange WHERE {what}_id = limited.id ORDER BY id LIMIT 1)
            ) AS minor
        ) AS said WHERE limited.four_eyes_above_minor <> said.minor
    """  # noqa: S608 - our own names
    for what, table in {"program": "advocacy_program", "policy": "rewards_payoutpolicy"}.items()
)
# The limit that counted when it was made; of changes within minutes either side may have been first.
_SECONDS = """
    SELECT batch.id, batch.total_minor AS total, counted.minor FROM rewards_payoutbatch batch
    JOIN rewards_payoutpolicy policy ON policy.id = batch.policy_id, LATERAL (
        SELECT GREATEST(
            COALESCE(
                (SELECT after_minor FROM rewards_limitchange change WHERE change.policy_id = policy.id
                    AND state = 'done' AND decided_at <= batch.made_at ORDER BY id DESC LIMIT 1),
                (SELECT before_minor FROM rewards_limitchange change WHERE change.policy_id = policy.id
                    AND state = 'done' ORDER BY id LIMIT 1),
                policy.four_eyes_above_minor),
            (SELECT MAX(GREATEST(before_minor, after_minor)) FROM rewards_limitchange change
                WHERE change.policy_id = policy.id AND state = 'done'
                AND decided_at BETWEEN batch.made_at - INTERVAL '5 minutes' AND batch.made_at + INTERVAL '5 minutes')
        ) AS minor
    ) AS counted
    WHERE NOT batch.needs_second AND batch.total_minor > counted.minor ORDER BY batch.id
"""

CHECKS = (
    Check(
        "batches' totals",
        _BATCHES,
        "Batch {id} says {total} to {paid} people, {waiting} waiting; its payouts say {of_total} to {of_paid}, "
        "{of_waiting} waiting.",
    ),
    Check("batches' states", _STATES, "Batch {id} is {state}, and {number} of its payouts cannot be in it."),
    Check(
        "limits for a second person",
        _LIMITS,
        "The limit for a second person of {what} {id} is {stored}; the last change of it says {told}.",
    ),
    Check(
        "batches for two", _SECONDS, "Batch {id} of {total} is above the limit of {minor}, but needs no second person."
    ),
)
