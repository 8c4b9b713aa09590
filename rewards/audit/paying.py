"""Batches of payouts against their payouts, and whom they pay against what was noted of every destination."""

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
_PAYEES = """
    SELECT payee.id, payee.customer_id AS customer FROM rewards_payee payee
    JOIN advocacy_customer customer ON customer.id = payee.customer_id
    LEFT JOIN LATERAL (
        SELECT change.* FROM rewards_payeechange change WHERE change.payee_id = payee.id ORDER BY change.id DESC LIMIT 1
    ) AS newest ON TRUE
    WHERE payee.storefront_id <> customer.storefront_id
       OR (payee.destination_kind <> '') <> (newest.id IS NOT NULL)
       OR newest.customer_id <> payee.customer_id
       OR newest.after <> '•••• ' || payee.destination_end
       OR payee.destination_changed_at IS DISTINCT FROM CASE WHEN newest.before <> '' THEN newest.at END
    ORDER BY payee.id
"""
# A change counts for the batches that are made after it; within minutes either may have been first.
_DESTINATIONS = """
    SELECT payout.id, payout.destination_end AS ending FROM rewards_payout payout
    WHERE payout.destination IS NOT NULL AND NOT EXISTS (
        SELECT FROM rewards_payeechange change
        WHERE change.customer_id = payout.customer_id AND change.after = '•••• ' || payout.destination_end
            AND change.at <= payout.made_at
            AND NOT EXISTS (
                SELECT FROM rewards_payeechange later
                WHERE later.payee_id = change.payee_id AND later.id > change.id
                    AND later.at <= payout.made_at - INTERVAL '5 minutes')
    )
    ORDER BY payout.id
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
        "payees",
        _PAYEES,
        "Payee {id} of customer {customer} is not what its last change says, or of another customer or storefront.",
    ),
    Check(
        "payouts' destinations",
        _DESTINATIONS,
        "Payout {id} goes to an account that ends in {ending}, which its customer had not given when it was made.",
    ),
)
