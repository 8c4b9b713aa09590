"""What payouts say of themselves, against the transfers that name them."""

from rewards.audit.checking import Check

# What must have been moved by each leg in each state: all of the amount.
_PAYOUTS = {
    "frozen": ("reserve",),
    "sent": ("reserve",),
    "paid": ("reserve", "pay"),
    "failed": ("reserve", "give_back"),
    "cancelled": ("reserve", "give_back"),
    "returned": ("reserve", "pay", "unpay"),
}


def _values(states):
    return ", ".join(f"('{state}', '{leg}')" for state, legs in states.items() for leg in legs)


_SAID = f"""
    SELECT public_id AS reference, leg, customer_id, currency AS unit, amount_minor AS amount, 'payout' AS kind
    FROM rewards_payout JOIN (VALUES {_values(_PAYOUTS)}) AS must (state, leg) USING (state)
"""  # noqa: S608 - our own names
_REFERENCES = f"""
    WITH said AS ({_SAID}), moved AS (
        SELECT reference, leg::text AS leg, reward.recipient_id AS customer_id, transfer.unit,
            SUM(amount_minor)::bigint AS amount
        FROM rewards_transfer transfer JOIN rewards_reward reward ON reward.id = transfer.reward_id
        WHERE reference IS NOT NULL GROUP BY 1, 2, 3, 4
    )
    SELECT reference, leg, COALESCE(said.kind, 'nothing that we know') AS kind,
        COALESCE(moved.amount, 0) AS moved, COALESCE(said.amount, 0) AS said
    FROM said FULL JOIN moved USING (reference, leg, customer_id, unit)
    WHERE COALESCE(said.amount, 0) <> COALESCE(moved.amount, 0)
    ORDER BY 1, 2
"""  # noqa: S608

CHECKS = (
    Check("what was spent", _REFERENCES, "Transfers of {reference} ({kind}) move {moved} by {leg}; it says {said}."),
)
