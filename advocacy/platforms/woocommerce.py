"""WooCommerce's REST API: https://woocommerce.github.io/woocommerce-rest-api-docs/."""

import base64
from datetime import UTC
from urllib.parse import urlencode

from advocacy.platforms.calling import PlatformFailed, Registered

credentials = {"key": "Consumer key (ck_…)", "secret": "Consumer secret (cs_…)"}
PAGE = 50
BY_HAND = set()
_RESTARTS = 3


def changed(caller, *, since, until, cursor):
    """A page of the orders that changed in the period, refunds within.

    An order that changes meanwhile leaves the period, and those behind it move up a place: then it begins anew.
    """
    period = {"modified_after": _written(since), "modified_before": _written(until), "dates_are_gmt": "true"}
    query = period | {"per_page": PAGE, "orderby": "id", "order": "asc"}
    page, before, restarts = cursor.get("page", 1), cursor.get("before"), cursor.get("restarts", 0)
    answer, told = ask(caller, "GET", "orders", query=query | {"page": page})
    pages, now = _number(answer, "x-wp-totalpages"), _number(answer, "x-wp-total")
    found = [("order.updated", order) for order in listed(told)]
    if before is not None and now < before and restarts < _RESTARTS:
        return found, {"page": 1, "restarts": restarts + 1}
    return found, {"page": page + 1, "before": now, "restarts": restarts} if page < pages else None


def _written(moment):
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _number(answer, name):
    value = answer.headers.get(name, "")
    if not value.isdecimal():
        raise PlatformFailed("platform_failed", f"WooCommerce's answer has no {name}: does something cache the API?")
    return int(value)


def heard(caller, address):
    """Those that are active: WooCommerce disables a webhook that failed five times."""
    return {each.get("topic") for each in _ours(caller, address) if each.get("status") == "active"}


def _ours(caller, address):
    _, told = ask(caller, "GET", "webhooks", query={"per_page": 100})
    return [each for each in listed(told) if each.get("delivery_url") == address]


def register(caller, address, topics, secret):
    """Make those that are missing, and enable those that were disabled; all are signed with ``secret``."""
    there = {each.get("topic"): each for each in _ours(caller, address)}
    wanted = [topic for topic in topics if there.get(topic, {}).get("status") != "active"]
    for topic in wanted:
        fields = {"status": "active", "secret": secret}
        if topic in there:
            ask(caller, "PUT", f"webhooks/{int(there[topic]['id'])}", body=fields)
        else:
            named = {"name": f"Referrals: {topic}", "topic": topic, "delivery_url": address}
            ask(caller, "POST", "webhooks", body=named | fields)
    return Registered(topics=tuple(wanted))


def about(caller):
    answer, told = ask(caller, "GET", "orders", query={"per_page": 1})
    currency = next((each.get("currency") for each in listed(told)), None)
    count = _number(answer, "x-wp-total")
    return f"The shop has {count} orders{f', the newest in {currency}' if currency else ''}."


def address_of(connection):
    return (connection.api_address or connection.shop).rstrip("/")


def ask(caller, method, path, *, query=None, body=None):
    address = f"{address_of(caller.connection)}/wp-json/wc/v3/{path}"
    address += f"?{urlencode(query)}" if query else ""
    said = f"{caller.credential('key')}:{caller.credential('secret')}"
    return caller.ask(
        method, address, headers={"Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}, body=body
    )


def listed(told):
    if not isinstance(told, list):
        raise PlatformFailed("platform_failed", "WooCommerce's answer is no list.")
    return [each for each in told if isinstance(each, dict)]
