"""Acme’s developer: an endpoint, an order, and what the workers do."""

from django.utils import timezone

from advocacy.outbox import sending
from advocacy.outbox.drain import drain
from tests import cast


def endpoint_of(shop, server, **fields):
    answer = shop.post("/webhook_endpoints", {"url": server.url} | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def order(shop, number="1001", **fields):
    assert shop.post("/orders", cast.order(number, customer={"external_id": "fred"}) | fields).status_code == 201


def sent(at=None):
    """How many calls were made of what is due then."""
    at, count = at or timezone.now(), 0
    for lane in ("money", "people", "out"):
        while drain(lane, at=at):
            pass
    while sending.send_next(at=at):
        count += 1
    return count
