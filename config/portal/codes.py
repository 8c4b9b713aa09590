"""An advocate's own coupons and gift cards, with the codes, and those that are still on their way."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from advocacy import reading
from rewards.coupons import asking, codes, pools
from rewards.models import CouponState, PoolKind

MOST = 20


@dataclass(frozen=True)
class Code:
    """``text`` is empty where the code is good no more: then only its end is told, by ``state``."""

    title: str
    text: str
    state: str
    until: str


def of(*, advocate, at):
    """``(codes, waiting, paying)``: what may be used first, then what is over, newest first; how many rewards wait for
    their code, and how many get none because they pay off one that was used.
    """
    owned = asking.of(customer=advocate.customer, program=advocate.program)
    shown = sorted(owned[:MOST], key=lambda coupon: bool(_over(coupon, at)))
    theirs = {"customer": advocate.customer, "program": advocate.program}
    waiting, paying = pools.waiting_of(**theirs).count(), pools.paying_of(**theirs).count()
    return [_code(coupon, advocate.program.time_zone, at) for coupon in shown], waiting, paying


def _code(coupon, zone, at):
    over = _over(coupon, at)
    ends = coupon.ends_at
    until = _("Good until %(day)s") % {"day": reading.day(ends, zone=zone, at=at)} if ends and not over else ""
    return Code(_title(coupon), "" if over else codes.shown(coupon), over, until)


def _over(coupon, at):
    if coupon.state == CouponState.USED:
        return _("Used")
    return _("Expired") if asking.unusable(coupon, at=at) else ""


def _title(coupon):
    pool, left = coupon.pool, asking.left(coupon)
    if pool.kind == PoolKind.GIFT_CARD:
        amount = reading.short_amount(left or pool.amount_minor, pool.currency)
        return _("Gift card, %(amount)s") % {"amount": amount}
    worth = (
        reading.short_amount(pool.amount_minor, pool.currency) if pool.currency else reading.percent(pool.percent_bp)
    )
    return _("Coupon, %(worth)s") % {"worth": worth}
