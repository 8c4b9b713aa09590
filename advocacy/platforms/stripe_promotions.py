"""Stripe's promotion codes: one Stripe coupon for each pool, and a promotion code of it for each code of ours."""

from datetime import UTC, datetime

from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import Known, permission_missing
from advocacy.platforms.stripe import client, in_words

_MARK = "advocacy_coupon"
_FORBIDDEN, _UNKNOWN = 403, 404


def find(caller, discount):
    asked = {"code": discount.code, "limit": 10}
    told = in_words(lambda: client(caller).v1.promotion_codes.list(asked))
    # One that was ended leaves its code free for another.
    listed = sorted(in_words(lambda: [each.to_dict() for each in told.data]), key=lambda each: not each["active"])
    mine = next((each for each in listed if _ours(each, discount)), None)
    taken = next((each for each in listed if each["active"]), None)
    found = mine or taken
    return in_words(lambda: _known(found, discount)) if found else None


def _ours(told, discount):
    return (told.get("metadata") or {}).get(_MARK) == discount.name


def _known(told, discount):
    return Known(
        reference=told["id"],
        ours=_ours(told, discount),
        active=bool(told["active"]),
        used=int(told.get("times_redeemed") or 0),
        ends_at=datetime.fromtimestamp(told["expires_at"], tz=UTC) if told.get("expires_at") else None,
    )


def make(caller, discount):
    _coupon(caller, discount)
    restrictions = {}
    if discount.minimum_minor:
        least = {"minimum_amount": discount.minimum_minor, "minimum_amount_currency": discount.minimum_currency.lower()}
        restrictions = {"restrictions": least}
    told = {
        "code": discount.code,
        "promotion": {"type": "coupon", "coupon": discount.family},
        "metadata": {_MARK: discount.name},
    }
    told |= {"max_redemptions": discount.uses} if discount.uses else {}
    told |= {"expires_at": int(discount.ends_at.timestamp())} if discount.ends_at else {}
    return in_words(lambda: client(caller).v1.promotion_codes.create(told | restrictions)).id


def _coupon(caller, discount):
    """What it takes off: Stripe's own coupon, named as our pool, made with the pool's first code."""
    coupons = client(caller).v1.coupons
    try:
        in_words(lambda: coupons.retrieve(discount.family))
    except PlatformFailed as failed:
        if failed.answered != _UNKNOWN:
            raise
        worth = {"percent_off": discount.percent_bp / 100}
        if not discount.percent_bp:
            worth = {"amount_off": discount.amount_minor, "currency": discount.currency.lower()}
        made = {"id": discount.family, "name": discount.label[:40], "duration": "once"} | worth
        in_words(lambda: coupons.create(made))


def renew(caller, known, discount):
    """Stripe changes no time: an ended code takes its place by another of the same letters."""
    if known.active:
        end(caller, known)
    make(caller, discount)


def end(caller, known):
    in_words(lambda: client(caller).v1.promotion_codes.update(known.reference, {"active": False}))


def check(caller, currency):
    """Stripe takes any currency; a payment in another one than the coupon's refuses the code."""
    try:
        in_words(lambda: client(caller).v1.promotion_codes.list({"limit": 1}))
        in_words(lambda: client(caller).v1.coupons.list({"limit": 1}))
    except PlatformFailed as failed:
        if failed.answered == _FORBIDDEN:
            raise permission_missing(caller, ["Coupons: write", "Promotion Codes: write"]) from failed
        raise
