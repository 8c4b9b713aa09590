"""WooCommerce's webhooks: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks. Pure.

An order comes whole each time, its refunds within; what is sent is sent once, so reconciling finds what was missed.
Amounts are decimal texts without tax; they are told with it where the shop's prices hold it, as its customers see them.
"""

import base64
import hashlib
import hmac
import re

from advocacy import money
from referrals.inbound import calls, payloads
from referrals.inbound.payloads import (
    email,
    inside,
    is_price,
    kept,
    minor,
    moment,
    object_of,
    objects,
    said,
    text,
    whole,
)
from referrals.models import OrderKind, OrderStatus, RefundKind, Source

SOURCE = Source.WOOCOMMERCE
TOPICS = ("order.created", "order.updated", "order.restored", "customer.created", "customer.updated")
_PING = re.compile(rb"webhook_id=\d{1,19}")
_PAID = {"processing", "completed", "refunded"}
_LEFT = {"cancelled", "trash"}
# What is 0 where it cannot be read; of what an order is refused without, see _check.
_PARTS = (
    "discount_total",
    "discount_tax",
    "shipping_total",
    "shipping_tax",
    "total_tax",
    "line_items.subtotal",
    "line_items.subtotal_tax",
    "line_items.total_tax",
    "fee_lines.total",
    "fee_lines.total_tax",
    "refunds.total",
)
_NO_ORDER = {"auto-draft", "checkout-draft", "draft"}
_MOST_LINES = 1000
# Where a payment plugin keeps which payment it was.
_INTENTS = ("_stripe_intent_id", "_intent_id")


def is_ping(raw, headers):
    """Sent when a webhook is saved, by WooCommerce before it signs anything: it wants a 200 and says nothing else."""
    return "x-wc-webhook-signature" not in headers and bool(_PING.fullmatch(raw))


def is_signed(raw, headers, *, secret):
    """Base64 of HMAC-SHA256 over the body as it came."""
    wanted = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
    return hmac.compare_digest(wanted.encode(), headers.get("x-wc-webhook-signature", "").encode(errors="replace"))


def check_age(headers, *, at):
    """WooCommerce signs no moment: a replay is known by its id and body."""


def named(raw, headers):
    """Its delivery id is not unique; and one body may rightly come twice, after a refund was deleted again."""
    topic, delivery = text(headers.get("x-wc-webhook-topic"), 100), text(headers.get("x-wc-webhook-delivery-id"), 100)
    return topic, hashlib.sha256(f"{topic}\n{delivery}\n".encode() + raw).hexdigest()


def read(topic, raw):
    data = payloads.loaded(raw)
    if topic in ("order.created", "order.updated", "order.restored"):
        return read_order(data)
    if topic in ("customer.created", "customer.updated"):
        return _read_customer(data)
    if topic == "order.deleted":
        return calls.Reading(ignored="An order that is tidied away takes back nothing; cancel or refund it for that.")
    return calls.Reading(ignored="This topic is not needed.")


def listed(topic, document, *, told_at):
    """What an entry of the API's lists comes to; it tells the same as a webhook of the topic."""
    return read_order(document)


def read_order(data):
    """As its webhooks and its REST API have it."""
    if text(data.get("status")) in _NO_ORDER:
        return calls.Reading(ignored="The order is not placed yet.")
    fields = order(data)
    names = calls.names(external_id=fields.get("external_id"))
    taken = [calls.TakeOrder(fields, payloads.unread(data, _is_amount(fields["currency"]), *_PARTS))]
    if isinstance(data.get("refunds"), list):
        there = tuple(text(each.get("id")) for each in objects(data["refunds"]))
        taken.append(calls.TakeAllRefunds(names, _refunds(data, fields), there, fields.get("updated_at")))
    delivered = moment(data.get("date_completed_gmt"))
    if data.get("status") == "completed" and delivered:
        taken.append(calls.TakeFulfilment(names, {"fulfilment_id": "completed", "delivered_at": delivered}))
    return calls.Reading(calls=tuple(taken))


def order(data):
    currency = text(data.get("currency"), 3).upper()
    _check(data, currency)
    gross = data.get("prices_include_tax") is True
    lines = objects(data.get("line_items"))[:_MOST_LINES]
    noted = _noted(data)
    renewal = text(noted.get("_subscription_renewal"))
    return said(
        external_id=text(data.get("id")),
        identifiers=_identifiers(data, noted),
        status=_status(data),
        kind=OrderKind.RENEWAL if renewal or data.get("created_via") == "subscription" else None,
        subscription_id=renewal,
        customer=_customer_of(data),
        click_id=_hint(noted, "click"),
        referral_code=_hint(noted, "code"),
        coupon_codes=[code for each in objects(data.get("coupon_lines"))[:50] if (code := text(each.get("code")))],
        currency=currency,
        country=text(inside(data, "shipping", "country") or inside(data, "billing", "country"), 2),
        placed_at=moment(data.get("date_created_gmt")),
        paid_at=moment(data.get("date_paid_gmt")),
        updated_at=moment(data.get("date_modified_gmt")),
        products=[_line(line, currency, gross) for line in lines],
        source=said(
            channel=text(data.get("created_via"), 40),
            utm_source=text(noted.get("_wc_order_attribution_utm_source"), 100),
            utm_medium=text(noted.get("_wc_order_attribution_utm_medium"), 100),
            utm_campaign=text(noted.get("_wc_order_attribution_utm_campaign"), 100),
        ),
        metadata=kept((name, value) for name, value in noted.items() if not name.startswith("_")),
        ip=text(data.get("customer_ip_address"), 60),
        user_agent=text(data.get("customer_user_agent"), 1000),
        shipping_hash=_door(object_of(data.get("shipping"))),
    ) | _money(data, lines, currency, gross)


def _door(to):
    return payloads.place_hash(to.get("country"), to.get("postcode"), to.get("address_1"))


def _check(data, currency):
    """Refused without what its money and its status are made of; a date of payment may be null."""
    lines, status = data.get("line_items"), text(data.get("status"))
    payloads.check(
        id=text(data.get("id")),
        status=status,
        currency=currency in money.CURRENCIES,
        total=is_price(data.get("total"), currency),
        date_paid_gmt=status not in _PAID or "date_paid_gmt" in data,
        line_items=isinstance(lines, list) and all(is_price(each.get("total"), currency) for each in objects(lines)),
    )


def _is_amount(currency):
    return lambda value: payloads.minor_or_none(value, currency) is not None


def _money(data, lines, currency, gross):
    def of(told, name, tax):
        """One amount, with its tax where the prices hold it."""
        return minor(told.get(name), currency) + (minor(told.get(tax), currency) if gross else 0)

    other = sum(of(fee, "total", "total_tax") for fee in objects(data.get("fee_lines")))
    return {
        "subtotal_minor": max(sum(of(line, "subtotal", "subtotal_tax") for line in lines), 0),
        # A fee below 0 is how some plugins give a discount.
        "discount_minor": max(of(data, "discount_total", "discount_tax"), 0) + max(-other, 0),
        "tax_minor": max(minor(data.get("total_tax"), currency), 0),
        "tax_included": gross,
        "shipping_minor": max(of(data, "shipping_total", "shipping_tax"), 0),
        "other_minor": max(other, 0),
        "total_minor": max(minor(data.get("total"), currency), 0),
        "revenue_minor": max(sum(minor(line.get("total"), currency) for line in lines) + min(other, 0), 0),
    }


def _line(line, currency, gross):
    """The price of a piece is rounded up; the discount evens out what that is too much."""
    tax = ("subtotal_tax", "total_tax") if gross else ()
    before = minor(line.get("subtotal"), currency) + sum(minor(line.get(name), currency) for name in tax[:1])
    after = minor(line.get("total"), currency) + sum(minor(line.get(name), currency) for name in tax[1:])
    pieces = max(whole(line.get("quantity")), 1)
    price = max(-(-before // pieces), 0)
    return said(
        line_id=text(line.get("id")),
        product_id=text(line.get("product_id") or None),
        variant_id=text(line.get("variation_id") or None),
        sku=text(line.get("sku")),
        name=text(line.get("name"), 300),
        quantity=min(pieces, 1_000_000),
    ) | {"price_minor": price, "discount_minor": max(price * pieces - after, 0)}


def _status(data):
    """Paid is what has a date of payment: cash on delivery is processing, and not paid."""
    status = text(data.get("status"))
    if status in _LEFT or (status == "refunded" and not objects(data.get("refunds"))):
        return OrderStatus.CANCELLED
    return OrderStatus.PAID if status in _PAID and data.get("date_paid_gmt") else OrderStatus.PENDING


def _refunds(data, fields):
    """Each is told without a time of its own: that of the change which told of it."""
    found = []
    for each in objects(data.get("refunds")):
        given = abs(minor(each.get("total"), fields.get("currency", "")))
        refund = said(
            refund_id=text(each.get("id")),
            kind=RefundKind.REFUND,
            reason=text(each.get("reason")),
            refunded_at=fields.get("updated_at"),
        )
        if given and "refund_id" in refund:
            found.append(refund | {"amount_minor": given})
    return tuple(found)


def _identifiers(data, noted):
    paid_by = text(data.get("transaction_id"))
    return said(
        number=text(data.get("number")),
        charge=paid_by if paid_by.startswith(("ch_", "py_")) else None,
        payment_intent=paid_by
        if paid_by.startswith("pi_")
        else next((text(noted[name]) for name in _INTENTS if name in noted), None),
    )


def _noted(data):
    """The order's notes by name; only texts and numbers are of use."""
    return {
        text(each.get("key"), 100): each.get("value")
        for each in objects(data.get("meta_data"))
        if isinstance(each.get("value"), str | int) and text(each.get("key"), 100)
    }


def _hint(noted, what):
    return text(noted.get(f"advocacy_{what}") or noted.get(f"_advocacy_{what}"))


def _customer_of(data):
    """A guest has the id 0, and is known by the e-mail of the bill."""
    bill = object_of(data.get("billing"))
    return said(
        external_id=text(data.get("customer_id") or None),
        email=email(bill.get("email")),
        name=_name(bill),
        phone=text(bill.get("phone"), 40),
        country=text(bill.get("country"), 2),
    )


def _read_customer(data):
    if not data.get("id"):
        return calls.Reading(ignored="It names no customer.")
    fields = said(
        external_id=text(data.get("id")),
        email=email(data.get("email")),
        name=_name(data) or _name(object_of(data.get("billing"))),
        country=text(inside(data, "billing", "country"), 2),
        created_at=moment(data.get("date_created_gmt")),
        updated_at=moment(data.get("date_modified_gmt")),
    )
    return calls.Reading(calls=(calls.TakeCustomer(fields),))


def _name(person):
    return f"{text(person.get('first_name'))} {text(person.get('last_name'))}".strip()[:200]
