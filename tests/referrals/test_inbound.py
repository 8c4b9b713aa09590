"""What platforms send is checked at the door, kept as it came, and taken once by a worker."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest

from advocacy import connections, ids, secrets
from advocacy.models import Storefront
from referrals import inbound, orders
from referrals.models import Conversion, InboundMessage, InboundRefusal, Order, WaitingFact
from tests import cast
from tests.cast import DAY, HOUR, NOON

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "shpss_0123456789abcdef"


def body(name, **changes):
    return json.dumps(json.loads((PAYLOADS / f"shopify/{name}.json").read_text()) | changes).encode()


@pytest.fixture
def shop(acme):
    return connections.connect(
        storefront=acme, platform="shopify", name="Acme’s shop", shop="acme.myshopify.com", secret=SECRET, at=NOON
    )


@pytest.fixture
def send(client, shop, django_capture_on_commit_callbacks):
    def post(topic, raw, *, name="w-1", secret=SECRET, **headers):
        signature = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
        sent = {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": name, "X-Shopify-Hmac-Sha256": signature} | headers
        address = f"/in/shopify/{ids.encode('con', shop.public_id)}"
        return client.post(address, raw, content_type="application/json", headers=sent)

    return post


def test_a_paid_order_of_a_friend_converts(send, alice):
    answer = send("orders/paid", body("orders_paid"))
    assert (answer.status_code, answer.json()) == (200, {"received": True, "replayed": False})
    assert (Order.objects.count(), InboundMessage.objects.get().state) == (0, "received")
    assert inbound.work(at=NOON + DAY) == 1
    order = Order.objects.get()
    assert (order.external_id, order.brought_by, order.status, order.currency) == (
        "5501234567890",
        "shopify",
        "paid",
        "EUR",
    )
    assert (order.subtotal_minor, order.discount_minor, order.shipping_minor, order.total_minor) == (
        5000,
        500,
        490,
        4990,
    )
    assert (order.tax_minor, order.revenue_minor, order.warnings) == (797, 4500 - 718, [])
    assert (order.coupon_codes, order.country, order.metadata["gift"]) == (["SPRING"], "DE", "yes")
    assert order.products[0]["sku"] == "BEANS-500"
    assert (order.customer.external_id, order.customer.email) == ("7001234567890", "fred@example.com")
    assert Conversion.objects.get().referral.advocate == alice
    assert InboundMessage.objects.get().state == "done"


def test_the_same_message_again_is_taken_once(send):
    send("orders/paid", body("orders_paid"))
    assert send("orders/paid", body("orders_paid")).json()["replayed"] is True
    inbound.work(at=NOON + DAY)
    # Another message of the same order, as Shopify sends several at once, changes nothing.
    send("orders/updated", body("orders_paid"), name="w-2")
    inbound.work(at=NOON + DAY)
    assert (Order.objects.get().version, InboundMessage.objects.filter(state="done").count()) == (1, 2)


def test_a_refund_before_its_order_waits_and_counts_once(send):
    send("refunds/create", body("refunds_create"))
    inbound.work(at=NOON + DAY)
    assert WaitingFact.objects.get().state == "waiting"
    refund = json.loads(body("refunds_create"))
    send("orders/updated", body("orders_paid", financial_status="partially_refunded", refunds=[refund]), name="w-2")
    inbound.work(at=NOON + DAY)
    order = Order.objects.get()
    assert (order.status, order.refunded_minor, order.refunds.get().refund_id) == ("paid", 2250, "930001")


def test_a_forged_message_is_refused_and_counted(send, client, shop):
    assert send("orders/paid", body("orders_paid"), secret="another").status_code == 401
    assert send("orders/paid", body("orders_paid"), **{"X-Shopify-Hmac-Sha256": "ü"}).status_code == 401
    elsewhere = client.post(f"/in/stripe/{ids.encode('con', shop.public_id)}", b"{}", content_type="application/json")
    assert elsewhere.status_code == 404
    large = send("orders/paid", b" " * 5_000_000)
    assert (large.status_code, large.json()["code"]) == (413, "message_too_large")
    InboundRefusal.objects.filter(reason="message_too_large").delete()
    assert client.post("/in/shopify/con_nobody", b"{}", content_type="application/json").status_code == 404
    assert (InboundRefusal.objects.get().reason, InboundRefusal.objects.get().count) == ("invalid_signature", 2)
    assert InboundMessage.objects.count() == 0


def test_both_secrets_sign_while_one_takes_the_others_place(send, shop):
    connections.change_secret(connection=shop, secret="the-new-one", at=shop.created_at)
    shop.previous_secret_until = shop.created_at + timedelta(days=3650)
    shop.save()
    assert send("orders/paid", body("orders_paid")).status_code == 200
    assert send("orders/paid", body("orders_paid"), secret="the-new-one", name="w-2").status_code == 200
    assert connections.signing_secrets(shop, at=NOON + 4000 * DAY) == ["the-new-one"]


def test_the_body_is_kept_sealed(send):
    send("orders/paid", body("orders_paid"))
    kept = bytes(InboundMessage.objects.get().raw)
    assert b"fred@example.com" not in kept
    assert secrets.open(kept).encode("latin-1") == body("orders_paid")


def test_what_cannot_be_read_fails_visibly_and_may_be_replayed(send, shop):
    send("orders/paid", b"{not json")
    inbound.work(at=NOON)
    message = InboundMessage.objects.get()
    assert (message.state, "not the JSON" in message.note) == ("failed", True)
    shop.refresh_from_db()
    assert shop.last_failure.startswith("orders/paid")
    message.raw = secrets.seal(body("orders_paid").decode("latin-1"))
    message.save()
    assert inbound.replay(messages=InboundMessage.objects.all(), at=NOON + HOUR) == 1
    inbound.work(at=NOON + DAY)
    message.refresh_from_db()
    assert (message.state, Order.objects.count()) == ("done", 1)


def test_test_orders_belong_to_the_twin(send, acme):
    send("orders/paid", body("orders_paid", test=True))
    inbound.work(at=NOON + DAY)
    assert Order.objects.get().storefront == Storefront.objects.get(test_twin_of=acme)


def test_a_shop_that_is_gone_is_listened_to_no_longer(send):
    for number, domain in enumerate(({}, {"domain": "acme.example"}, {"myshopify_domain": "rival.myshopify.com"})):
        send("app/uninstalled", json.dumps({"id": 1} | domain).encode(), name=f"another's {number}")
    inbound.work(at=NOON)
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"failed"}
    send("app/uninstalled", body("app_uninstalled"))
    inbound.work(at=NOON)
    assert send("orders/paid", body("orders_paid"), name="w-2").status_code == 404


def test_what_was_worked_on_is_forgotten_and_what_failed_is_not(send, monkeypatch):
    monkeypatch.setattr("referrals.inbound.working.FORGOTTEN_AT_ONCE", 2)
    for number in range(3):
        send("orders/edited", b"{}", name=f"edited-{number}")
    send("orders/paid", b"{not json", name="w-2")
    inbound.work(at=NOON)
    came = InboundMessage.objects.latest("id").received_at
    assert inbound.forget(before=came - DAY) == 0
    send("orders/edited", b"{}", name="still waits")
    assert inbound.forget(before=came + DAY) == 3
    assert sorted(InboundMessage.objects.values_list("state", flat=True)) == ["failed", "received"]


def test_an_order_told_by_the_api_and_by_one_of_several_shops_is_one(acme, shop, send):
    said = {"platform": "woocommerce", "name": "Second", "shop": "https://acme.example", "secret": SECRET}
    connections.connect(storefront=acme, at=NOON, **said)

    def by_api(name, number, **changes):
        fields = cast.order(name, subtotal_minor=4990, shipping_minor=0, total_minor=4990, placed_at=NOON, **changes)
        return orders.record(storefront=acme, orders=[fields | {"identifiers": {"number": number}}], at=NOON)[0].order

    def by_shop(order_id, number):
        told = {"id": order_id, "name": number, "processed_at": NOON.isoformat(), "updated_at": NOON.isoformat()}
        send("orders/paid", json.dumps(json.loads(body("orders_paid")) | told).encode(), name=f"w-{order_id}")
        inbound.work(at=NOON + HOUR)
        return orders.named(storefront=acme, names=[("external_id", str(order_id))])

    first = by_api("A-1", "35147101")
    assert by_shop(1, "#35147101") == first
    # Another shop's order of the same number is its own, and so is an old one, and one that cost something else.
    assert by_shop(2, "#35147101") != first
    later = by_shop(3, "#35147102")
    assert by_api("A-3", "#35147102") == by_api("A-4", "35147102") == later
    by_shop(4, "#35147103")
    assert by_api("A-5", "35147103", currency="USD").external_id == "A-5"
    assert Order.objects.count() == 5
