"""What clients, platforms and files give us, checked before anything is written. Pure.

Each function takes the name of a field and its value, and answers the value as it is stored, or raises ``Refused``
with a sentence under that name. The API checks shapes too; these checks hold for every door.
"""

import hashlib
import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from advocacy import money
from advocacy.refusals import Refused

# Clocks differ by minutes, never by more than a day.
FARTHEST = timedelta(days=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII).fullmatch


def refuse(name, sentence, *, code="invalid_field"):
    raise Refused(code, sentence, errors={name: sentence})


def known(fields, names):
    """Nothing is taken silently for something else: a field that is not known is refused by its name."""
    if not isinstance(fields, dict):
        refuse("body", "Send an object with named fields.")
    for name in fields:
        if name not in names:
            refuse(str(name), f"{name} is not a field here; take it out or correct its spelling.", code="unknown_field")


def text(name, value, *, longest, required=False):
    """Text without NUL and half characters, at most so long; None counts as empty."""
    is_plain = type(value) is str and value.isascii() and "\0" not in value and len(value) <= longest
    if is_plain and (value.strip() or not required):
        return value
    value = "" if value is None else value
    if not isinstance(value, str):
        refuse(name, f"{name} must be text.")
    if "\0" in value or not _writable(value):
        refuse(name, f"{name} holds a NUL or another character that cannot be stored.")
    if len(value) > longest:
        refuse(name, f"{name} has {len(value)} characters; at most {longest} are taken.")
    if required and not value.strip():
        refuse(name, f"{name} must not be empty.")
    return value


def label(name, value, *, longest):
    """A word of the caller's own that names no person: it stays where nothing is ever erased. None counts as empty."""
    value = text(name, value, longest=longest)
    if value and not _LABEL(value):
        refuse(name, f"{name} is one word of letters, digits, dots, - and _, such as support-chat; it names no person.")
    return value


def line(name, value, *, longest, required=False):
    """A name as people read it, in one line: line breaks, tabs and runs of spaces become one space.

    Control characters, and those that turn the direction of what follows, are left out: a mail's subject, a bank file
    and a table hold none, and nobody types them.
    """
    return text(name, in_line(text(name, value, longest=longest)), longest=longest, required=required)


def in_line(value):
    """The same for text that is checked otherwise, such as by a form."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split())
    plain = "".join(sign for sign in value if sign.isspace() or not _is_control(sign))
    return " ".join(plain.split())


_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def _is_control(sign):
    return sign in _TURNS or unicodedata.category(sign) == "Cc"


def _writable(value):
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# Most addresses; whatever is none of these is looked at by Django, which takes all of them.
_USUAL_ADDRESS = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII | re.IGNORECASE
).fullmatch


def email(name, value):
    value = text(name, value, longest=320).strip()
    if _USUAL_ADDRESS(value):
        return value
    try:
        validate_email(value)
    except ValidationError:
        refuse(name, f"{name} is not an e-mail address.")
    return value


def whole(name, value, *, least=0, most):
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(name, f"{name} must be a whole number.")
    if not least <= value <= most:
        refuse(name, f"{name} must be from {least} to {most}; it is {value}.")
    return value


def amount(name, value):
    """Minor units, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(name, f"{name} must be a whole number of minor units, such as 1250 for 12.50.", code="invalid_amount")
    if not 0 <= value <= money.LARGEST_MINOR:
        refuse(name, f"{name} must be from 0 to {money.LARGEST_MINOR}; it is {value}.", code="invalid_amount")
    return value


def flag(name, value):
    if not isinstance(value, bool):
        refuse(name, f"{name} must be true or false.")
    return value


def currency(name, value):
    if not isinstance(value, str) or value not in money.CURRENCIES:
        refuse(name, f"{name} must be an ISO 4217 code in capitals, such as EUR.", code="unknown_currency")
    return value


def choice(name, value, choices):
    if value not in _values(choices):
        refuse(name, f"{name} must be one of: {', '.join(choices.values)}.")
    return value


@lru_cache(maxsize=200)
def _values(choices):
    return tuple(choices.values)


def moment(name, value, *, at):
    """An aware datetime, or RFC 3339 text with an offset; at most a day after ``at``."""
    value = _parsed(name, value)
    latest = at + FARTHEST
    if value > latest:
        said = f"{name} is {value.isoformat()}, in the future; at most {latest:%Y-%m-%d %H:%M %Z} is taken."
        refuse(name, said, code="date_in_future")
    if value < EARLIEST:
        refuse(name, f"{name} is before 1970.")
    return value


def _parsed(name, value):
    if type(value) is datetime and value.tzinfo is UTC:
        return value
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(parsed, datetime) and parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return refuse(name, f"{name} must be a time with an offset, such as 2026-03-01T12:00:00Z.")


def data(name, value, *, longest=10_000):
    """A JSON object of at most so many characters that the database can hold."""
    if not isinstance(value, dict):
        refuse(name, f"{name} must be an object.")
    if _is_flat(value, longest):
        return dict(value)
    try:
        written, read = _written(value)
    except (TypeError, ValueError, RecursionError):
        refuse(name, f"{name} holds a value that JSON has no words for.")
    if len(written) > longest:
        refuse(name, f"{name} has {len(written)} characters; at most {longest} are taken.")
    if "\\u0000" in written or not _writable(written):
        refuse(name, f"{name} holds a NUL or another character that cannot be stored.")
    return read(written)


def _is_flat(value, longest):
    """Whether nothing but plain words is in it, which JSON makes twice as long at most."""
    size = 2
    for key, inner in value.items():
        if type(key) is not str or type(inner) is not str or not (key.isascii() and inner.isascii()):
            return False
        if not (key.isprintable() and inner.isprintable()):
            return False
        size += 2 * (len(key) + len(inner)) + 6
    return size <= longest


def canonical(value):
    """One text for one meaning: keys sorted, what is null left out, times in UTC."""
    return _written(value)[0]


def _written(value):
    """``(text, what reads it)``."""
    try:
        # The same text, many times faster, but of numbers with a fraction.
        if _is_written_alike(value):
            return orjson.dumps(value, option=_SORTED_WITH_MOMENTS).decode(), orjson.loads
        return orjson.dumps(_bare(value), default=_word, option=_SORTED).decode(), orjson.loads
    except _OTHERWISE:
        pass
    text = json.dumps(
        _without_nulls(value),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_word,
    )
    return text, json.loads


def digest(value):
    """SHA-256 of the client's own fields: tells a repeated call from another one under the same name."""
    return hashlib.sha256(canonical(value).encode(errors="replace")).digest()


def _without_nulls(value):
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(inner) for inner in value]
    return value


_SORTED_WITH_MOMENTS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS
_SORTED = _SORTED_WITH_MOMENTS | orjson.OPT_PASSTHROUGH_DATETIME
_OTHERWISE = (TypeError, ValueError, RecursionError)


_ATOMS = frozenset({str, int, bool})


def _is_written_alike(value):
    """Whether nothing in it must be left out or turned into a word first."""
    for inner in value.values() if type(value) is dict else value if type(value) is list else (value,):
        kind = type(inner)
        if kind in _ATOMS or (kind is datetime and inner.tzinfo is UTC):
            continue
        if not (kind is dict or kind is list) or not _is_written_alike(inner):
            return False
    return True


def _bare(value):
    """The value without nulls; ValueError where a number of it has a fraction, or is none."""
    if isinstance(value, dict):
        return {
            key: inner if type(inner) in _ATOMS else _bare(inner) for key, inner in value.items() if inner is not None
        }
    if isinstance(value, list | tuple):
        return [inner if type(inner) in _ATOMS else _bare(inner) for inner in value]
    if type(value) is float:
        raise ValueError(value)
    return value


def _word(value):
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
