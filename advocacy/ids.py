"""Public ids: time-ordered UUIDs (version 7, RFC 9562) inside, ``adv_01j8…`` outside.

The text form is a readable prefix and 26 characters of Crockford's base32 in lower case. Pure: no database.
"""

import os
import time
import uuid

PREFIXES = {
    "storefront": "sto",
    "api_key": "key",
    "customer": "cus",
    "consent": "csn",
    "merge": "mrg",
    "portal_session": "pts",
    "program": "prg",
    "offer": "off",
    "terms": "trm",
    "terms_acceptance": "tac",
    "advocate": "adv",
    "event": "evt",
    "report": "rpt",
    "webhook_endpoint": "whe",
    "delivery": "dlv",
    "mail": "mai",
    "alert": "alr",
    "testimonial": "tst",
    "answer": "ans",
    "link": "lnk",
    "click": "clk",
    "share": "shr",
    "invitation": "inv",
    "referral": "ref",
    "claim": "clm",
    "order": "ord",
    "refund": "rfd",
    "fulfilment": "ful",
    "conversion": "cnv",
    "waiting_fact": "wai",
    "connection": "con",
    "errand": "ern",
    "inbound_message": "inb",
    "privacy_request": "prv",
    "rule": "rul",
    "rule_version": "rlv",
    "decision": "dec",
    "reward": "rwd",
    "transfer": "trf",
    "redemption": "red",
    "adjustment": "adj",
    "exchange": "exc",
    "job": "job",
    "rate": "rat",
    "correction": "cor",
    "milestone": "mst",
    "tier": "tir",
    "payout_policy": "pop",
    "payout_batch": "pob",
    "payout": "pay",
    "coupon_pool": "pol",
    "coupon": "cpn",
    "import": "imp",
    "past_buyers": "pbu",
}

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26
# Two letters at a time: ids are written in every answer.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_PLACES = range(5 * (_LENGTH - 2), -1, -10)


def uuid7(milliseconds=None):
    """A version 7 UUID of now, or of the given Unix time in milliseconds."""
    if milliseconds is None:
        milliseconds = time.time_ns() // 1_000_000
    # 74 random bits around the two bits of the variant.
    noise = _noise()
    low, high = noise & 0x3FFFFFFFFFFFFFFF, noise >> 68
    return _of(milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


_ready = []
os.register_at_fork(after_in_child=_ready.clear)


def _noise():
    """80 random bits, of many that the system was asked for at once."""
    try:
        return _ready.pop()
    except IndexError:
        noise = os.urandom(2560)
        _ready.extend(int.from_bytes(noise[start : start + 10], "big") for start in range(10, len(noise), 10))
        return int.from_bytes(noise[:10], "big")


def _of(number):
    """A UUID without the constructor's look at its arguments, which takes most of the time: each row has one."""
    made = _blank(uuid.UUID)
    _put(made, "int", number)
    _put(made, "is_safe", uuid.SafeUUID.unknown)
    return made


_blank, _put = object.__new__, object.__setattr__


def floor_of(moment):
    """The smallest UUID that a version 7 UUID of this aware datetime can be compared with: a range's border."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def milliseconds_of(value):
    """The Unix time in milliseconds that a version 7 UUID carries."""
    return value.int >> 80


def base32(number, *, length):
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def encode(prefix, value):
    number = value.int
    return f"{prefix}_{''.join([_PAIRS[number >> place & 1023] for place in _PLACES])}"


def decode(prefix, text):
    """The UUID behind a public id, or None where the text is not an id of this kind."""
    head, separator, tail = text.partition("_")
    if head != prefix or not separator or len(tail) != _LENGTH:
        return None
    number = 0
    for letter in tail:
        if letter not in _VALUES:
            return None
        number = number << 5 | _VALUES[letter]
    return uuid.UUID(int=number) if number < 1 << 128 else None
