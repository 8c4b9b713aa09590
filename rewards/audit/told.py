"""What rows say now, against the newest event that told of each: the log is append-only, the rows are not."""

from advocacy.checking import Check, listed
from rewards import lots
from rewards.models import Leg, PoolSource
from rewards.rules.terms import COUPON, GIFT_CARD

_NEWEST = """
    LEFT JOIN advocacy_event event ON event.subject_kind = '{kind}' AND event.subject_id = {kind}.public_id
        AND event.version = {kind}.version
"""
# A card that was used in part is assigned still: of that the event's type does not tell. A code that was put back into
# stock is told of by no event, but what was told last is that it was revoked.
_COUPONS = f"""
    WITH said AS (
        SELECT coupon.id, coupon.state::text AS stored, coupon.used_minor, event.facts, event.customer_id AS whose,
            coupon.customer_id, coupon.expires_at, reward.public_id::text AS reward, payout.public_id::text AS payout,
            CASE
                WHEN event.type = 'coupon.issued' THEN CASE WHEN coupon.visit IS NULL THEN 'assigned' ELSE 'handed' END
                WHEN event.type = 'coupon.revoked' THEN 'revoked'
                WHEN event.type = 'coupon.expired' THEN 'expired'
                WHEN event.type = 'coupon.used' AND event.facts ? 'state' THEN event.facts ->> 'state'
                WHEN event.type = 'coupon.used' AND coupon.state = 'assigned' AND pool.kind = '{GIFT_CARD}'
                    THEN 'assigned'
                WHEN event.type = 'coupon.used' THEN 'used'
                WHEN coupon.version = 0 OR EXISTS (
                    SELECT FROM advocacy_event before
                    WHERE before.subject_kind = 'coupon' AND before.subject_id = coupon.public_id
                        AND before.version = coupon.version - 1
                        AND before.type IN ('coupon.revoked', 'coupon.expired')
                ) THEN CASE WHEN (coupon.state, pool.source) = ('making', '{PoolSource.IN_SHOP}') THEN 'making'
                    ELSE 'free' END
                ELSE 'nothing'
            END AS said
        FROM rewards_coupon coupon
        JOIN rewards_couponpool pool ON pool.id = coupon.pool_id
        LEFT JOIN rewards_reward reward ON reward.id = coupon.reward_id
        LEFT JOIN rewards_payout payout ON payout.id = coupon.payout_id
        {_NEWEST.format(kind="coupon")}
    )
    SELECT id, stored, used_minor, said, COALESCE(facts ->> 'used_minor', '0') AS told FROM said
    WHERE stored <> said
       OR facts IS NOT NULL AND (
            (used_minor::text, customer_id, reward, payout)
                IS DISTINCT FROM (facts ->> 'used_minor', whose, facts ->> 'reward', facts ->> 'payout')
            -- That of a reward's code follows the reward.
            OR payout IS NOT NULL AND expires_at IS DISTINCT FROM (facts ->> 'expires_at')::timestamptz)
    ORDER BY id
"""  # noqa: S608 - our own names
# What comes back to its owner is kept alive by its transfer, and no event tells of that.
_EXPIRY = f"""
    SELECT reward.id, COALESCE(reward.expires_at::text, 'never') AS stored, COALESCE(said.at::text, 'never') AS told
    FROM rewards_reward reward
    LEFT JOIN rewards_ruleversion version ON version.id = reward.rule_version_id
    LEFT JOIN LATERAL (
        SELECT (event.facts ->> 'expires_at')::timestamptz AS at FROM advocacy_event event
        WHERE event.subject_kind = 'reward' AND event.subject_id = reward.public_id
            AND event.version <= reward.version
        ORDER BY event.version DESC LIMIT 1
    ) AS said ON TRUE
    WHERE (reward.expires_at IS NOT NULL OR version.expires_days IS NOT NULL OR reward.rule_id IS NULL
            OR reward.form IN ({listed((COUPON, GIFT_CARD))})
            OR reward.id IN (SELECT reward_id FROM rewards_adjustment WHERE kind = 'prolonged'))
      AND reward.expires_at IS DISTINCT FROM said.at
      AND NOT EXISTS (
          SELECT FROM rewards_transfer transfer
          WHERE transfer.reward_id = reward.id AND transfer.leg IN ({listed((Leg.GIVE_BACK, Leg.UNSPEND, Leg.UNPAY))})
              AND transfer.at + INTERVAL '{int(lots.GRACE.total_seconds())} seconds' = reward.expires_at)
    ORDER BY reward.id
"""  # noqa: S608
_PAYOUTS = f"""
    SELECT payout.id, payout.state AS stored, payout.amount_minor AS amount,
        COALESCE(event.facts ->> 'state', 'nothing') AS said, COALESCE(event.facts ->> 'amount_minor', '0') AS told
    FROM rewards_payout payout
    JOIN rewards_payoutbatch batch ON batch.id = payout.batch_id
    {_NEWEST.format(kind="payout")}
    WHERE CASE WHEN payout.state = 'waiting' THEN payout.version <> 0 ELSE
        (payout.state, payout.amount_minor::text, payout.currency, payout.number::text, batch.public_id::text,
            payout.customer_id, payout.storefront_id)
        IS DISTINCT FROM
        (event.facts ->> 'state', event.facts ->> 'amount_minor', event.facts ->> 'currency',
            event.facts ->> 'number', event.facts ->> 'payout_batch', event.customer_id, event.storefront_id)
    END
    ORDER BY payout.id
"""  # noqa: S608
_REDEMPTIONS = f"""
    SELECT redemption.id, redemption.state AS stored, redemption.amount_minor AS amount,
        redemption.order_external_id AS named, COALESCE(event.facts ->> 'order', '') AS told
    FROM rewards_redemption redemption
    {_NEWEST.format(kind="redemption")}
    WHERE (redemption.state, redemption.amount_minor::text, redemption.reversed_minor::text, redemption.unit,
            redemption.order_external_id, redemption.customer_id, redemption.storefront_id)
        IS DISTINCT FROM
        (event.facts ->> 'state', event.facts ->> 'amount_minor', event.facts ->> 'reversed_minor',
            event.facts ->> 'unit', event.facts ->> 'order', event.customer_id, event.storefront_id)
    ORDER BY redemption.id
"""  # noqa: S608

CHECKS = (
    Check(
        "codes' states",
        _COUPONS,
        "Code {id} is {stored}, {used_minor} of it used; the newest event says {said} and {told}, or names others.",
    ),
    Check("rewards' expiry", _EXPIRY, "Reward {id} expires {stored}; the newest event says {told}."),
    Check(
        "payouts' states",
        _PAYOUTS,
        "Payout {id} is {stored} with {amount}; the newest event says {said} and {told}, or names others.",
    ),
    Check(
        "redemptions",
        _REDEMPTIONS,
        "Redemption {id} is {stored} with {amount} for order “{named}”; the newest event says otherwise, or “{told}”.",
    ),
)
