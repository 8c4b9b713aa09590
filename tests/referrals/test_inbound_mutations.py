"""Recorded messages, spoilt in every way: never a 5xx, nothing forged is taken, nothing is half-written.

``INBOUND_SEED`` repeats a run, ``INBOUND_CASES`` asks for more.
"""

import copy
import json
import os
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from referrals import inbound
from referrals.inbound import payloads
from referrals.models import Fulfilment, InboundMessage, Order, PrivacyRequest, Refund, WaitingFact
from tests.referrals import platforms_stage as stage


def topic_of(platform, name):
    """Of a recorded document; Stripe has it in the body."""
    if platform == "woocommerce":
        return "customer.updated" if name.startswith("customer") else "order.updated"
    return "customers/data_request" if "data_request" in name else name.replace("_abroad", "").replace("_", "/", 1)


RECORDED = sorted(
    (path.parent.name, path.stem, path.read_bytes())
    for path in stage.PAYLOADS.glob("*/*.json")
    # It ends the connection, and everything after it would be refused.
    if path.stem not in ("app_uninstalled", "shop_redact")
)
ODD = [None, True, False, 0, -1, 1, 10**13, 10**400, -0.5, 1e308, "", " ", "0", "-1", "1e999999999", "NaN", "Infinity"]
ODD += [
    "\0",
    "\ud800",
    "x" * 3000,
    "٣",
    "2026-13-45T99:99:99",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]
ODD += [[], {}, [None], [[]], {"": None}, [{}] * 3, {"id": {"id": {}}}, 253402300800, -62135596801]


def _places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*path, name))


def _changed(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return document


def flip(chance, raw):
    """Some values become others, of another type mostly."""
    document = json.loads(raw)
    for _ in range(chance.randint(1, 4)):
        paths = [path for path in _places(document) if path]
        document = _changed(document, chance.choice(paths), chance.choice(ODD))
    return json.dumps(document).encode("utf-8", "surrogatepass")


def lose(chance, raw):
    document = json.loads(raw)
    place = document
    for name in chance.choice([path for path in _places(document) if path and isinstance(path[-1], str)])[:-1]:
        place = place[name]
    del place[chance.choice(list(place))]
    return json.dumps(document).encode()


def truncate(chance, raw):
    return raw[: chance.randrange(len(raw))]


def nest(chance, raw):
    deep = chance.choice([61, 500, 5000, 200_000])
    begin, end = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return b'{"id": 1, "x": ' + begin * deep + b"1" + end * deep + b"}"


def double(chance, raw):
    text = raw.decode()
    name = chance.choice(['"id"', '"status"', '"currency"', '"created"', '"total"'])
    return text.replace(name, f"{name}: 7, {name}", 1).encode()


def encode(chance, raw):
    return raw.decode().encode(chance.choice(["utf-16", "utf-32", "utf-8-sig", "cp500"]), "replace")


def noise(chance, raw):
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


SPOILT = [flip, flip, flip, lose, truncate, nest, double, encode, noise]


def forge(chance, connection, raw, headers):
    """Headers that do not fit; for Stripe also those of another time."""
    now = timezone.now()
    if connection.platform == "stripe" and chance.random() < 0.5:
        wrong = now + chance.choice([-1, 1]) * timedelta(seconds=chance.choice([400, 86400, 10**8]))
        return {"Stripe-Signature": stage.stripe_signature(raw, at=wrong)}
    name = next(name for name in headers if "Signature" in name or "Hmac" in name)
    signature = headers[name]
    return headers | {
        name: chance.choice([signature[:-1], signature[::-1], "", "ü", "v1=", signature.swapcase(), "x" * 5000])
    }


def rows():
    return [model.objects.count() for model in (Order, Refund, Fulfilment, WaitingFact, PrivacyRequest)]


def spoil(client, connections, cases, number):
    chance, seen = random.Random(number), Counter()
    for case in range(cases):
        platform, name, recorded = chance.choice(RECORDED)
        connection, change = connections[platform], chance.choice(SPOILT)
        raw = change(chance, recorded)
        headers = stage.headers_of(platform, raw, topic=topic_of(platform, name), name=str(case))
        if chance.random() < 0.2:
            before = InboundMessage.objects.count()
            answer = stage.post(client, connection, raw, headers=forge(chance, connection, raw, headers))
            told = (number, case, platform, name, change.__name__)
            assert (answer.status_code in (401, 422), InboundMessage.objects.count()) == (True, before), told
            seen["refused"] += 1
            continue
        answer = stage.post(client, connection, raw, headers=headers)
        assert answer.status_code == 200, (number, case, platform, name, change.__name__, answer.content)
        seen[_worked_on(case, number, name, change)] += 1
    return seen


def _worked_on(case, number, name, change):
    """The state of the newest message; one that could not be taken left nothing behind, and says why in words."""
    before = rows()
    inbound.work(at=timezone.now())
    message = InboundMessage.objects.first()
    told = (number, case, name, change.__name__, message.note)
    assert "unexpectedly" not in message.note, told
    if message.state in ("failed", "received"):
        assert (rows(), bool(message.note)) == (before, True), told
    return message.state


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "soon", 7, None])
def test_a_time_that_is_none_is_none(text):
    assert payloads.moment(text) is None


@pytest.fixture
def connections(acme, program):
    return {platform: stage.connected(acme, platform) for platform in ("shopify", "stripe", "woocommerce")}


def run(client, connections, cases):
    number = int(os.environ.get("INBOUND_SEED") or random.randrange(10**6))
    print(f"INBOUND_SEED={number}")
    seen = spoil(client, connections, cases, number)
    print(dict(seen))
    assert {"refused", "failed", "done"} <= set(seen)


def test_spoilt_messages_are_refused_or_fail_in_words(client, connections):
    run(client, connections, int(os.environ.get("INBOUND_CASES") or 120))


@pytest.mark.full
def test_thousands_of_spoilt_messages(client, connections):
    run(client, connections, 5000)
