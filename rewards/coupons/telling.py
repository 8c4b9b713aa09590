"""The events of coupons and pools. Their facts hold no code."""

from advocacy.outbox.record import Draft, record


def tell(event_type, coupons, *, at, reason="", order=None):
    """Record this event of each of the coupons, whose versions were raised.

    Reads ``pool``, ``reward`` and ``payout``.
    """
    if coupons:
        record([_draft(event_type, coupon, at, reason, order) for coupon in coupons], at=at)


def _draft(event_type, coupon, at, reason, order):
    pool, reward = coupon.pool, coupon.reward
    facts = {
        "coupon": str(coupon.public_id),
        "pool": str(pool.public_id),
        "kind": str(pool.kind),
        "reward": str(reward.public_id) if reward else None,
        "payout": str(coupon.payout.public_id) if coupon.payout else None,
        "amount_minor": pool.amount_minor,
        "currency": pool.currency,
        "percent_bp": pool.percent_bp,
        "used_minor": coupon.used_minor,
        "state": str(coupon.state),
        "order": str(order) if order else None,
        "reason": reason,
        "expires_at": coupon.expires_at and coupon.expires_at.isoformat(),
    }
    return Draft(
        type=event_type,
        subject=coupon,
        storefront=coupon.storefront_id,
        customer=coupon.customer_id,
        program=pool.program_id,
        advocate=reward.advocate_id if reward else None,
        facts=facts,
        occurred_at=at,
    )


def tell_of_pool(event_type, pool, *, counts, at):
    facts = {"pool": str(pool.public_id), "low_stock": pool.low_stock} | counts
    draft = Draft(
        type=event_type,
        subject=pool,
        storefront=pool.storefront_id,
        program=pool.program_id,
        facts=facts,
        occurred_at=at,
    )
    record([draft], at=at)
