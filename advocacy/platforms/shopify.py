"""Shopify's Admin API: https://shopify.dev/docs/api/admin-rest."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from advocacy.platforms.calling import PlatformFailed, Registered

credentials = {"access_token": "Admin API access token"}
VERSION = "2026-07"
PAGE = 50
# Shopify takes these from the app's own settings only: “Compliance webhooks”.
BY_HAND = {"customers/redact", "customers/data_request", "shop/redact"}
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')


def changed(caller, *, since, until, cursor):
    """A page of the orders that changed in the period, refunds and parcels within."""
    period = {"updated_at_min": since.isoformat(), "updated_at_max": until.isoformat()}
    query = cursor or {"status": "any", "order": "updated_at asc"} | period
    answer, told = _ask(caller, "GET", "orders.json", query=query | {"limit": PAGE})
    return [("orders/updated", order) for order in _list(told, "orders")], _next(answer)


def _next(answer):
    """The cursor of the next page; its address is the platform's word, and our token goes to our shop only."""
    found = _NEXT.search(answer.headers.get("link", ""))
    cursor = parse_qs(urlsplit(found[1]).query).get("page_info") if found else None
    return {"page_info": cursor[0]} if cursor else None


def heard(caller, address):
    _, told = _ask(caller, "GET", "webhooks.json", query={"limit": 250, "address": address})
    return {each.get("topic") for each in _list(told, "webhooks") if each.get("address") == address}


def register(caller, address, topics, secret):
    """Shopify signs with the app's own secret, which is on its page: it makes none here."""
    wanted = [topic for topic in topics if topic not in heard(caller, address) | BY_HAND]
    for topic in wanted:
        _ask(caller, "POST", "webhooks.json", body={"webhook": {"topic": topic, "address": address, "format": "json"}})
    return Registered(topics=tuple(wanted))


def about(caller):
    _, told = _ask(caller, "GET", "shop.json")
    shop = told.get("shop") if isinstance(told, dict) else None
    if not isinstance(shop, dict):
        raise PlatformFailed("platform_failed", "Shopify did not say which shop this is.")
    return f"It is the shop “{shop.get('name')}” ({shop.get('myshopify_domain')}, {shop.get('currency')})."


def address_of(connection):
    return connection.api_address.rstrip("/") or f"https://{connection.shop}"


def _ask(caller, method, path, *, query=None, body=None):
    address = f"{address_of(caller.connection)}/admin/api/{VERSION}/{path}"
    address += f"?{urlencode(query)}" if query else ""
    headers = {"X-Shopify-Access-Token": caller.credential("access_token")}
    return caller.ask(method, address, headers=headers, body=body)


def _list(told, name):
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, list):
        raise PlatformFailed("platform_failed", f"Shopify's answer holds no {name}.")
    return [each for each in found if isinstance(each, dict)]
