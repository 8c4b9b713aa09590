"""Recorded messages, spoilt in every way: never a 5xx, nothing forged is taken, nothing is half-written.

Most are only read, as that asks no database; some are then done, and some come in by HTTP. ``INBOUND_SEED`` repeats a
run, ``INBOUND_CASES`` asks for more: ``INBOUND_CASES=50000 bin/test tests/referrals/test_inbound_mutations.py``.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from advocacy.refusals import Refused
from referrals import inbound
from referrals.inbound import doing, payloads, platforms
from referrals.models import Fulfilment, InboundMessage, Order, PrivacyRequest, Refund, WaitingFact
from tests.referrals import platforms_stage as stage
from tests.spoiling import SPOILT, drawn

# One of so many cases comes in by HTTP; of those that can be read, this share is done.
CASES, BY_HTTP, DONE = 3000, 60, 0.06


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


def spoil(client, connections, cases):
    """How often each end came."""
    chance, seen = drawn("INBOUND_SEED"), Counter()
    for case in range(cases):
        platform, name, recorded = chance.choice(RECORDED)
        change = chance.choice(SPOILT)
        raw, topic = change(chance, recorded), topic_of(platform, name)
        try:
            if case % BY_HTTP == 0:
                headers = stage.headers_of(platform, raw, topic=topic, name=str(case))
                end = _posted(client, chance, connections[platform], raw, headers)
            else:
                end = _read(chance, connections[platform], raw, topic)
        except Exception as error:
            raise AssertionError(f"{case}: {platform} {name} {change.__name__}: {error!r}\n{raw[:3000]}") from error
        seen[end] += 1
    return seen


def _read(chance, connection, raw, topic):
    platform = platforms.ALL[connection.platform]
    try:
        told, _ = platform.named(raw, {f"x-{name}-topic": topic for name in ("shopify", "wc-webhook")})
        reading = platform.read(told, raw)
    except Refused as refusal:
        assert refusal.message
        return "unreadable"
    if chance.random() < DONE:
        return _done(reading, connection, platform.SOURCE)
    return "read"


def _done(reading, connection, source):
    before = rows()
    try:
        with transaction.atomic():
            doing.do(reading, connection=connection, source=source, at=timezone.now())
    except (doing.NotYet, Refused) as refusal:
        assert (str(refusal) != "", rows()) == (True, before)
        return "refused in words"
    return "done"


def _posted(client, chance, connection, raw, headers):
    if chance.random() < 0.3:
        before = InboundMessage.objects.count()
        answer = stage.post(client, connection, raw, headers=forge(chance, connection, raw, headers))
        assert (answer.status_code in (401, 422), InboundMessage.objects.count()) == (True, before)
        return "forged"
    answer = stage.post(client, connection, raw, headers=headers)
    assert answer.status_code == 200, answer.content
    return "posted, " + _worked_on()


def _worked_on():
    """The state of the newest message; one that could not be taken left nothing behind, and says why in words."""
    before = rows()
    inbound.work(at=timezone.now())
    message = InboundMessage.objects.first()
    assert "unexpectedly" not in message.note, message.note
    if message.state in ("failed", "received"):
        assert (rows(), bool(message.note)) == (before, True), message.note
    return message.state


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "soon", 7, None])
def test_a_time_that_is_none_is_none(text):
    assert payloads.moment(text) is None


@pytest.fixture
def connections(acme, program):
    return {platform: stage.connected(acme, platform) for platform in ("shopify", "stripe", "woocommerce")}


def test_spoilt_messages_are_refused_or_fail_in_words(client, connections):
    seen = spoil(client, connections, int(os.environ.get("INBOUND_CASES") or CASES))
    print(dict(seen))
    assert {"unreadable", "read", "done", "forged", "posted, failed", "posted, done"} <= set(seen)


@pytest.mark.full
def test_tens_of_thousands_of_spoilt_messages(client, connections):
    spoil(client, connections, 50_000)
