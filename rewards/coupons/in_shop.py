"""Codes that a shop takes because it was told of them: asked for in the transaction of what happens to them here."""

from datetime import timedelta

from django.db import transaction
from django.utils.module_loading import import_string

from advocacy import errands, ids
from advocacy.models import ErrandKind
from advocacy.outbox import wake
from advocacy.platforms.discounts import Discount
from rewards.coupons import codes
from rewards.models import CouponState

# In the shop a code ends so much later: here it ends to the second, and is ended there then.
MARGIN = timedelta(days=2)
# A code that lay in stock for longer than this is assigned with another end than its shop was told.
_FRESH = timedelta(days=1)


def follow(coupons, *, at):
    """The shops of these coupons (reads ``pool``) are told what has become of them."""
    ours = [coupon for coupon in coupons if coupon.pool.made_in_shop]
    about = {(coupon.storefront_id, coupon.pool.connection_id, coupon.public_id) for coupon in ours}
    errands.ask(kind=ErrandKind.COUPON, about=about, at=at)


def ends_elsewhen(coupon):
    """Whether its shop would end it before we do."""
    return coupon.pool.made_in_shop and coupon.pool.expiry_days and coupon.assigned_at - coupon.created_at > _FRESH


def wake_when_committed():
    """Rewards wait for codes that shops make: ask the shops soon."""
    transaction.on_commit(_wake)


def _wake():
    # By its name: the task's module imports the verbs, and web has not loaded it.
    wake.send(import_string("rewards.tasks.coupons"), [], queue="bulk")


def friends_get(pool):
    """Whether friends get codes of this pool by coming. Reads ``program``."""
    return pool.program.friends_pool == pool.public_id


def discount(coupon):
    """The code as its shop is to have it. Reads ``pool``, its program, and ``reward``."""
    pool = coupon.pool
    return Discount(
        code=codes.shown(coupon),
        name=ids.encode("cpn", coupon.public_id),
        family=ids.encode("pol", pool.public_id),
        label=pool.name,
        amount_minor=pool.amount_minor,
        currency=pool.currency,
        percent_bp=pool.percent_bp,
        minimum_minor=pool.minimum_minor,
        minimum_currency=pool.program.currency,
        starts_at=coupon.created_at.replace(microsecond=0),
        ends_at=_end(coupon),
    )


def _end(coupon):
    if coupon.state == CouponState.HANDED:
        return (coupon.ends_at + MARGIN).replace(microsecond=0)
    fresh = coupon.assigned_at is None or coupon.assigned_at - coupon.created_at <= _FRESH
    if coupon.state in (CouponState.MAKING, CouponState.FREE) and friends_get(coupon.pool):
        # It may lie in stock for long: it ends when somebody has it.
        return None
    first = coupon.pool.expiry_days and coupon.created_at + timedelta(days=coupon.pool.expiry_days) + MARGIN
    mine = coupon.ends_at if coupon.state == CouponState.ASSIGNED else None
    if fresh and first and (mine is None or mine <= first):
        return first.replace(microsecond=0)
    return (mine + MARGIN).replace(microsecond=0) if mine else None
