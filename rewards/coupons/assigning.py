"""Give each reward that is credited a code of its own, however many workers do it at once.

Codes are claimed before rewards are written and given when they are: rows in stock are locked, and whoever comes
meanwhile takes others (SKIP LOCKED), so nobody waits and no code is given twice. Needs the rewards' subjects locked.
"""

from datetime import timedelta

from advocacy import ids
from advocacy.models import AdvocateStatus, Side, bulk
from rewards import events as catalogue
from rewards.coupons import codes, debts, in_shop, pools, telling
from rewards.models import Coupon, CouponPool, CouponState, Reward
from rewards.models.coupon import THEIRS

_GIVEN = ("state", "reward_id", "customer_id", "assigned_at", "expires_at", "version")


def ready(rewards, at):
    """Claim a code for each reward that has none. Answers those that must wait, which are marked so.

    Who comes while others wait for the same pool waits behind them. Who owes for an earlier code gets none, and does
    not wait: the credit pays that off.
    """
    having = set(
        Coupon.objects.filter(reward__in=[each.pk for each in rewards if each.pk], state__in=THEIRS).values_list(
            "reward_id", flat=True
        )
    )
    needing = [each for each in rewards if each.pk not in having and not claimed(each)]
    needing, paying = debts.split(needing)
    for reward in paying:
        reward.pays_off = True
    found = _pools(needing)
    by_pool = {}
    for reward in needing:
        by_pool.setdefault(found.get(pool_name(reward)), []).append(reward)
    for pool, wanting in by_pool.items():
        # Who was credited without a code, to pay off an earlier one, is served by the sweep alone.
        if pool is not None and not servable(pools.waiting(pool).filter(available_minor__lte=0)).exists():
            claim(pool, wanting, at=at)
    short = [reward for reward in needing if not claimed(reward)]
    if any(pool and pool.made_in_shop for pool in by_pool):
        in_shop.wake_when_committed()
    for reward in short:
        reward.waits_for_code = True
    served = {pool.pk: [each for each in wanting if claimed(each)] for pool, wanting in by_pool.items() if pool}
    pools.warn(*filter(None, by_pool), at=at, claimed=served)
    return short


def servable(rewards):
    """Of waiting rewards those that nothing else holds."""
    inactive = AdvocateStatus.PAUSED, AdvocateStatus.BANNED
    return debts.free_of(rewards).filter(reviewed=False).exclude(side=Side.ADVOCATE, advocate__status__in=inactive)


def claim(pool, rewards, *, at):
    """Codes for these rewards, in their order, until none is left; ``give`` makes them theirs."""
    for reward, coupon in zip(rewards, taken(pool, len(rewards), at=at), strict=False):
        coupon.pool, reward.claimed = pool, coupon
        reward.expires_at = _expiry(pool, reward, at)


def claimed(reward):
    return getattr(reward, "claimed", None)


def taken(pool, count, *, at):
    """Up to ``count`` codes of the pool, locked, or made and not yet saved."""
    if pool.generates:
        return [codes.row(pool, codes.made(pool), at=at) for _ in range(count)]
    stock = Coupon.objects.filter(pool=pool, state=CouponState.FREE).order_by("pk")
    return list(stock.select_for_update(skip_locked=True)[:count])


def _expiry(pool, reward, at):
    """The sooner of the pool's and the rule's days. A code that stands in for another keeps its end."""
    if reward.expires_at and reward.expires_at > at:
        return reward.expires_at
    of_rule = reward.rule_version.expires_days if reward.rule_version_id else None
    days = min((each for each in (pool.expiry_days, of_rule) if each), default=None)
    return at + timedelta(days=days) if days else None


def give(rewards, at):
    """Make the claimed codes theirs, now that the rewards are written."""
    handed = [reward for reward in rewards if claimed(reward)]
    coupons = [_given(reward, at) for reward in handed]
    made = [coupon for coupon in coupons if coupon.pk is None]
    bulk.update([coupon for coupon in coupons if coupon.pk is not None], _GIVEN)
    bulk.insert(made)
    in_shop.follow([coupon for coupon in coupons if in_shop.ends_elsewhen(coupon)], at=at)
    telling.tell(catalogue.COUPON_ISSUED, coupons, at=at)
    _note_paying([reward for reward in rewards if getattr(reward, "pays_off", False)])


def _note_paying(rewards):
    """They may get a code later, when what was owed comes back."""
    for reward in rewards:
        reward.pays_off, reward.waits_for_code = False, True
    if rewards:
        Reward.objects.filter(pk__in=[reward.pk for reward in rewards]).update(waits_for_code=True)


def _given(reward, at):
    coupon, reward.claimed = reward.claimed, None
    reward.waits_for_code = False
    coupon.state, coupon.reward, coupon.customer_id = CouponState.ASSIGNED, reward, reward.recipient_id
    coupon.assigned_at, coupon.expires_at = at, reward.expires_at
    coupon.version += 1
    return coupon


def pool_name(reward):
    """``pol_…``, as the reward's rule version says; empty where no rule names one."""
    benefits = reward.rule_version.benefits if reward.rule_version_id else {}
    return benefits.get(reward.side, {}).get("pool", "")


def _pools(rewards):
    """``{pol_…: CouponPool}`` of these rewards, of their own programs only."""
    wanted = {ids.decode("pol", pool_name(reward)) for reward in rewards} - {None}
    programs = {reward.program_id for reward in rewards}
    rows = CouponPool.objects.filter(public_id__in=wanted, program__in=programs) if wanted else ()
    return {pools.text_id(row): row for row in rows}
