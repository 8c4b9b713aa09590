"""What a body may be, before any field of it is looked at."""

import pytest

from advocacy.api import parsing
from advocacy.api.problems import Unreadable


def test_an_object_is_read_as_it_was_sent():
    assert parsing.read('{"a": [1, -2.5, true, null, "Zoë"]}'.encode()) == {"a": [1, -2.5, True, None, "Zoë"]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b'{"a": 1', "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b'{"a": 1} {}', "invalid_json"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
        (b'{"a": 01}', "invalid_json"),
        (b'{"a": "\xff"}', "invalid_utf8"),
        (b"[]", "not_an_object"),
        (b'"a"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"a": 1, "a": 2}', "repeated_field"),
        (b'{"b": {"a": 1, "a": 1}}', "repeated_field"),
        (b'{"a": NaN}', "invalid_number"),
        (b'{"a": -Infinity}', "invalid_number"),
        (b'{"a": 1e999}', "number_too_large"),
        (b'{"a": 9223372036854775808}', "number_too_large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a": "b\\u0000c"}', "nul_character"),
        (b'{"a\\u0000": 1}', "nul_character"),
        (b'{"a": "\\ud800"}', "invalid_character"),
        (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "too_deep"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too_deep"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(body, code):
    with pytest.raises(Unreadable) as refusal:
        parsing.read(body)
    assert refusal.value.code == code
    assert refusal.value.status == 400


def test_the_deepest_and_the_largest_that_are_taken():
    assert parsing.read(b'{"a": ' + b"[" * 19 + b"]" * 19 + b"}")
    assert parsing.read(b'{"a": 9223372036854775807}') == {"a": 2**63 - 1}


def test_a_refusal_names_the_place():
    with pytest.raises(Unreadable) as refusal:
        parsing.read(b'{"products": [{"name": "ok"}, {"name": "a\\u0000b"}]}')
    assert refusal.value.errors == {"products[1].name": "This text cannot be stored."}


def test_what_is_said_about_a_hostile_body_stays_short():
    name = b"a" * 100_000
    with pytest.raises(Unreadable) as refusal:
        parsing.read(b'{"' + name + b'": 1, "' + name + b'": 1}')
    assert len(refusal.value.message) < 200
