"""Have shops make the codes that rewards wait for, and end there what has ended here.

A reward waits for its code like for one of an empty pool. ``order`` writes as many codes as are missing, which nobody
has yet; an errand makes each in its shop, which is looked at first, and then it is given to who waits longest.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from advocacy.models import Errand, ErrandKind, ErrandState
from advocacy.platforms import discounts
from rewards import locks
from rewards.coupons import codes, friends, in_shop, pools, serving
from rewards.models import Coupon, CouponPool, CouponState, PoolSource

_ENDED = (CouponState.REVOKED, CouponState.EXPIRED)
_SAID = {
    discounts.MADE: "The shop takes the code.",
    discounts.THERE: "The shop takes the code: it had it already.",
    discounts.ENDED: "The shop takes the code no more.",
    discounts.USED: "The code was used in the shop before it could be ended: it stays as it is.",
    discounts.NONE: "The shop has no such code.",
}
TEST_MODE = "test_mode: no shop was called."


def order(*, at, limit=500, storefront=None):
    """Ask shops for the codes that are missing; returns how many. Each pool is a transaction of its own."""
    made_there = CouponPool.objects.filter(source=PoolSource.IN_SHOP)
    wanted = {pool.pk: pool for pool in pools.waited_for(locks.of_only(storefront, made_there))}
    wanted |= {pool.pk: pool for pool in locks.of_only(storefront, friends.waiting_pools())}
    return sum(_order(pool, at, limit) for pool in wanted.values())


def _order(pool, at, limit):
    with transaction.atomic():
        # Two that count at once would both find the same ones missing.
        CouponPool.objects.select_for_update(no_key=True).get(pk=pool.pk)
        coming = _coming(pool).count()
        needed = serving.due(pool, at)[: limit + coming].count() + friends.wanted_in_stock(pool)
        missing = min(needed - coming, limit)
        made = [codes.row(pool, codes.made(pool), at=at) for _ in range(max(missing, 0))]
        for coupon in made:
            coupon.state = CouponState.MAKING
        Coupon.objects.bulk_create(made)
        in_shop.follow(made, at=at)
    return len(made)


def _coming(pool):
    """Codes in stock, and those that the shop is still asked for: what was given up may never come."""
    mine = Errand.objects.filter(connection=pool.connection_id, kind=ErrandKind.COUPON, subject=OuterRef("public_id"))
    given_up = Exists(mine.filter(state=ErrandState.FAILED))
    rows = Coupon.objects.filter(pool=pool, state__in=(CouponState.MAKING, CouponState.FREE))
    return rows.exclude(Q(state=CouponState.MAKING) & given_up)


def do(*, errand, caller, at):
    """The errand of a coupon: its shop takes it as long as it is good, and no longer. A sentence of what was done."""
    rows = Coupon.objects.select_related("pool__program", "pool__connection", "reward")
    coupon = rows.get(public_id=errand.subject)
    if coupon.state == CouponState.USED:
        return "The code was used."
    if caller is None:
        _taken(coupon, "", at)
        return TEST_MODE
    if coupon.state in _ENDED:
        return _SAID[discounts.end(caller, in_shop.discount(coupon))]
    done, reference = discounts.bring(caller, in_shop.discount(coupon))
    _taken(coupon, reference, at)
    return "The code was used in the shop." if done == discounts.USED else _SAID[done]


def _taken(coupon, reference, at):
    """The shop takes it: it can be given."""
    row = Coupon.objects.filter(pk=coupon.pk)
    row.exclude(shop_reference=reference).update(shop_reference=reference[:120])
    if row.filter(state=CouponState.MAKING).update(state=CouponState.FREE):
        serving.serve_pool(pool=coupon.pool, at=at)
