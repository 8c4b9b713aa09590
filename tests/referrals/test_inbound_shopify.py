"""The traps of Shopify's documents: whose money, which tests, what came back, what was edited, who asks for privacy."""

import pytest
from django.utils import timezone

from advocacy import customers
from referrals import inbound
from referrals.inbound import shopify_orders
from referrals.models import InboundMessage, Order, PrivacyRequest
from tests.cast import DAY, NOON
from tests.referrals import platforms_stage as stage


@pytest.fixture
def shop(acme):
    return stage.connected(acme, "shopify", shop="acme.myshopify.com")


@pytest.fixture
def tell(client, shop):
    sent = []

    def one(name, topic="orders/updated", **changes):
        sent.append(name)
        told = stage.document(f"shopify/{name}", **changes)
        assert stage.post(client, shop, told, topic=topic, name=str(len(sent))).status_code == 200
        inbound.work(at=timezone.now())
        return Order.objects.first()

    return one


def fields(**changes):
    return shopify_orders.order(stage.document("shopify/orders_paid", **changes))


MONEY = ["subtotal_minor", "discount_minor", "tax_minor", "shipping_minor", "total_minor", "revenue_minor"]
LINE = stage.document("shopify/orders_paid")["line_items"][0]
BACK = stage.document("shopify/refunds_create", transactions=[])
PAID_BACK = stage.document("shopify/refunds_create")["transactions"][0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [5000, 500, 797, 490, 4990, 3782]),
        # Shipping for nothing: its discount is among the others.
        ({"total_discounts": "9.90", "total_price": "45.00"}, [5000, 990, 797, 490, 4500, 3782]),
        # Tax on top.
        ({"taxes_included": False, "total_price": "57.87"}, [5000, 500, 797, 490, 5787, 4500]),
        # A gift card is money, not goods.
        ({"line_items": [LINE | {"gift_card": True, "tax_lines": []}]}, [5000, 500, 797, 490, 4990, 0]),
        # An edit that put a bag in, and one that took a bag out.
        ({"line_items": [LINE | {"quantity": 3}], "current_total_price": "74.90"}, [7500, 500, 797, 490, 7490, 5677]),
        (
            {"line_items": [LINE | {"current_quantity": 1}], "current_total_price": "27.40"},
            [5000, 2750, 797, 490, 2740, 2077],
        ),
        # Goods that came back before their money, and money that came back without goods, are no edits.
        ({"refunds": [BACK], "current_total_price": "27.40"}, [5000, 500, 797, 490, 4990, 3782]),
        ({"refunds": [stage.document("shopify/refunds_create")]}, [5000, 500, 797, 490, 4990, 3782]),
    ],
)
def test_the_amounts_of_an_order(changes, expected):
    taken = fields(**changes)
    assert [taken[name] for name in MONEY] == expected


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ()),
        ({"total_tax": None, "total_tip_received": ""}, ()),
        ({"total_tax": "x", "total_discounts": "1e400"}, ("total_discounts", "total_tax")),
        ({"total_shipping_price_set": {"shop_money": "5"}}, ("total_shipping_price_set.shop_money.amount",)),
        ({"line_items": [LINE, LINE | {"tax_lines": [{"price": "x"}]}]}, ("line_items.tax_lines.price",)),
        ({"line_items": [LINE | {"discount_allocations": 5}]}, ("line_items.discount_allocations.amount",)),
        ({"refunds": [BACK | {"transactions": [PAID_BACK | {"amount": "x"}]}]}, ("refunds.transactions.amount",)),
    ],
)
def test_amounts_that_are_none_are_named(changes, names):
    assert shopify_orders.unread(stage.document("shopify/orders_paid", **changes)) == names


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"financial_status": "partially_paid"}, "pending"),
        ({"financial_status": "authorized"}, "pending"),
        ({"financial_status": "partially_refunded"}, "paid"),
        ({"financial_status": "voided", "cancelled_at": "2026-03-03T10:00:00+01:00"}, "cancelled"),
    ],
)
def test_what_its_statuses_mean(changes, status):
    assert fields(**changes)["status"] == status


def test_a_sale_without_customer_or_email_is_taken(tell):
    order = tell("orders_paid", email=None, contact_email=None, customer=None)
    assert (order.customer.email, order.customer.external_id) == (None, None)


def test_an_order_that_was_cancelled_unpaid_gave_nothing_back(tell):
    tell("orders_paid", financial_status="pending")
    gone = {"cancelled_at": "2026-03-03T10:00:00+01:00", "updated_at": "2026-03-03T10:00:00+01:00"}
    order = tell("orders_paid", "orders/cancelled", financial_status="voided", **gone)
    assert (order.status, order.paid_at, order.refunded_minor) == ("cancelled", None, 0)


def test_refunds_are_counted_in_the_shops_money(tell):
    tell("orders_paid")
    assert tell("refunds_create_abroad", "refunds/create").refunded_minor == 2250
    # Without what its lines cost in the shop's money it waits for the order's own news, which know the rate.
    bare = stage.document("shopify/refunds_create_abroad", id=930003, refund_line_items=[])
    bare["transactions"][0] |= {"amount": "5.46"}
    tell("refunds_create_abroad", "refunds/create", **bare)
    assert InboundMessage.objects.first().state == "ignored"
    again = {"refunds": [bare], "updated_at": "2026-03-04T10:00:00+01:00", "financial_status": "partially_refunded"}
    # 49.90 EUR were paid as 54.56 USD: 5.46 USD are 4.99 EUR.
    assert tell("orders_paid", **again).refunded_minor == 2250 + 499


def test_a_refund_of_which_nobody_can_tell_how_much_fails_and_is_seen_with_the_order(tell):
    tell("refunds_create", "refunds/create", transactions=[PAID_BACK | {"amount": "x"}])
    message = InboundMessage.objects.get()
    assert (message.state, message.note.split(".")[0]) == ("failed", "Missing or unreadable: transactions")
    order = tell("orders_paid", refunds=[BACK | {"transactions": [PAID_BACK | {"amount": "x"}]}])
    assert (order.status, order.refunded_minor, order.warnings[-1]["names"]) == (
        "paid",
        0,
        ["refunds.transactions.amount"],
    )


def test_parcels_are_sent_and_delivered_and_told_again(tell):
    tell("orders_paid")
    tell("fulfillments_create", "fulfillments/create")
    order = tell("fulfillments_update", "fulfillments/update")
    assert (order.shipped_at.day, order.delivered_at.day) == (3, 5)
    # Its later changes have another time, which is not that of the delivery.
    parcel = stage.document("shopify/fulfillments_update", updated_at="2026-03-09T10:00:00+01:00")
    order = tell("orders_paid", fulfillments=[parcel], updated_at="2026-03-09T10:00:00+01:00")
    assert (order.delivered_at.day, InboundMessage.objects.first().state) == (5, "done")


def test_parcels_told_before_their_order_keep_their_later_news(tell):
    tell("fulfillments_create", "fulfillments/create")
    tell("fulfillments_update", "fulfillments/update")
    order = tell("orders_paid")
    assert (order.shipped_at.day, order.delivered_at.day) == (3, 5)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"total_price": "-5.00"}, "total_price"),
        ({"total_price": "1e400"}, "total_price"),
        ({"currency": None}, "currency"),
        ({"financial_status": 7}, "financial_status"),
        (None, "financial_status"),
    ],
)
def test_a_document_without_its_money_or_status_changes_nothing_and_may_be_replayed(client, shop, tell, changes, word):
    paid = tell("orders_paid")
    if changes is None:
        stage.post(client, shop, {"id": int(paid.external_id)}, topic="orders/updated", name="bare")
        inbound.work(at=timezone.now())
    else:
        tell("orders_paid", updated_at="2026-03-09T10:00:00+01:00", **changes)
    order, message = Order.objects.get(), InboundMessage.objects.first()
    assert (order.status, order.total_minor, order.revenue_minor) == ("paid", 4990, 3782)
    assert (message.state, order.version) == ("failed", paid.version)
    assert f"{word}" in message.note
    assert "Nothing of it was taken" in message.note
    assert inbound.replay(messages=InboundMessage.objects.filter(pk=message.pk), at=timezone.now()) == 1


def test_two_shops_of_one_storefront_may_number_alike(tell, client, acme):
    tell("orders_paid")
    other = stage.connected(acme, "shopify", shop="acme-austria.myshopify.com")
    stage.post(client, other, stage.document("shopify/orders_paid", id=42), topic="orders/paid")
    inbound.work(at=timezone.now())
    assert set(Order.objects.values_list("external_id", flat=True)) == {"5501234567890", "42"}


def test_requests_for_privacy_are_rows_to_be_answered(tell, acme):
    tell("customers_redact", "customers/redact")
    assert (PrivacyRequest.objects.get().state, PrivacyRequest.objects.get().note) == (
        "done",
        "Nothing is kept of this customer.",
    )
    fred = customers.upsert(storefront=acme, fields={"external_id": "7001234567890"}, at=NOON)[0]
    for _ in range(2):
        tell("customers_data_request", "customers/data_request")
    asked = PrivacyRequest.objects.get(state="open")
    assert (asked.kind, asked.customer, asked.reference, asked.orders) == ("data", fred, "9999", ["5501234567890"])
    assert asked.due_at - asked.asked_at == 30 * DAY


@pytest.mark.parametrize("topic", ["shop/redact", "customers/redact", "customers/data_request", "app/uninstalled"])
@pytest.mark.parametrize("named", ["acme.myshopify.com", ""])
def test_another_body_signed_by_the_shop_erases_nothing_and_ends_nothing(client, acme, topic, named):
    shop = stage.connected(acme, "shopify", shop=named)
    kind = topic.replace("/", "_")
    told = [stage.document(f"shopify/{path.stem}") for path in sorted((stage.PAYLOADS / "shopify").glob("*.json"))]
    right = stage.document(f"shopify/{kind}")
    told.remove(right)
    domain = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
    told += [{name: value for name, value in right.items() if name != domain} | {"domain": "acme.example"}]
    told += [right | {domain: wrong} for wrong in (None, "", 7, "acme.example", *["rival.myshopify.com"] * bool(named))]
    for number, document in enumerate(told):
        assert stage.post(client, shop, document, topic=topic, name=f"{number}").status_code == 200
    inbound.work(at=timezone.now())
    shop.refresh_from_db()
    states = InboundMessage.objects.values_list("state", flat=True)
    assert (list(states), PrivacyRequest.objects.count()) == (["failed"] * len(told), 0)
    assert (shop.status, topic in shop.last_failure) == ("active", True)
    stage.post(client, shop, right, topic=topic, name="right")
    inbound.work(at=timezone.now())
    assert InboundMessage.objects.get(message_id="right").state == "done"


def test_a_shop_that_left_asks_once_and_is_listened_to_no_longer(tell, shop):
    tell("shop_redact", "shop/redact")
    shop.refresh_from_db()
    assert (PrivacyRequest.objects.get().kind, shop.status) == ("shop", "ended")
