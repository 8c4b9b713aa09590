"""What a code is worth now, or why nothing."""

from django.db import connection
from django.db.models import Q

from advocacy import ids, persons
from rewards.coupons import codes
from rewards.models import Coupon, CouponState
from rewards.models.coupon import THEIRS

# For whoever stands at a checkout.
SENTENCES = {
    "coupon_not_assigned": "This code is not valid yet.",
    "coupon_not_yours": "This code belongs to another customer.",
    "coupon_used": "This code was used already.",
    "coupon_expired": "This code has expired.",
    "coupon_revoked": "This code is no longer valid.",
    "wrong_currency": "This code is for a basket in another currency.",
}
_OF_STATE = {
    CouponState.MAKING: "coupon_not_assigned",
    CouponState.FREE: "coupon_not_assigned",
    CouponState.USED: "coupon_used",
    CouponState.REVOKED: "coupon_revoked",
    CouponState.EXPIRED: "coupon_expired",
}


def find(*, storefront, code):
    """The coupon of this code, in whatever case it is typed; None where there is none. One query, found or not."""
    rows = Coupon.objects.filter(storefront=storefront, fingerprint=codes.fingerprint(code))
    return rows.select_related("pool", "reward", "customer").first()


_NAMES = """
    SELECT fingerprint, shop_reference, public_id FROM rewards_coupon
    WHERE storefront_id = %s AND (fingerprint = ANY(%s) OR shop_reference = ANY(%s))
"""


def names(*, storefront, texts):
    """``{text: cpn_…}`` of those that are codes of the storefront, in whatever case, or a shop's names of them.

    One query.
    """
    marks = {text: codes.fingerprint(text) for text in texts}
    asked = [getattr(storefront, "pk", storefront), list(set(marks.values())), [text for text in marks if text]]
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, asked)
        for mark, reference, name in cursor.fetchall():
            found[bytes(mark)] = found[reference or None] = ids.encode("cpn", name)
    return {text: name for text, mark in marks.items() if (name := found.get(mark) or found.get(text))}


def of(*, customer, program):
    """What a customer got in a program, or as a payout, and was not taken back: newest first, with all a page shows."""
    theirs = Q(pool__program=program) | Q(payout__isnull=False, storefront=program.storefront_id)
    rows = Coupon.objects.filter(theirs, customer__in=persons.ids_of(customer), state__in=THEIRS)
    return rows.select_related("pool", "reward").order_by("-id")


def unusable(coupon, *, at):
    """The reason key for which a code cannot be used now, or ""."""
    if coupon.state in (CouponState.ASSIGNED, CouponState.HANDED) and ended(coupon, at=at):
        return "coupon_expired"
    return _OF_STATE.get(coupon.state, "")


def ended(coupon, *, at):
    """Whether its time is over."""
    return bool(coupon.ends_at and coupon.ends_at <= at)


def obstacles(coupon, *, customer, currency, at):
    """The reason keys that speak against a code. ``customer`` and ``currency`` may be None: then nothing is asked."""
    found = [unusable(coupon, at=at)]
    if customer and coupon.customer_id and coupon.customer.person_id != customer.person_id:
        found.append("coupon_not_yours")
    if currency and coupon.pool.currency not in ("", currency):
        found.append("wrong_currency")
    return [key for key in found if key]


def left(coupon):
    """Of a gift card: minor units that it is still good for."""
    if coupon.payout_id:
        return max(coupon.pool.amount_minor - coupon.used_minor, 0)
    return max(coupon.reward.available_minor, 0) if coupon.reward else 0
