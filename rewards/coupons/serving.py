"""Codes for rewards that waited for them, those whose hold ended first, first."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from advocacy import persons
from rewards import crediting, locks
from rewards.coupons import assigning, debts, pools
from rewards.models import Coupon, CouponPool, CouponState, PoolSource


def serve(*, at, limit=500, storefront=None):
    """Credit rewards that wait for a code, as far as there are codes; returns how many got one.

    Call again while it returns any. Each pool is a transaction of its own.
    """
    return sum(_serve(pool, at, limit) for pool in _wanted(storefront))


def serve_pool(*, pool, at, limit=500):
    """The same for one pool."""
    return _serve(pool, at, limit)


def _wanted(storefront):
    """The pools that somebody waits for and that have codes, of this storefront or of all."""
    in_stock = Exists(Coupon.objects.filter(pool=OuterRef("pk"), state=CouponState.FREE))
    having = CouponPool.objects.filter(Q(source=PoolSource.GENERATED) | in_stock)
    return pools.waited_for(locks.of_only(storefront, having))


def _in_stock(pool):
    return Coupon.objects.filter(pool=pool, state=CouponState.FREE)


def _serve(pool, at, limit):
    with transaction.atomic():
        # What a person owes in codes is of all their records.
        persons.together([pool.storefront_id])
        room = limit if pool.generates else _in_stock(pool)[:limit].count()
        first = list(due(pool, at).values_list("pk", "subject_id")[:room])
        # Nobody is passed over because somebody works on their subject just now.
        locks.subjects_by_id(ids=[subject for _, subject in first], wait=True)
        rows = due(pool, at).filter(pk__in=[pk for pk, _ in first])
        rewards = list(rows.select_related("rule", "rule_version", "subject", "advocate"))
        entitled, paying = debts.split(rewards)
        assigning.claim(pool, entitled, at=at)
        # Who owes by now is credited without a code.
        paying = [reward for reward in paying if reward.available_minor <= 0]
        served = [*(reward for reward in entitled if assigning.claimed(reward)), *paying]
        for reward in served:
            reward.waits_for_code = False
        # Pools are locked before accounts: see ``rewards.locks``.
        given = [reward for reward in entitled if assigning.claimed(reward)]
        pools.warn(pool, at=at, claimed={pool.pk: given})
        crediting.bring([crediting.target(reward) for reward in served], at=at)
    return len(served)


def due(pool, at):
    """The rewards that could be credited now if the pool had codes."""
    return assigning.servable(pools.waiting(pool)).filter(due_at__lte=at)
