"""Read a body strictly: what two readers could understand differently is refused in words, before any field is."""

import json
import math
from collections import Counter

from rest_framework.parsers import BaseParser

from advocacy.api.problems import Unreadable
from advocacy.refusals import TooLarge

DEEPEST = 20
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LONGEST_NUMBER = 20
# Of a name or path in a message: a hostile body must not be multiplied by what is said about it.
_LONGEST_NAME = 60
_LONGEST_PATH = 200


class StrictJSONParser(BaseParser):
    """One JSON object in UTF-8, of at most ``view.body_limit`` bytes."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        return read(_bytes(stream, parser_context or {}))


def _bytes(stream, context):
    limit = context["view"].body_limit
    announced = int(context["request"].META.get("CONTENT_LENGTH") or 0)
    # The limit is read past by one byte only: what a caller announces need not be true.
    if announced > limit or len(raw := stream.read(limit + 1)) > limit:
        raise TooLarge("body_too_large", f"A body has at most {limit} bytes here; send less at once.")
    return raw


def read(raw):
    """The object in ``raw``; raises Unreadable with what is wrong and where."""
    try:
        data = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise Unreadable("invalid_utf8", f"The body is not UTF-8: look at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        sentence = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise Unreadable("invalid_json", sentence) from error
    except RecursionError as error:
        raise _too_deep() from error
    if not isinstance(data, dict):
        raise Unreadable("not_an_object", "Send one JSON object, such as {…}.")
    check_texts(data)
    return data


def check_texts(data):
    """Refuse nesting deeper than ``DEEPEST``, NUL characters and halves of surrogate pairs, anywhere."""
    waiting = [("", data, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(value, str):
            check_text(value, path)
        elif isinstance(value, dict):
            for name, inner in value.items():
                check_text(name, path)
                waiting.append((_below(path, f".{name[:_LONGEST_NAME]}"), inner, depth + 1))
        elif isinstance(value, list):
            waiting.extend((_below(path, f"[{place}]"), inner, depth + 1) for place, inner in enumerate(value))


def check_text(text, path):
    """Refuse what PostgreSQL cannot store as text."""
    if "\0" in text:
        raise Unreadable("nul_character", "A text holds a NUL character (\\u0000); leave it out.", errors=_at(path))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        sentence = "A text holds half a surrogate pair; send whole characters."
        raise Unreadable("invalid_character", sentence, errors=_at(path)) from error


def _below(path, step):
    return (path + step)[:_LONGEST_PATH].removeprefix(".")


def _at(path):
    return {path: "This text cannot be stored."} if path.isprintable() else {}


def _too_deep():
    return Unreadable("too_deep", f"The body is nested deeper than {DEEPEST} levels.")


def _without_repeats(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        repeated = repeated[:_LONGEST_NAME]
        raise Unreadable("repeated_field", f"The field {repeated!a} is sent twice in one object; send it once.")
    return found


def _no_constant(name):
    raise Unreadable("invalid_number", f"{name} is not a JSON number.")


def _integer(digits):
    if len(digits) > _LONGEST_NUMBER or not _SMALLEST <= int(digits) <= _LARGEST:
        raise Unreadable("number_too_large", "A whole number must fit into 64 bits.")
    return int(digits)


def _number(digits):
    value = float(digits)
    if not math.isfinite(value):
        raise Unreadable("number_too_large", "A number is too large.")
    return value
