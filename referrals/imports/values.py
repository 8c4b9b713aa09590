"""What stands in a cell: amounts, moments, yes and no, as people and programs write them. Pure.

What can be read in two ways is refused with the choice that settles it, never guessed.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from advocacy import given, money

DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
_SIGNS = re.compile(r"[\s\u00a0\u202f'’]|[$€£¥]|\b[A-Z]{3}\b")
_UNITS = re.compile(r"[$€£¥]|\b[A-Z]{3}\b")
# Which currencies write themselves so; a code is its own.
_WRITTEN = {
    "€": ("EUR",),
    "£": ("GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SYP"),
    "¥": ("JPY", "CNY"),
    "$": (
        *(
            "USD",
            "CAD",
            "AUD",
            "NZD",
            "SGD",
            "HKD",
            "TWD",
            "MXN",
            "CLP",
            "COP",
            "ARS",
            "UYU",
            "BRL",
            "BBD",
            "BMD",
            "BND",
        ),
        *("BND", "BSD", "BZD", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD"),
    ),
}
_PLAIN = re.compile(r"-?\d+(\.\d+)?").fullmatch
# As nearly all programs write them.
_USUAL, _CENTS = re.compile(r"(\d{1,12})\.(\d\d)", re.ASCII).fullmatch, 2
_THOUSANDS = 3
_YES = {"yes", "true", "1", "ja", "oui", "si", "x", "t", "y"}
_NO = {"no", "false", "0", "nein", "non", "f", "n"}
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
).fullmatch
# As nearly all programs write them.
_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d) ?(Z|[+-]\d\d:?\d\d)?", re.ASCII).fullmatch
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?)?").fullmatch
_SLASHES = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s*([AP]M))?)?", re.I
).fullmatch
_MONTHS = 12
_NOON = 12


def minor(name, text, currency, *, decimal=""):
    """``"1.234,50", EUR`` → 123450. ``decimal``: the sign before the cents, "" where the amount itself must tell."""
    if decimal != "," and (usual := _USUAL(text)) and money.decimals(currency) == _CENTS:
        return int(usual[1] + usual[2])
    _refuse_other(name, text, currency)
    plain = _SIGNS.sub("", str(text))
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    point = decimal or _point(name, plain, currency)
    other = {".": ",", ",": "."}[point]
    whole, _, cents = plain.rpartition(point) if point in plain else (plain, "", "")
    if point in whole or other in cents or not _grouped(whole, other):
        given.refuse(name, f"{name}: {_shown(text)} is no amount.", code="invalid_amount")
    plain = f"{whole.replace(other, '')}.{cents or 0}"
    try:
        amount = Decimal(plain).scaleb(money.decimals(currency)) if _PLAIN(plain) else None
    except InvalidOperation:
        amount = None
    if amount is None or abs(amount) > money.LARGEST_MINOR:
        given.refuse(name, f"{name}: {_shown(text)} is no amount.", code="invalid_amount")
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _refuse_other(name, text, currency):
    """An amount that says another currency than its order's is not of that order."""
    for unit in _UNITS.findall(str(text)):
        if currency not in _WRITTEN.get(unit, (unit,)):
            given.refuse(name, f"{name}: {_shown(text)} is not in {currency}.", code="another_currency")


def _point(name, plain, currency):
    """The sign before the cents: the last of both, or the only one unless it could part thousands."""
    if "." in plain and "," in plain:
        return "." if plain.rindex(".") > plain.rindex(",") else ","
    sign = "," if "," in plain else "."
    whole, _, cents = plain.rpartition(sign)
    if plain.count(sign) > 1:
        return "." if sign == "," else ","
    if whole.lstrip("-") not in ("", "0") and len(cents) == _THOUSANDS != money.decimals(currency):
        said = f"{name}: {_shown(plain)} can be read in two ways; say whether . or , stands before the cents (decimal)."
        given.refuse(name, said, code="ambiguous_amount")
    return sign


def _grouped(whole, sign):
    groups = whole.lstrip("-").split(sign)
    return len(groups) == 1 or (len(groups[0]) <= _THOUSANDS and all(len(each) == _THOUSANDS for each in groups[1:]))


def moment(name, text, *, zone, dates=""):
    """An aware datetime. Without an offset it is of ``zone``; ``dates`` says which of 3/4/2026 is the day."""
    text = str(text).strip()
    if (usual := _CLOCK(text)) and (found := _at_once(*usual.groups(), zone)):
        return found
    try:
        parts = _iso(text) or _dotted(text) or _slashed(name, text, dates)
        found = parts and datetime(*parts[0], tzinfo=parts[1] or ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if not found:
        given.refuse(name, f"{name}: {_shown(text)} is no date; write 2026-03-01 or 2026-03-01T12:00:00Z.")
    return found


def _at_once(clock, offset, zone):
    """The moment, or None where it must be looked at closely."""
    try:
        if offset and offset != "Z" and _offset(offset.replace(":", "")):
            return datetime.fromisoformat(clock + offset).astimezone(UTC)
        return datetime.fromisoformat(clock).replace(tzinfo=UTC if offset else ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _iso(text):
    found = _ISO(text)
    if not found:
        return None
    *numbers, offset = found.groups()
    if offset and offset[0] in "+-":
        return _numbers(numbers), _offset(offset.replace(":", ""))
    return _numbers(numbers), offset and UTC


@lru_cache(maxsize=200)
def _offset(text):
    return datetime.strptime(text, "%z").tzinfo


def _dotted(text):
    if not (found := _DOTS(text)):
        return None
    day, month, year, *clock = found.groups()
    return _numbers([year, month, day, *clock]), None


def _slashed(name, text, dates):
    if not (found := _SLASHES(text)):
        return None
    one, two, year, hour, minute, second, half = found.groups()
    if not dates and int(one) <= _MONTHS and int(two) <= _MONTHS and one != two:
        said = f"{name}: {text} can be read in two ways; say whether the day or the month comes first (dates)."
        given.refuse(name, said, code="ambiguous_date")
    first_is_day = dates == DAY_FIRST or (not dates and int(one) > _MONTHS)
    day, month = (one, two) if first_is_day else (two, one)
    if half:
        hour = int(hour) % _NOON + (_NOON if half.upper() == "PM" else 0)
    return _numbers([year, month, day, hour, minute, second]), None


def _numbers(texts):
    return [int(text or 0) for text in texts]


def flag(name, text):
    plain = str(text).strip().lower()
    if plain not in _YES | _NO:
        given.refuse(name, f"{name}: {_shown(text)} is neither yes nor no.")
    return plain in _YES


def whole(name, text):
    plain = str(text).strip()
    if not (plain.isascii() and plain.isdigit()) or len(plain) > len(str(money.LARGEST_MINOR)):
        given.refuse(name, f"{name}: {_shown(text)} is no whole number.")
    return int(plain)


def _shown(text):
    return f"“{str(text)[:40]}”"
