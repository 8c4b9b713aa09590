"""Acme is told what happens: signed, in its own time, for days, and nobody else is."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from advocacy import keys, twins
from advocacy.models import Customer, Delivery, Pending, WebhookEndpoint
from advocacy.outbox import sending
from config import event_examples
from tests import cast
from tests.flows.api import Caller, secret
from tests.flows.webhook_stage import endpoint_of, order, sent
from tests.receiver import receiving
from tests.rewards import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with receiving() as server:
        yield server


@pytest.fixture
def shop(acme):
    return secret(acme)


def test_an_order_is_told_to_its_shop_and_to_nobody_else(shop, server, alice, rival):
    made = endpoint_of(shop, server)
    with receiving() as rivals:
        endpoint_of(secret(rival), rivals)
        order(shop, referral_code="alice-link")
        assert sent() == len(server.got)
        assert rivals.got == []
    assert {"order.recorded", "conversion.recorded", "referral.created", "customer.created"} <= set(server.told)
    headers, body = server.got[server.told.index("order.recorded")]
    told = Webhook(made["secret"]).verify(body, headers)
    [event] = shop.get("/events", type="order.recorded").json()["data"]
    assert headers["webhook-id"] == told["id"] == event["id"]
    assert (told["resource_version"], told["mode"]) == (1, "live")
    data = told["data"]
    assert data["facts"] == event["facts"]
    assert (data["subject"], data["order_external_id"]) == (event["subject"], "1001")
    assert data["customer"] == {"id": event["customer"], "external_id": "fred"}
    assert "example.com" not in body.decode(), "ids, and nothing personal"
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body.replace(b"5400", b"9400"), headers)
    [delivery] = shop.get("/deliveries", type="order.recorded").json()["data"]
    attempts = shop.get(f"/deliveries/{delivery['id']}").json()["attempts"]
    assert [(each["status"], each["answer"], each["failure"]) for each in attempts] == [(200, "thank you", "")]


def test_what_is_sent_is_like_the_examples_of_the_documentation(shop, server, alice, program):
    endpoint_of(shop, server)
    scene.rule_of(program, hold_days=0)
    order(shop, referral_code="alice-link")
    shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 1400})
    sent()
    assert len(set(server.told)) >= 7
    for _, body in server.got:
        told = json.loads(body)
        example = event_examples.example(told["type"])
        assert list(told) == list(example)
        assert list(told["data"]) == list(example["data"])
        for name, value in told["data"]["facts"].items():
            shown = example["data"]["facts"][name]
            assert value is None or shown is None or kind_of(value) == kind_of(shown), (told["type"], name)


def kind_of(value):
    """Its type, and of an id its prefix."""
    named = isinstance(value, str) and value[3:4] == "_" and len(value) == len("ord_") + 26
    return value[:4] if named else type(value)


def test_a_storefront_without_endpoints_has_no_work_for_them(shop, alice):
    order(shop)
    assert not Pending.objects.filter(lane="out").exists()


def test_only_the_types_that_were_asked_for_are_sent(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    assert sent() == 1
    assert server.told == ["order.recorded"]


def test_who_is_forgotten_before_it_is_sent_is_not_in_it(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    Customer.objects.update(external_id=None)
    sent()
    assert json.loads(server.got[0][1])["data"]["customer"]["external_id"] is None


def test_an_address_is_an_endpoint_once(shop, server):
    made = endpoint_of(shop, server, description="loyalty")
    again = shop.post("/webhook_endpoints", {"url": server.url, "description": "loyalty"})
    assert (again.status_code, again["Idempotent-Replayed"], again.json() | {"secret": made["secret"]}) == (
        200,
        "true",
        made,
    )
    assert "secret" not in again.json()
    assert shop.post("/webhook_endpoints", {"url": server.url}).json()["code"] == "idempotency_conflict"
    assert "secret" not in shop.get(f"/webhook_endpoints/{made['id']}").json()
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "ftp://acme.example"}, "invalid_address"),
        ({"url": "https://acme.example/", "event_types": ["order.recored"]}, "unknown_event_type"),
        ({"url": "https://acme.example/", "event_type": []}, "invalid"),
    ],
)
def test_what_cannot_be_called_is_refused(shop, fields, code, counted):
    before = counted()
    assert shop.post("/webhook_endpoints", fields).json()["code"] == code
    assert counted() == before


def test_during_a_rotation_both_secrets_sign(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    rotate = f"/webhook_endpoints/{made['id']}/rotate_secret"
    new = shop.post(
        rotate, {"overlap_hours": 1}, headers={"Authorization": f"Bearer {shop.token}", "Idempotency-Key": "r"}
    )
    assert new.status_code == 201, new.content
    assert new.json()["secret"] != made["secret"]
    order(shop)
    sent()
    headers, body = server.got[0]
    for each in (made["secret"], new.json()["secret"]):
        assert Webhook(each).verify(body, headers)["type"] == "order.recorded"
    delivery, body = Delivery.objects.select_related("endpoint").get(), b"{}"
    late = sending.signed(delivery, body, at=timezone.now() + timedelta(hours=2))
    assert len(late["webhook-signature"].split()) == 1


def test_a_test_event_is_an_example_and_is_tried_once_also_where_the_endpoint_is_disabled(shop, server):
    made = endpoint_of(shop, server)
    shop.patch(f"/webhook_endpoints/{made['id']}", {"status": "disabled"})
    server.answer = 500
    first = shop.post(f"/webhook_endpoints/{made['id']}/test", {"type": "reward.credited"})
    assert (first.status_code, first.json()["status"], first.json()["event"]) == (201, "pending", None)
    assert sent() == 1
    told = Webhook(made["secret"]).verify(server.got[0][1], server.got[0][0])
    assert (told["mode"], told["type"], told["id"]) == ("example", "reward.credited", first.json()["id"])
    seen = shop.get(f"/deliveries/{first.json()['id']}").json()
    assert (seen["status"], seen["attempts"][0]["status"]) == ("failed", 500)
    assert WebhookEndpoint.objects.get().failing_since is None, "a test says nothing of the endpoint"


def test_a_test_twin_has_endpoints_of_its_own(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    twin = twins.of(acme, at=timezone.now())
    test_key = Caller(keys.make(storefront=twin, kind="secret", name="test", at=cast.NOON)[1])
    with receiving() as tested:
        endpoint_of(test_key, tested, event_types=["order.recorded"])
        order(test_key)
        sent()
        assert json.loads(tested.got[0][1])["mode"] == "test"
    assert server.got == []


def test_a_removed_endpoint_is_gone_and_its_deliveries_stay(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    sent()
    page = f"/webhook_endpoints/{made['id']}"
    test = shop.post(f"{page}/test").json()["id"]
    assert [shop.delete(page).status_code, shop.delete(page).status_code] == [200, 200]
    assert shop.get(page).status_code == 404
    assert shop.get(f"/deliveries/{test}").json()["status"] == "cancelled"
    [delivery] = shop.get("/deliveries", status="delivered").json()["data"]
    assert shop.post(f"/deliveries/{delivery['id']}/replay").json()["code"] == "endpoint_removed"
    assert endpoint_of(shop, server)["id"] != made["id"]
