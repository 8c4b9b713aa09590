"""Gift cards as payouts: a code of the pool for a payout of its amount, void again when the payout is returned."""

from datetime import timedelta

from advocacy.refusals import Refused
from rewards import events as catalogue
from rewards.coupons import assigning, ending, pools, telling
from rewards.models import Coupon, CouponState


def ready(*, pool, payouts, at):
    """As many of the payouts as the pool has codes for; tells that it runs low where that is fewer."""
    if pool.generates:
        return payouts
    first = payouts[: pools.left(pool)]
    if len(first) < len(payouts):
        pools.warn(pool, at=at)
    return first


def give(*, payout, pool, at):
    """The payout's coupon, given now or before. Needs its batch locked.

    Raises ``Refused``: "pool_empty", or "wrong_pool" where a card of the pool is not worth the payout.
    """
    coupon = Coupon.objects.filter(payout=payout).exclude(state=CouponState.REVOKED).first()
    if coupon:
        return coupon
    if pool is None or (pool.amount_minor, pool.currency) != (payout.amount_minor, payout.currency):
        raise Refused("wrong_pool", "A card of the policy’s pool is not worth this payout. Tell it as failed.")
    taken = assigning.taken(pool, 1, at=at)
    if not taken:
        raise Refused("pool_empty", f"“{pool.name}” has no code left; add codes to it.")
    return _given(taken[0], payout, pool, at)


def _given(coupon, payout, pool, at):
    coupon.pool, coupon.payout, coupon.customer = pool, payout, payout.customer
    coupon.state, coupon.assigned_at, coupon.version = CouponState.ASSIGNED, at, coupon.version + 1
    coupon.expires_at = at + timedelta(days=pool.expiry_days) if pool.expiry_days else None
    coupon.save()
    telling.tell(catalogue.COUPON_ISSUED, [coupon], at=at)
    pools.warn(pool, at=at)
    return coupon


def take_back(*, payouts, at):
    """Void the cards of payouts that are returned. Refuses ("coupon_used") where one was used or has ended."""
    rows = Coupon.objects.filter(payout__in=payouts).exclude(state=CouponState.REVOKED)
    coupons = list(rows.order_by("pk").select_for_update(of=["self"]).select_related("pool", "payout"))
    spent = [coupon.payout.number for coupon in coupons if coupon.used_minor or coupon.state != CouponState.ASSIGNED]
    if spent:
        numbers = ", ".join(map(str, sorted(spent)))
        raise Refused("coupon_used", f"The gift card of number {numbers} was used or has ended: it stays paid.")
    ending.void(coupons, at=at)
