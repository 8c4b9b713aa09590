import pytest
from django.utils import timezone

from advocacy import ids
from referrals import inbound
from referrals.models import Click, Order
from tests import cast
from tests.flows.api import publishable, secret
from tests.referrals import platforms_stage
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db


def test_a_browser_reports_a_click_and_the_order_that_names_it_is_alices(acme, alice):
    rule_of(alice.program)
    click = publishable(acme).post("/clicks", {"code": "alice-link", "utm": {"source": "whatsapp"}})
    assert click.status_code == 201
    assert click.json()["click_id"].startswith("clk_")
    (offer,) = publishable(acme).get("/offers", side="friend").json()["data"]
    assert (offer["amount"]["amount_minor"], click.json()["offer"]) == (500, offer)
    told = publishable(acme).post("/codes/validate", {"code": "alice-link"}).json()
    assert (click.json()["click_precedence"], told["click_precedence"]) == ("last", "last")
    bond = secret(acme).post("/signups", {"customer": {"external_id": "fred"}, "click_id": click.json()["click_id"]})
    assert bond.json()["referral"]["method"] == "click"
    assert bond.json()["referral"]["click_id"] == click.json()["click_id"]


def test_clicks_of_one_browser_are_one_visitor_and_those_of_a_server_are_not(acme, alice):
    for caller in (publishable(acme), publishable(acme), secret(acme)):
        caller.post("/clicks", {"code": "ALICE-LINK"})
    visitors = [bytes(click.visitor) for click in Click.objects.order_by("id")]
    assert visitors[0] == visitors[1] != b""
    assert visitors[2] == b""


def test_a_code_of_another_storefront_is_unknown(acme, rival, alice):
    answer = publishable(rival).post("/clicks", {"code": "alice-link"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
    assert Click.objects.count() == 0


def test_a_link_that_is_switched_off_takes_no_click(acme, alice):
    alice.links.update(status="disabled")
    answer = publishable(acme).post("/clicks", {"code": "alice-link"})
    assert (answer.status_code, answer.json()["code"]) == (422, "link_disabled")
    assert Click.objects.count() == 0


def test_an_order_placed_before_its_click_is_not_brought_by_it(acme, alice, client):
    """Whoever tells it: neither a server nor a platform can be told of a click of tomorrow."""
    shop, yesterday = secret(acme), timezone.now() - cast.DAY
    click = shop.post("/clicks", {"code": "alice-link"}).json()["click_id"]
    order = cast.order(customer={"external_id": "fred"}, click_id=click, placed_at=yesterday)
    told = shop.post("/orders", order).json()
    assert [(one["key"], one["numbers"]) for one in told["reasons"]] == [("came_too_late", {"days": 1})]
    assert told["reasons"][0]["text"] == (
        "The click or invitation came after the order or sign-up (1 days later), so it cannot have brought it."
    )
    assert told["conversions"] == []
    row = platforms_stage.connected(acme, "shopify")
    bought = platforms_stage.document("shopify/orders_paid", created_at=yesterday.isoformat())
    bought |= {"processed_at": yesterday.isoformat(), "note_attributes": [{"name": "advocacy_click", "value": click}]}
    platforms_stage.post(client, row, bought, topic="orders/paid", name="a")
    inbound.work(at=timezone.now())
    order = Order.objects.get(brought_by="shopify")
    assert (str(order.click_id), order.conversions.count()) == (str(ids.decode("clk", click)), 0)
    assert [one["key"] for one in order.unattributed] == ["came_too_late"]
    # What comes after the click does.
    told = shop.post("/orders", cast.order("2", customer="ext_mia", click_id=click, placed_at=timezone.now())).json()
    assert len(told["conversions"]) == 1
