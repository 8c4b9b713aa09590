"""What is given is checked fast where it is usual, and never otherwise than the slow way says."""

import json
import random
import string
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.core.validators import validate_email
from django.db import connection

from advocacy import given
from advocacy.models import bulk

_EAST = timezone(timedelta(hours=5, minutes=30))
_MOMENT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
LEAVES = [None, True, False, 0, -7, 2**63, 2**70, 1.5, 1e300, "", "Zoë", 'a"\\\n', "\u2028\x7f", _MOMENT]
LEAVES += [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 1, tzinfo=UTC, fold=1)]
LEAVES += [_MOMENT.astimezone(_EAST), _MOMENT.replace(tzinfo=None), _MOMENT.date(), UUID(int=7), "\ud800"]


def document(dice, depth):
    if depth == 0 or dice.random() < 0.3:
        return dice.choice(LEAVES)
    inner = [document(dice, depth - 1) for _ in range(dice.randint(0, 4))]
    named = {dice.choice(["b", "a", "Ä", "a b", "c"]) + str(place): each for place, each in enumerate(inner)}
    return dice.choice([named, inner, tuple(inner)])


def plainly(value):
    """As the standard library writes it."""
    if isinstance(value, dict):
        return {key: plainly(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [plainly(inner) for inner in value]
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else str(value) if isinstance(value, UUID) else value


def test_a_digest_is_of_the_text_that_the_standard_library_writes():
    dice = random.Random(8)
    for _ in range(1000):
        told = {"of": document(dice, 3)}
        text = json.dumps(plainly(told), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert given.canonical(told) == text
        if "\ud800" not in text and len(text) < 10_000:
            assert given.data("traits", told) == json.loads(text)


def test_an_address_that_is_taken_at_once_is_one_for_django_too():
    dice = random.Random(8)
    taken = 0
    for _ in range(5000):
        text = "".join(dice.choices(string.ascii_letters + "09._+-@@.", k=dice.randint(5, 14))) + ".de"
        if given._USUAL_ADDRESS(text):
            validate_email(text)
            taken += 1
    assert taken > 50
    odd = ["a@b", "a@-b.de", "a@b-.de", "a..b@c.de", ".a@c.de", "a@c.d", f"a@{'b' * 64}.de", "a@b.de\n", "ä@b.de"]
    assert not any(given._USUAL_ADDRESS(text) for text in odd)


@pytest.mark.django_db
def test_texts_arrive_as_one_parameter_as_they_are():
    texts = ["", "NULL", 'a","b', "\\", "{x}", "%s", "it's", " Zoë\n", '"']
    with connection.cursor() as cursor:
        for some in ([], texts, texts[:1], texts[-1:], ["a", "b"]):
            cursor.execute("SELECT %s::text[]", [bulk.array(some)])
            assert cursor.fetchone() == (some,)
