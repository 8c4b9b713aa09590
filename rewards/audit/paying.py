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


def _counted(what, moment):
    """SQL: the limit that counted at a moment; of changes within minutes either side may have been first."""
    done = f"rewards_limitchange change WHERE change.{what}_id = {what}.id AND state = 'done'"
    return f"""
        SELECT GREATEST(
            COALESCE(
                (SELECT after_minor FROM {done} AND decided_at <= {moment} ORDER BY id DESC LIMIT 1),
                (SELECT before_minor FROM {done} ORDER BY id LIMIT 1),
                {what}.four_eyes_above_minor),
            (SELECT MAX(GREATEST(before_minor, after_minor)) FROM {done}
                AND decided_at BETWEEN {moment} - INTERVAL '5 minutes' AND {moment} + INTERVAL '5 minutes')
        ) AS minor
    """  # noqa: S608 - our own names


_SECONDS = f"""
    SELECT batch.id, batch.total_minor AS total, counted.minor FROM rewards_payoutbatch batch
    JOIN rewards_payoutpolicy policy ON policy.id = batch.policy_id,
        LATERAL ({_counted("policy", "batch.made_at")}) AS counted
    WHERE NOT batch.needs_second AND batch.total_minor > counted.minor ORDER BY batch.id
"""  # noqa: S608
# What it moves alone; with what its person corrected before it may need a second one even so.
_CORRECTIONS = f"""
    SELECT correction.id, moved.minor AS total, counted.minor FROM rewards_correction correction
    JOIN rewards_ruleversion version ON version.id = correction.rule_version_id
    JOIN rewards_rule rule ON rule.id = version.rule_id JOIN advocacy_program program ON program.id = rule.program_id,
        LATERAL (
            SELECT SUM(ABS(value::bigint))::bigint AS minor FROM jsonb_each_text(correction.difference -> 'moved')
            WHERE key = program.currency
        ) AS moved,
        LATERAL ({_counted("program", "correction.approved_at")}) AS counted
    WHERE correction.state IN ('running', 'done') AND NOT correction.needs_second AND moved.minor > counted.minor
    ORDER BY correction.id
"""  # noqa: S608

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
    Check(
        "corrections for two",
        _CORRECTIONS,
        "Correction {id} moves {total}, above the limit of {minor}, but needed no second person.",
    ),
)
