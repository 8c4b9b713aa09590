"""Read what platforms write: their JSON, amounts, moments and texts. Pure.

Nothing genuine is refused for being odd: a text that is too long is cut, an amount that is none is left out.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from advocacy import given, money
from advocacy.refusals import Refused

_DEEPEST = 60


def loaded(raw):
    """The JSON object of a verified body; Refused ``unreadable`` where it is none."""
    try:
        data = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise Refused("unreadable", f"The body is not the JSON that was expected ({type(error).__name__}).") from error
    if not isinstance(data, dict) or _depth(data) > _DEEPEST:
        raise Refused("unreadable", "The body is not a JSON object, or is nested too deeply.")
    return data


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_constant(name):
    raise ValueError(name)


def _depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def text(value, longest=200):
    """As text that can be stored, cut; empty for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    kept = str(value).replace("\0", "").encode("utf-8", "ignore").decode()
    return kept.strip()[:longest]


def email(value):
    """An e-mail address that can be stored, else empty."""
    try:
        return given.email("email", text(value, 320)) if value else ""
    except Refused:
        return ""


def minor(value, currency):
    """``"12.34", EUR`` → 1234; 0 for what is no amount. The sign stays."""
    try:
        amount = Decimal(str(value)).scaleb(money.decimals(currency))
    except (InvalidOperation, ValueError):
        return 0
    if not amount.is_finite() or abs(amount) > money.LARGEST_MINOR:
        return 0
    return int(amount.quantize(Decimal(1), rounding="ROUND_HALF_UP"))


def moment(value):
    """An aware datetime of ISO 8601 text, or None. Without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if parsed is None:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def since_epoch(value):
    """An aware datetime of Unix seconds, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def objects(value):
    """The objects of a list, or none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def inside(value, *path):
    """``inside(order, "shop_money", "amount")``: None where a step is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def said(**fields):
    """Without what is not known."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
