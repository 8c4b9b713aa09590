"""WooCommerce tells an order whole each time, its refunds within, and tells nothing twice."""

import pytest
from django.utils import timezone

from advocacy import connections
from referrals import inbound
from referrals.inbound import hearing, woocommerce
from referrals.models import Conversion, InboundMessage, Order
from referrals.orders import noted
from tests.referrals import platforms_stage as stage


@pytest.fixture
def shop(acme):
    return stage.connected(acme, "woocommerce", shop="https://shop.acme.example")


@pytest.fixture
def tell(client, shop):
    def one(name, topic="order.updated", *, delivery="1", **changes):
        told = stage.document(f"woocommerce/{name}", **changes)
        assert stage.post(client, shop, told, topic=topic, name=delivery).status_code == 200
        inbound.work(at=timezone.now())
        return Order.objects.first()

    return one


def test_a_paid_order_of_a_friend_converts(tell, alice):
    order = tell("order_created", "order.created")
    assert (order.external_id, order.brought_by, order.status, order.tax_included) == (
        "727",
        "woocommerce",
        "paid",
        True,
    )
    assert (order.subtotal_minor, order.discount_minor, order.shipping_minor, order.total_minor) == (
        5000,
        500,
        490,
        4990,
    )
    assert (order.tax_minor, order.revenue_minor, order.warnings) == (796, 3782, [])
    assert (order.coupon_codes, order.metadata, order.source["utm_source"]) == (
        ["spring"],
        {"gift": "yes"},
        "newsletter",
    )
    assert (order.products[0]["price_minor"], order.products[0]["discount_minor"]) == (2500, 500)
    assert (order.customer.external_id, order.customer.email) == ("26", "fred@example.com")
    assert Conversion.objects.get().referral.advocate == alice


def test_a_guest_who_pays_later(tell):
    order = tell("order_guest", "order.created")
    assert (order.status, order.customer.external_id, order.customer.email) == ("pending", None, "fred@example.com")
    assert (order.tax_included, order.subtotal_minor, order.total_minor, order.warnings) == (False, 4202, 4990, [])
    # Cash on delivery is being processed, and not paid.
    assert tell("order_guest", status="processing", date_modified_gmt="2026-03-02T13:00:00").status == "pending"
    paid = {"status": "processing", "date_paid_gmt": "2026-03-03T12:00:00", "date_modified_gmt": "2026-03-03T12:00:00"}
    order = tell("order_guest", **paid)
    assert (order.status, order.paid_at.isoformat()) == ("paid", "2026-03-03T12:00:00+00:00")


def test_a_refund_comes_with_its_order_and_may_be_deleted_again(tell):
    tell("order_created", "order.created")
    assert tell("order_refunded").refunded_minor == 2250
    # Newer news without it: it was deleted. Sent again with another delivery: an older message changes nothing.
    assert tell("order_created", date_modified_gmt="2026-03-03T12:30:00").refunded_minor == 0
    order = tell("order_refunded", delivery="2")
    assert (order.refunded_minor, InboundMessage.objects.order_by("-id")[0].note) == (
        0,
        "Newer news of its refunds were here.",
    )


def test_amounts_that_are_none_count_0_and_are_seen_and_undo_no_refund(tell):
    line = stage.document("woocommerce/order_created")["line_items"][0]
    odd = {"total_tax": "much", "line_items": [line | {"subtotal": {}}, line], "fee_lines": [{"total": True}, 7]}
    order = tell("order_created", "order.created", **odd)
    names = ["total_tax", "line_items.subtotal", "fee_lines.total", "fee_lines.total_tax"]
    assert order.warnings[-1] == {"code": "amount_unreadable", "source": "woocommerce", "names": names}
    assert (order.status, order.tax_minor, order.total_minor) == ("paid", 0, 4990)
    assert InboundMessage.objects.get().note == f"No amounts, counted as 0: {', '.join(names)}."
    assert noted.in_words(order.warnings[-1], currency="EUR") == (
        f"WooCommerce told amounts that cannot be read, and count as 0: {', '.join(names)}. Compare it there."
    )
    assert tell("order_refunded").refunded_minor == 2250
    refund = stage.document("woocommerce/order_refunded")["refunds"][0]
    for place, refunds in enumerate([[refund | {"total": "?"}], "?"], start=1):
        order = tell("order_refunded", refunds=refunds, date_modified_gmt=f"2026-03-05T12:0{place}:00")
        assert (order.refunded_minor, order.warnings[-1]["names"]) == (2250, ["refunds.total"])


def test_a_completed_order_was_delivered_once(tell):
    order = tell("order_completed")
    assert order.delivered_at.isoformat() == "2026-03-04T12:00:00+00:00"
    again = {"date_completed_gmt": "2026-03-06T12:00:00", "date_modified_gmt": "2026-03-06T12:00:00"}
    assert tell("order_completed", **again).delivered_at == order.delivered_at
    assert InboundMessage.objects.first().note == "A parcel was told differently before; what was said first stays."


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "failed"}, "pending"),
        ({"status": "on-hold"}, "pending"),
        ({"status": "refunded"}, "cancelled"),
        ({"status": "refunded", "refunds": [{"id": 9, "reason": "", "total": "-49.90"}]}, "paid"),
        ({"status": "completed"}, "paid"),
    ],
)
def test_what_its_statuses_mean(tell, changes, status):
    assert tell("order_created", **changes).status == status


def test_fees_and_discounts_given_as_fees_add_up(tell):
    fee = {"id": 1, "name": "Wrapping", "total": "2.00", "total_tax": "0.38"}
    order = tell("order_created", fee_lines=[fee], total="52.28", total_tax="8.34")
    assert (order.other_minor, order.total_minor, order.warnings) == (238, 5228, [])
    less = fee | {"total": "-2.00", "total_tax": "-0.38"}
    order = tell("order_created", fee_lines=[less], total="47.52", date_modified_gmt="2026-03-02T12:30:00")
    assert (order.discount_minor, order.revenue_minor, order.warnings) == (738, 3544, [])


def test_drafts_and_deleted_orders_change_nothing(tell, shop):
    assert tell("order_created", status="checkout-draft") is None
    tell("order_created")
    assert tell("order_deleted", "order.deleted").status == "paid"
    # What came but is not needed is not missing, nor does anybody register it.
    connections.note_heard(connection=shop, topics=woocommerce.TOPICS, at=timezone.now())
    sent = {each.name: each.sent for each in hearing.topics_of(connection=shop)}
    assert sent == dict.fromkeys(woocommerce.TOPICS, True) | {"order.deleted": None}


def test_the_ping_of_a_new_webhook_is_answered(client, shop):
    answer = stage.post(client, shop, b"webhook_id=123", headers={})
    assert (answer.status_code, InboundMessage.objects.count()) == (200, 0)
    assert stage.post(client, shop, b'{"webhook_id": 123}', headers={}).status_code == 401


def test_a_customer_is_known_by_the_account(tell, acme):
    tell("customer_updated", "customer.updated")
    assert acme.customers.get().external_id == "26"


def test_a_restored_order_of_which_nothing_is_said_stays_as_it_was(client, shop, tell):
    paid = tell("order_created", "order.created")
    stage.post(client, shop, {"id": int(paid.external_id)}, topic="order.restored", name="2")
    inbound.work(at=timezone.now())
    order, message = Order.objects.get(), InboundMessage.objects.first()
    assert (order.status, order.total_minor, message.state) == ("paid", paid.total_minor, "failed")
    assert "status, currency, total, line_items" in message.note
