"""Shopify's webhooks: https://shopify.dev/docs/api/webhooks. Pure.

Amounts are those of the shop's own currency, never the customer's: the top-level fields, or ``shop_money``.
"""

import base64
import hashlib
import hmac

from referrals.inbound import calls, payloads
from referrals.inbound.payloads import email, inside, minor, moment, objects, said, text
from referrals.models import OrderKind, OrderStatus, RefundKind, Source

SOURCE = Source.SHOPIFY
TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "refunds/create",
    "fulfillments/create",
    "fulfillments/update",
    "customers/create",
    "customers/update",
    "customers/merge",
    "customers/redact",
    "customers/data_request",
    "shop/redact",
    "app/uninstalled",
)
# The cart attributes that the snippet writes.
CLICK, CODE = "advocacy_click", "advocacy_code"
_PAID = {"paid", "partially_refunded", "refunded"}
_LONGEST_NAME = 300


def is_ping(raw, headers):
    return False


def is_signed(raw, headers, *, secret):
    """Base64 of HMAC-SHA256 over the body as it came."""
    wanted = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
    return hmac.compare_digest(wanted.encode(), headers.get("x-shopify-hmac-sha256", "").encode(errors="replace"))


def check_age(headers, *, at):
    """Shopify signs no moment: a replay is known by its id."""


def named(raw, headers):
    topic = text(headers.get("x-shopify-topic"), 100)
    return topic, text(headers.get("x-shopify-webhook-id")) or hashlib.sha256(raw).hexdigest()


def read(topic, raw):
    data = payloads.loaded(raw)
    if topic in _READERS:
        return _READERS[topic](data)
    if topic == "orders/edited":
        return calls.Reading(ignored="orders/updated tells of the same change.")
    return calls.Reading(ignored="This topic is not needed.")


def order(data):
    """The fields of an order as Shopify writes it, in its webhooks and in its REST API alike."""
    currency = text(data.get("currency"), 3).upper()
    attributes = _attributes(data)
    lines = [_line(line, currency) for line in objects(data.get("line_items"))]
    tax = minor(data.get("total_tax"), currency)
    included = bool(data.get("taxes_included"))
    line_tax = sum(
        minor(each.get("price"), currency)
        for line in objects(data.get("line_items"))
        for each in objects(line.get("tax_lines"))
    )
    goods = minor(data.get("subtotal_price"), currency)
    return said(
        external_id=text(data.get("id")),
        identifiers=said(number=text(data.get("name")), checkout_token=text(data.get("checkout_token"))),
        status=_status(data),
        kind=OrderKind.RENEWAL if data.get("source_name") == "subscription_contract" else None,
        customer=_customer_of(data),
        click_id=attributes.get(CLICK),
        referral_code=attributes.get(CODE),
        coupon_codes=[text(each.get("code")) for each in objects(data.get("discount_codes")) if text(each.get("code"))],
        currency=currency,
        country=_country(data),
        placed_at=moment(data.get("processed_at")) or moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
        products=lines,
        source=said(channel=text(data.get("source_name"), 40), landing=text(data.get("landing_site"), 500)),
        metadata=attributes,
    ) | {
        "subtotal_minor": max(minor(data.get("total_line_items_price"), currency), 0),
        "discount_minor": max(minor(data.get("total_discounts"), currency), 0),
        "tax_minor": max(tax, 0),
        "tax_included": included,
        "shipping_minor": max(minor(inside(data, "total_shipping_price_set", "shop_money", "amount"), currency), 0),
        "other_minor": max(
            minor(data.get("total_tip_received"), currency)
            + minor(inside(data, "current_total_duties_set", "shop_money", "amount"), currency),
            0,
        ),
        "total_minor": max(minor(data.get("total_price"), currency), 0),
        # Before shipping and its discounts, and without the goods' own tax.
        "revenue_minor": max(goods - (line_tax if included else 0), 0),
    }


def _status(data):
    if data.get("cancelled_at"):
        return OrderStatus.CANCELLED
    return OrderStatus.PAID if data.get("financial_status") in _PAID else OrderStatus.PENDING


def _attributes(data):
    found = {text(each.get("name"), 60): text(each.get("value")) for each in objects(data.get("note_attributes"))}
    return {name: value for name, value in list(found.items())[:20] if name and value}


def _customer_of(data):
    person = data.get("customer") if isinstance(data.get("customer"), dict) else {}
    return _person(person) | said(email=email(person.get("email") or data.get("email")))


def _person(person):
    name = f"{text(person.get('first_name'))} {text(person.get('last_name'))}".strip()
    return said(
        external_id=text(person.get("id")),
        email=email(person.get("email")),
        name=name[:200],
        phone=text(person.get("phone"), 40),
        country=text(inside(person, "default_address", "country_code"), 2),
        created_at=moment(person.get("created_at")),
        updated_at=moment(person.get("updated_at")),
    )


def _country(data):
    code = inside(data, "shipping_address", "country_code") or inside(data, "billing_address", "country_code")
    return text(code, 2)


def _line(line, currency):
    discounts = sum(minor(each.get("amount"), currency) for each in objects(line.get("discount_allocations")))
    quantity = line.get("quantity")
    return said(
        line_id=text(line.get("id")),
        product_id=text(line.get("product_id")),
        variant_id=text(line.get("variant_id")),
        sku=text(line.get("sku")),
        name=text(line.get("name") or line.get("title"), _LONGEST_NAME),
        category=text(line.get("product_type")),
        quantity=quantity if isinstance(quantity, int) and quantity > 0 else None,
    ) | {
        "price_minor": max(minor(line.get("price"), currency), 0),
        "discount_minor": max(discounts, 0),
        "requires_shipping": bool(line.get("requires_shipping", True)),
    }


def _read_order(data):
    fields = order(data)
    taken = [calls.TakeOrder(fields)]
    names = (("external_id", fields.get("external_id", "")),)
    taken += [call for refund in objects(data.get("refunds")) for call in _refund(refund, names, fields["currency"])]
    taken += [_fulfilment(each, names) for each in objects(data.get("fulfillments"))]
    return calls.Reading(calls=tuple(taken), test=data.get("test") is True)


def _read_refund(data):
    names = (("external_id", text(data.get("order_id"))),)
    currency = next((text(each.get("currency"), 3) for each in objects(data.get("transactions"))), "")
    found = _refund(data, names, currency)
    ignored = "" if found else "No money was given back."
    return calls.Reading(calls=tuple(found), ignored=ignored, test=_is_test(data))


def _is_test(data):
    return any(each.get("test") is True for each in objects(data.get("transactions")))


def _refund(data, names, currency):
    """What was given back by the refund's transactions that succeeded; a restock alone is no refund."""
    given = [
        minor(_shop_amount(each), currency)
        for each in objects(data.get("transactions"))
        if each.get("kind") == "refund" and each.get("status") == "success"
    ]
    if sum(given) <= 0:
        return []
    lines = [_returned(each) for each in objects(data.get("refund_line_items"))]
    fields = said(
        refund_id=text(data.get("id")),
        kind=RefundKind.REFUND,
        products=[line for line in lines if line.get("line_id")],
        reason=text(data.get("note")),
        refunded_at=moment(data.get("processed_at")) or moment(data.get("created_at")),
    )
    return [calls.TakeRefund(names, fields | {"amount_minor": sum(given)})]


def _shop_amount(transaction):
    return inside(transaction, "amount_set", "shop_money", "amount") or transaction.get("amount")


def _returned(each):
    quantity = each.get("quantity")
    return said(
        line_id=text(each.get("line_item_id")),
        quantity=quantity if isinstance(quantity, int) and quantity > 0 else None,
    )


def _read_fulfilment(data):
    if data.get("status") in ("cancelled", "error", "failure"):
        return calls.Reading(ignored="The parcel was not sent.")
    return calls.Reading(calls=(_fulfilment(data, (("external_id", text(data.get("order_id"))),)),))


def _fulfilment(data, names):
    delivered = data.get("shipment_status") == "delivered"
    lines = [
        said(line_id=text(each.get("id")), quantity=each.get("quantity") or None)
        for each in objects(data.get("line_items"))
    ]
    fields = said(
        fulfilment_id=text(data.get("id")),
        shipped_at=moment(data.get("created_at")),
        delivered_at=moment(data.get("updated_at")) if delivered else None,
        products=[line for line in lines if line.get("line_id")],
    )
    return calls.TakeFulfilment(names, fields)


def _read_customer(data):
    return calls.Reading(calls=(calls.TakeCustomer(_person(data)),))


def _read_merge(data):
    keep, lose = (
        text(data.get("admin_graphql_api_customer_kept_id")),
        text(data.get("admin_graphql_api_customer_deleted_id")),
    )
    keep, lose = keep.rpartition("/")[2], lose.rpartition("/")[2]
    if not keep or not lose:
        return calls.Reading(ignored="It names no two customers.")
    return calls.Reading(calls=(calls.MergeCustomers(keep, lose),))


def _read_redaction(data):
    return calls.Reading(calls=(calls.RedactCustomer(_person(data.get("customer") or {})),))


def _read_data_request(data):
    return calls.Reading(calls=(calls.AskForData(_person(data.get("customer") or {})),))


def _read_end(data):
    return calls.Reading(calls=(calls.EndConnection(),))


_READERS = {
    **dict.fromkeys(("orders/create", "orders/updated", "orders/paid", "orders/cancelled"), _read_order),
    "refunds/create": _read_refund,
    **dict.fromkeys(("fulfillments/create", "fulfillments/update"), _read_fulfilment),
    **dict.fromkeys(("customers/create", "customers/update"), _read_customer),
    "customers/merge": _read_merge,
    "customers/redact": _read_redaction,
    "customers/data_request": _read_data_request,
    **dict.fromkeys(("shop/redact", "app/uninstalled"), _read_end),
}
