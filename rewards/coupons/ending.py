"""Codes that are good no more: expired, taken back with their reward, or withdrawn by staff."""

from django.db import transaction

from advocacy.refusals import Refused
from rewards import events as catalogue
from rewards import locks
from rewards.coupons import asking, friends, in_shop, pools, telling
from rewards.models import Coupon, CouponState, Reward, RewardStatus

TAKEN_BACK, STAFF, TIME = "taken_back", "staff", "time"


def expire(*, at, limit=500, storefront=None):
    """End the codes that were not used in time; returns how many. What their rewards hold ends in ``rewards.expiry``.

    A reward that was given more time prolongs its code.
    """
    ended = Coupon.objects.filter(state=CouponState.ASSIGNED, expires_at__lte=at).order_by("expires_at", "pk")
    ended = locks.of_only(storefront, ended)
    due = ended.filter(reward__isnull=False)
    subjects = list(due.values_list("reward__subject_id", flat=True)[:limit])
    with transaction.atomic():
        mine = locks.subjects_by_id(ids=subjects)
        coupons = list(due.filter(reward__subject__in=mine).select_related("pool", "reward"))
        over = [coupon for coupon in coupons if asking.ended(coupon, at=at)]
        for coupon in coupons:
            coupon.expires_at = coupon.reward.expires_at
        Coupon.objects.bulk_update(coupons, ["expires_at"])
        _move(over, CouponState.EXPIRED, at)
        telling.tell(catalogue.COUPON_EXPIRED, over, at=at, reason=TIME)
        payouts = _expire_payouts(ended.filter(payout__isnull=False), at, limit)
        return len(coupons) + payouts + _expire_friends(storefront, at, limit)


def _expire_payouts(ended, at, limit):
    """Cards that are payouts: paid, so nothing of the ledger ends with them."""
    over = list(ended.select_for_update(of=["self"], skip_locked=True).select_related("pool")[:limit])
    _move(over, CouponState.EXPIRED, at)
    telling.tell(catalogue.COUPON_EXPIRED, over, at=at, reason=TIME)
    return len(over)


def _expire_friends(storefront, at, limit):
    """Codes that friends got by coming and did not use in time."""
    ended = Coupon.objects.filter(state=CouponState.HANDED, expires_at__lte=at).order_by("expires_at", "pk")
    rows = locks.of_only(storefront, ended).select_for_update(of=["self"], skip_locked=True)
    over = list(rows.select_related("pool__program", "reward")[:limit])
    _move(over, CouponState.EXPIRED, at)
    telling.tell(catalogue.COUPON_EXPIRED, over, at=at, reason=TIME)
    friends.put_back(over)
    return len(over)


def prolong(*, reward, until, at):
    """Let the code that ended with its reward be used again, until another time (None: for ever).

    In the caller's transaction, before what the reward holds comes back: codes are locked before accounts.
    """
    locks.subjects_by_id(ids=[reward.subject_id], wait=True)
    rows = Coupon.objects.filter(reward=reward, state=CouponState.EXPIRED).select_for_update(of=["self"])
    coupons = list(rows.select_related("pool", "reward"))
    for coupon in coupons:
        coupon.expires_at = until
    Coupon.objects.bulk_update(coupons, ["expires_at"])
    _move(coupons, CouponState.ASSIGNED, at)
    telling.tell(catalogue.COUPON_ISSUED, coupons, at=at)


def taken_back(rewards, at):
    """Void the codes of rewards that owe nothing any more, unless they are used up. Needs the subjects locked."""
    rows = Coupon.objects.filter(reward__in=rewards, state=CouponState.ASSIGNED)
    coupons = list(rows.order_by("pk").select_for_update(of=["self"]).select_related("pool", "reward"))
    void(coupons, at=at)


def void(coupons, *, at):
    """Revoke these, which are locked: what they were given for was taken back."""
    _move(coupons, CouponState.REVOKED, at)
    telling.tell(catalogue.COUPON_REVOKED, coupons, at=at, reason=TAKEN_BACK)


def revoke(*, coupon, at):
    """Withdraw a code for good. Whoever has it gets another of the pool, in their turn. Raises ``Refused``."""
    with transaction.atomic():
        coupon = _locked(coupon)
        if coupon.state not in (CouponState.FREE, CouponState.HANDED, CouponState.ASSIGNED):
            raise Refused("coupon_over", f"This code is {coupon.get_state_display().lower()}: nothing to withdraw.")
        if coupon.used_minor:
            raise Refused("coupon_used", "A part of this gift card was used; it cannot be exchanged for a whole one.")
        if coupon.payout_id:
            raise Refused("coupon_paid", "This gift card is a payout: mark the payout as returned instead.")
        _move([coupon], CouponState.REVOKED, at)
        if coupon.reward_id:
            standing = Reward.objects.filter(pk=coupon.reward_id).exclude(status=RewardStatus.REVERSED)
            standing.update(waits_for_code=True)
        telling.tell(catalogue.COUPON_REVOKED, [coupon], at=at, reason=STAFF)


def put_back(*, coupon, at):
    """Let a code that was revoked unused be given to somebody else: only where the shop honours it again."""
    with transaction.atomic():
        coupon = _locked(coupon)
        if coupon.state != CouponState.REVOKED or not coupon.pool.uploaded:
            raise Refused("not_revoked", "Only an uploaded code that was revoked unused can go back into stock.")
        if coupon.used_minor:
            raise Refused("coupon_used", "A part of this gift card was used; nobody else can get it as a whole one.")
        coupon.reward = coupon.payout = coupon.customer = coupon.assigned_at = coupon.expires_at = None
        coupon.link = coupon.visit = None
        coupon.state, coupon.version = CouponState.FREE, coupon.version + 1
        coupon.save()
        pools.restocked(coupon.pool)


def _locked(coupon):
    if coupon.reward_id:
        locks.subjects_by_id(ids=[coupon.reward.subject_id], wait=True)
    rows = Coupon.objects.select_for_update(of=["self"]).select_related("pool", "reward")
    return rows.get(pk=coupon.pk)


def _move(coupons, state, at):
    for coupon in coupons:
        coupon.state, coupon.version = state, coupon.version + 1
    Coupon.objects.bulk_update(coupons, ["state", "version"])
    in_shop.follow(coupons, at=at)
