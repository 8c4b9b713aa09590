"""Shopify's webhooks: https://shopify.dev/docs/api/webhooks. Pure.

Amounts are those of the shop's own currency, never the customer's: the top-level fields, or ``shop_money``.
"""

import base64
import hashlib
import hmac
import re

from advocacy.refusals import Refused
from referrals.inbound import calls, payloads, shopify_orders, shopify_refunds
from referrals.inbound.payloads import moment, object_of, objects, said, text, whole
from referrals.models import PrivacyKind, Source

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
# The signature covers the body and not the topic: what erases or ends must say so by its body too.
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,100}\.myshopify\.com")
_OF_ONE_CUSTOMER = ("customer", "orders_to_redact", "orders_requested", "data_request")


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


def listed(topic, document, *, told_at):
    """What an entry of the API's lists comes to; it tells the same as a webhook of the topic."""
    return read_order(document)


def read_order(data):
    """As its webhooks and its REST API have it."""
    fields = shopify_orders.order(data)
    names = calls.names(external_id=fields.get("external_id"))
    rate = shopify_refunds.Rate.of(data)
    taken = [calls.TakeOrder(fields, shopify_orders.unread(data))]
    taken += [call for each in objects(data.get("refunds")) for call in shopify_refunds.calls_of(each, names, rate)]
    taken += [_fulfilment(each, names) for each in objects(data.get("fulfillments")) if _was_sent(each)]
    return calls.Reading(calls=tuple(taken), test=data.get("test") is True)


def _read_refund(data):
    names = calls.names(external_id=text(data.get("order_id")))
    payloads.check(transactions=shopify_refunds.are_amounts(data))
    found = shopify_refunds.calls_of(data, names, shopify_refunds.Rate())
    ignored = "" if found else "No money was given back, or orders/updated tells how much in the shop’s currency."
    test = any(each.get("test") is True for each in objects(data.get("transactions")))
    return calls.Reading(calls=tuple(found), ignored=ignored, test=test)


def _read_fulfilment(data):
    if not _was_sent(data):
        return calls.Reading(ignored="The parcel was not sent.")
    return calls.Reading(calls=(_fulfilment(data, calls.names(external_id=text(data.get("order_id")))),))


def _was_sent(data):
    return data.get("status") not in ("cancelled", "error", "failure")


def _fulfilment(data, names):
    delivered = data.get("shipment_status") == "delivered"
    lines = [
        said(line_id=text(each.get("id")), quantity=whole(each.get("quantity")) or None)
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
    person = shopify_orders.person(data)
    if "external_id" not in person:
        return calls.Reading(ignored="It names no customer.")
    return calls.Reading(calls=(calls.TakeCustomer(person),))


def _read_merge(data):
    kept, lost = data.get("admin_graphql_api_customer_kept_id"), data.get("admin_graphql_api_customer_deleted_id")
    keep, lose = (text(each).rpartition("/")[2] for each in (kept, lost))
    if not keep or not lose or data.get("status") == "failed":
        return calls.Reading(ignored="No two customers were merged.")
    return calls.Reading(calls=(calls.MergeCustomers(keep, lose),))


def _read_redaction(data):
    _check_kind(data, "customer", "orders_to_redact")
    return _asked(PrivacyKind.REDACT, data, data.get("orders_to_redact"))


def _read_data_request(data):
    _check_kind(data, "customer", "orders_requested", "data_request")
    reference = text(object_of(data.get("data_request")).get("id"))
    return _asked(PrivacyKind.DATA, data, data.get("orders_requested"), reference)


def _check_kind(data, *named):
    """Refuse a body that is not of the topic it came by: without what such a one names, or with what it does not."""
    if odd := [name for name in _OF_ONE_CUSTOMER if name in data and name not in named]:
        said = f"It names {', '.join(odd)}: its body is that of another topic. Nothing was done."
        raise Refused("another_topic", said)
    there = {name: isinstance(data.get(name), dict) if name == "customer" else name in data for name in named[:2]}
    payloads.check(shop_id=bool(text(data.get("shop_id"))), **there)


def _asked(kind, data, orders, reference=""):
    named = tuple(text(each) for each in orders if text(each)) if isinstance(orders, list) else ()
    person = shopify_orders.person(object_of(data.get("customer")))
    asked = calls.AskPrivacy(kind, person, reference, named[:1000])
    return calls.Reading(calls=(asked,), shop=_shop(data, "shop_domain"))


def _read_shop_redaction(data):
    _check_kind(data)
    asked = calls.AskPrivacy(PrivacyKind.SHOP, {})
    return calls.Reading(calls=(asked, calls.EndConnection()), shop=_shop(data, "shop_domain"))


def _read_end(data):
    name = "myshopify_domain" if "myshopify_domain" in data else "domain"
    return calls.Reading(calls=(calls.EndConnection(),), shop=_shop(data, name))


def _shop(data, name):
    shop = text(data.get(name)).lower()
    payloads.check(**{name: _SHOP.fullmatch(shop)})
    return shop


_READERS = {
    **dict.fromkeys(("orders/create", "orders/updated", "orders/paid", "orders/cancelled"), read_order),
    "refunds/create": _read_refund,
    **dict.fromkeys(("fulfillments/create", "fulfillments/update"), _read_fulfilment),
    **dict.fromkeys(("customers/create", "customers/update"), _read_customer),
    "customers/merge": _read_merge,
    "customers/redact": _read_redaction,
    "customers/data_request": _read_data_request,
    "shop/redact": _read_shop_redaction,
    "app/uninstalled": _read_end,
}
