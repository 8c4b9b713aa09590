"""Codes as texts: which are taken, how they are made, and how they are kept."""

import re
from secrets import randbits

from advocacy import ids, secrets
from rewards.models import Coupon
from rewards.models.coupon import normal

_BITS = 5
_TAKEN = re.compile(r"[!-~]{6,64}").fullmatch
RULE = "a code has 6 to 64 letters, digits and signs, without spaces"
_LONG_ENOUGH = 8


def is_code(text):
    return bool(_TAKEN(text))


def made(pool):
    """A new code of a pool that makes them: its prefix and random signs of Crockford's base32."""
    return pool.prefix + ids.base32(randbits(_BITS * pool.code_length), length=pool.code_length).upper()


def fingerprint(code):
    return secrets.fingerprint(normal(code))


def shown(coupon):
    """The whole code. Only for its owner, and for staff who said why."""
    return secrets.open(coupon.code)


def row(pool, code, *, at, mark=None):
    """An unsaved Coupon in stock. ``mark``: its fingerprint, where that was reckoned already."""
    return Coupon(
        storefront_id=pool.storefront_id,
        pool=pool,
        code=secrets.seal(code),
        fingerprint=mark or fingerprint(code),
        # Of a short code four signs would be most of it.
        last_4=code[-4:] if len(code) >= _LONG_ENOUGH else code[-2:],
        created_at=at,
    )
