"""What the platforms would send: the recorded documents, signed as each of them signs, and posted."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

from django.utils import timezone

from advocacy import connections, ids
from tests.cast import NOON

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "whsec_0123456789abcdef"


def document(name, /, **changes):
    """``document("stripe/refund_created", amount=200)``: the changes are those of the object itself."""
    told = json.loads((PAYLOADS / f"{name}.json").read_text())
    if name.startswith("stripe/"):
        told["data"]["object"] |= changes
        told["id"] += hashlib.sha256(json.dumps(changes, default=str).encode()).hexdigest()[:6] if changes else ""
        return told
    return told | changes


def connected(storefront, platform, **fields):
    fields = {"name": f"Acme at {platform}", "shop": "", "secret": SECRET, "at": NOON} | fields
    return connections.connect(storefront=storefront, platform=platform, **fields)


def _base64(raw, secret):
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def stripe_signature(raw, *, at, secret=SECRET):
    moment = str(int(at.timestamp()))
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + raw, hashlib.sha256).hexdigest()}"


def headers_of(platform, raw, *, topic="", name="1", secret=SECRET):
    if platform == "stripe":
        return {"Stripe-Signature": stripe_signature(raw, at=timezone.now(), secret=secret)}
    if platform == "woocommerce":
        named = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Delivery-ID": name}
        return named | {"X-WC-Webhook-Signature": _base64(raw, secret)}
    named = {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": name}
    return named | {"X-Shopify-Hmac-Sha256": _base64(raw, secret)}


def address_of(connection):
    return f"/in/{connection.platform}/{ids.encode('con', connection.public_id)}"


def post(client, connection, document, *, headers=None, **named):
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = headers_of(connection.platform, raw, **named) if headers is None else headers
    return client.post(address_of(connection), raw, content_type="application/json", headers=headers)
