"""From where people sign up: comparable for a while, and nothing of an address."""

import pytest
from django.utils import timezone

from referrals import orders, signups, traces
from referrals.inbound import payloads, shopify_orders, stripe_orders, woocommerce
from referrals.models import Pepper, Trace
from tests import cast
from tests.cast import NOON
from tests.flows.api import secret
from tests.referrals import platforms_stage as stage

pytestmark = pytest.mark.django_db


def came(acme, name, ip, agent="Firefox", at=NOON):
    signups.record(storefront=acme, customer={"external_id": name}, ip=ip, user_agent=agent, at=at)
    return Trace.objects.get(customer__external_id=name)


def test_one_network_and_one_browser_are_known_again_in_the_next_period_too(acme):
    first, beside = came(acme, "fred", "203.0.113.7"), came(acme, "mia", "203.0.113.7", "Safari")
    assert (bytes(first.network), bytes(first.device)) != (bytes(beside.network), bytes(beside.device))
    assert bytes(first.network) == bytes(beside.network)
    assert bytes(came(acme, "ina", "203.0.114.7").network) != bytes(first.network)
    later = came(acme, "lea", "203.0.113.7", at=NOON + traces.PERIOD)
    assert (bytes(later.network_before), bytes(later.device_before)) == (bytes(first.network), bytes(first.device))


def test_traces_and_what_compares_them_are_forgotten(acme):
    came(acme, "fred", "203.0.113.7")
    came(acme, "mia", "2001:db8::1", at=NOON + 2 * traces.PERIOD)
    traces.forget(at=NOON + 2 * traces.PERIOD)
    assert (Trace.objects.get().customer.external_id, Pepper.objects.count()) == ("mia", 2)


def test_a_signup_tells_where_it_came_from_once_and_in_an_address(acme, alice, counted):
    shop = secret(acme)
    said = {"customer": {"external_id": "fred"}, "referral_code": "alice-link", "ip": "203.0.113.7", "user_agent": "x"}
    assert [shop.post("/signups", said).status_code for _ in range(2)] == [201, 200]
    assert Trace.objects.count() == 1
    before = counted()
    for wrong in ("here", "203.0.113", "x" * 61):
        problem = shop.post("/signups", said | {"customer": {"external_id": "new"}, "ip": wrong})
        assert (problem.status_code, list(problem.json()["errors"])) == (422, ["ip"])
    assert counted() == before


def test_an_order_tells_where_it_came_from_and_nothing_of_it_is_kept_with_the_order(acme, alice, counted):
    shop = secret(acme)
    said = cast.order("1001", customer={"external_id": "fred"}) | {"placed_at": NOON.isoformat()}
    place = {"ip": "203.0.113.7", "user_agent": "Firefox"}
    assert [shop.post("/orders", said | place).status_code, shop.post("/orders", said).status_code] == [201, 200]
    trace = Trace.objects.get()
    assert (trace.customer.external_id, bytes(trace.device)) == (
        "fred",
        bytes(came(acme, "mia", place["ip"], at=timezone.now()).device),
    )
    before = counted()
    problem = shop.post("/orders", said | {"external_id": "1002", "ip": "here"})
    assert (problem.status_code, list(problem.json()["errors"])) == (422, ["ip"])
    assert counted() == before


def test_what_platforms_tell_of_the_browser_and_the_door_is_compared(acme, program):
    """One browser and one address, told by Shopify and by WooCommerce: digests that are alike."""
    woo = woocommerce.order(stage.document("woocommerce/order_created"))
    to = {"country_code": "DE", "zip": "20 095", "address1": "Hafenstraße 1"}
    shopify = shopify_orders.order(stage.document("shopify/orders_paid", shipping_address=to, browser_ip="203.0.113.7"))
    there = payloads.place_hash("de", "20095", "hafenstrasse 1".upper())
    assert (woo["ip"], shopify["ip"], shopify["shipping_hash"]) == ("203.0.113.7", "203.0.113.7", there)
    assert payloads.place_hash("DE", "", "Hafenstraße 1") == ""
    for number, fields in enumerate((woo, shopify | {"ip": "unknown"})):
        orders.bring(storefront=acme, fields=fields, source=("woocommerce", "shopify")[number], at=NOON)
    assert Trace.objects.count() == 1
    card = {"latest_charge": {"payment_method_details": {"card": {"fingerprint": "Xt5EWLLDS7FJjR1c"}}}}
    intent = stage.document("stripe/payment_intent_succeeded")["data"]["object"] | card
    assert stripe_orders.of_intent(intent)["payment_fingerprint"] == "Xt5EWLLDS7FJjR1c"
