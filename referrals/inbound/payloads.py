"""Read what platforms write: their JSON, amounts, moments and texts. Pure.

Nothing genuine is refused for being odd: a text that is too long is cut, an amount that is none is left out.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

from advocacy import given, money, secrets
from advocacy.refusals import Refused

_DEEPEST = 60
_MOST_METADATA = 5000


def loaded(raw):
    """The JSON object of a verified body; Refused ``unreadable`` where it is none."""
    try:
        data = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise Refused("unreadable", f"The body is not the JSON that was expected ({type(error).__name__}).") from error
    if not isinstance(data, dict) or _is_too_deep(data):
        raise Refused("unreadable", "The body is not a JSON object, or is nested too deeply.")
    return data


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_constant(name):
    raise ValueError(name)


def _is_too_deep(value):
    """Level by level: going down by calls of itself, this would be what a deep body breaks."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inside_of(each)]
        if not level:
            return False
    return True


def _inside_of(value):
    inner = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, dict | list)]


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
    return minor_or_none(value, currency) or 0


def minor_or_none(value, currency):
    """As ``minor``, and None for what is no amount."""
    try:
        amount = Decimal(str(value)).scaleb(money.decimals(currency))
    except (ArithmeticError, ValueError):
        return None
    if not amount.is_finite() or abs(amount) > money.LARGEST_MINOR:
        return None
    return int(amount.quantize(Decimal(1), rounding="ROUND_HALF_UP"))


def is_price(value, currency):
    """Whether it is an amount of at least 0."""
    amount = minor_or_none(value, currency)
    return amount is not None and amount >= 0


def unread(data, is_amount, *paths):
    """Of ``paths`` such as ``"fee_lines.total"`` those where something is no amount; lists are gone through.

    Such an amount counts as 0, which somebody must see. What is missing, null or empty is nothing that was told.
    """
    return tuple(path for path in paths if not all(is_amount(each) for each in _told_at(data, path.split("."))))


def _told_at(value, steps):
    if value is None or value == "":
        return
    if isinstance(value, list):
        for each in value:
            yield from _told_at(each, steps)
    elif steps and isinstance(value, dict):
        yield from _told_at(value.get(steps[0]), steps[1:])
    else:
        yield value if not steps else {}


def check(**readable):
    """``check(total_price=False)``: Refused with the names of what cannot be read.

    An order without what it costs and whether it is paid would be one that costs nothing and is not paid.
    """
    if missing := [name for name, can_be_read in readable.items() if not can_be_read]:
        said = f"Missing or unreadable: {', '.join(missing)}. Nothing of it was taken; send the whole document again."
        raise Refused("unreadable", said)


def moment(value):
    """An aware datetime of ISO 8601 text, or None. Without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        if parsed is None or parsed.tzinfo is None:
            return parsed and parsed.replace(tzinfo=UTC)
        # The first and the last day of all have no such moment in UTC.
        parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return parsed


def since_epoch(value):
    """An aware datetime of Unix seconds, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def whole(value):
    """A whole number of at least 0 that can be stored; 0 for anything else."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= money.LARGEST_MINOR
    return value if fits else 0


def object_of(value):
    return value if isinstance(value, dict) else {}


def objects(value):
    """The objects of a list, or none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def inside(value, *path):
    """``inside(order, "shop_money", "amount")``: None where a step is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def kept(pairs):
    """What of ``(name, value)`` can be an order's metadata, those of ours first: as text, and not too much of it."""
    found, room = {}, _MOST_METADATA
    said_of = [(text(name, 60), text(value)) for name, value in pairs]
    for name, value in sorted(said_of, key=lambda pair: not pair[0].startswith("advocacy_")):
        room -= len(json.dumps([name, value], ensure_ascii=False))
        if name and value and room >= 0:
            found[name] = value
    return found


def place_hash(country, postcode, street):
    """The same for every order that goes to one door, whichever shop says so; nothing where any part is missing.

    Keyed: nobody finds the address by trying all there are.
    """
    parts = [re.sub(r"\W", "", str(part or "")).casefold() for part in (country, postcode, street)]
    return secrets.fingerprint("delivered to " + "|".join(parts)).hex() if all(parts) else ""


def said(**fields):
    """Without what is not known."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
