"""What payouts, redemptions, adjustments, exchanges and codes say, against the transfers that name them."""

from advocacy.checking import Check, listed
from rewards.models.coupon import THEIRS
from rewards.rules.terms import COUPON, GIFT_CARD

# Which column must have been moved by each leg, in each state.
_PAYOUTS = {
    "frozen": {"reserve": "amount_minor"},
    "sent": {"reserve": "amount_minor"},
    "paid": {"reserve": "amount_minor", "pay": "amount_minor"},
    "failed": {"reserve": "amount_minor", "give_back": "amount_minor"},
    "cancelled": {"reserve": "amount_minor", "give_back": "amount_minor"},
    "returned": {"reserve": "amount_minor", "pay": "amount_minor", "unpay": "amount_minor"},
}
_SPENT = {"reserve": "amount_minor", "spend": "amount_minor", "unspend": "reversed_minor"}
_REDEMPTIONS = {
    "reserved": {"reserve": "amount_minor"},
    "confirmed": _SPENT,
    "reversed": _SPENT,
    "returned": {"reserve": "amount_minor", "give_back": "amount_minor"},
    "expired": {"reserve": "amount_minor", "give_back": "amount_minor"},
}


def _by_state(kind, table, unit, states):
    for state, legs in states.items():
        for leg, column in legs.items():
            yield f"""
                SELECT public_id AS reference, '{leg}' AS leg, customer_id, {unit} AS unit, {column} AS amount,
                    '{kind}' AS kind
                FROM {table} WHERE state = '{state}'
            """  # noqa: S608 - our own names


_TAKEN = """
    SELECT taken.public_id, leg, taken.customer_id, taken.unit, taken.amount_minor, 'adjustment'
    FROM rewards_adjustment taken
    LEFT JOIN rewards_adjustment undoing ON undoing.undoes_id = taken.id,
        (VALUES ('use'), ('unspend')) AS moved (leg)
    WHERE taken.kind = 'taken' AND taken.undoes_id IS NULL AND (moved.leg = 'use' OR undoing.id IS NOT NULL)
"""
_EXCHANGED = "SELECT public_id, 'use', customer_id, 'PTS', points, 'exchange' FROM rewards_exchange"
_CODES_USED = """
    SELECT coupon.public_id, 'use', reward.recipient_id, reward.unit, coupon.used_minor, 'code'
    FROM rewards_coupon coupon JOIN rewards_reward reward ON reward.id = coupon.reward_id WHERE used_minor > 0
"""
_SAID = " UNION ALL ".join(
    [
        *_by_state("payout", "rewards_payout", "currency", _PAYOUTS),
        *_by_state("redemption", "rewards_redemption", "unit", _REDEMPTIONS),
        _TAKEN,
        _EXCHANGED,
        _CODES_USED,
    ]
)
_REFERENCES = f"""
    WITH said AS ({_SAID}), moved AS (
        SELECT reference, leg::text AS leg, COALESCE(owner.merged_into_id, owner.public_id) AS person,
            transfer.unit::text AS unit, SUM(amount_minor)::bigint AS amount
        FROM rewards_transfer transfer JOIN rewards_reward reward ON reward.id = transfer.reward_id
        JOIN advocacy_customer owner ON owner.id = reward.recipient_id
        WHERE reference IS NOT NULL GROUP BY 1, 2, 3, 4
    )
    SELECT reference, leg, COALESCE(said.kind, 'nothing that we know') AS kind,
        COALESCE(moved.amount, 0) AS moved, COALESCE(said.amount, 0) AS said
    FROM (
        SELECT reference, leg, COALESCE(owner.merged_into_id, owner.public_id) AS person, unit::text AS unit, amount,
            kind
        FROM said JOIN advocacy_customer owner ON owner.id = said.customer_id
    ) AS said
    FULL JOIN moved USING (reference, leg, person, unit)
    WHERE COALESCE(said.amount, 0) <> COALESCE(moved.amount, 0)
    ORDER BY 1, 2
"""  # noqa: S608
_GIVEN = """
    SELECT given.kind, given.public_id AS reference, given.amount AS said, COALESCE(reward.granted_minor, 0) AS granted
    FROM (
        SELECT 'adjustment' AS kind, public_id, customer_id, unit, amount_minor AS amount, reward_id
        FROM rewards_adjustment WHERE kind = 'given' AND undoes_id IS NULL
        UNION ALL
        SELECT 'exchange', public_id, customer_id, currency, amount_minor, reward_id FROM rewards_exchange
    ) AS given
    LEFT JOIN rewards_reward reward ON reward.id = given.reward_id
    LEFT JOIN rewards_subject subject ON subject.id = reward.subject_id
    WHERE (given.public_id, given.customer_id, given.unit, given.amount)
        IS DISTINCT FROM (subject.public_id, reward.recipient_id, reward.unit, reward.granted_minor)
    ORDER BY 2
"""
_CODES = f"""
    SELECT reward.id AS reward, COALESCE(coupon.state, 'nowhere') AS state, reward.available_minor AS available
    FROM rewards_reward reward
    LEFT JOIN rewards_coupon coupon ON coupon.reward_id = reward.id AND coupon.state IN ({listed(THEIRS)})
    WHERE reward.form IN ('{COUPON}', '{GIFT_CARD}')
      AND (reward.available_minor > 0 AND NOT reward.waits_for_code AND coupon.id IS NULL
        OR coupon.customer_id <> reward.recipient_id
        OR coupon.state = 'assigned' AND reward.status = 'reversed')
    ORDER BY reward.id
"""  # noqa: S608
# What calls told of a card is no row of a use, so there may be less.
_USES = """
    SELECT coupon.id, coupon.used_minor AS stored, SUM(used.amount_minor) AS counted FROM rewards_couponuse used
    JOIN rewards_coupon coupon ON coupon.id = used.coupon_id
    GROUP BY coupon.id HAVING SUM(used.amount_minor) > coupon.used_minor ORDER BY coupon.id
"""

_IN_SHOPS = """
    SELECT credit.id, credit.given_minor AS stored, COALESCE(moved.amount, 0) + COALESCE(followed.amount, 0) AS counted
    FROM rewards_shopcredit credit
    LEFT JOIN (SELECT credit_id, SUM(amount_minor) AS amount FROM rewards_shopcreditmove WHERE done_at IS NOT NULL
        GROUP BY 1) AS moved ON moved.credit_id = credit.id
    LEFT JOIN (SELECT credit_id, SUM(followed_minor) AS amount FROM rewards_shopcreditentry GROUP BY 1) AS followed
        ON followed.credit_id = credit.id
    WHERE credit.given_minor <> COALESCE(moved.amount, 0) + COALESCE(followed.amount, 0)
    ORDER BY credit.id
"""

CHECKS = (
    Check("credit in shops", _IN_SHOPS, "A shop has {stored} of ours by account {id}; its entries say {counted}."),
    Check("what was spent", _REFERENCES, "Transfers of {reference} ({kind}) move {moved} by {leg}; it says {said}."),
    Check("what was given", _GIVEN, "The {kind} {reference} gives {said}; its reward grants {granted}."),
    Check("codes", _CODES, "The code of reward {reward}, which has {available} available, is {state}, or another's."),
    Check("uses of codes", _USES, "Code {id} says {stored} of it used; orders used {counted}."),
)
