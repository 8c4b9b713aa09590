"""From where people sign up, for what looks for cheats: digests that can be compared for 30 to 60 days, no address."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from advocacy import given
from referrals.clicks import visitors
from referrals.models import Pepper, Trace

PERIOD = timedelta(days=30)
_PEPPER_BYTES, _DIGEST_BYTES = 32, 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def keep(*, customer, ip, user_agent="", at):
    """Keep from where a customer signed up; the same again within 30 days is kept once. Refuses what is no address."""
    network = visitors.line(given.text("ip", ip, longest=60))
    if not network:
        given.refuse("ip", "ip must be an IP address, such as 203.0.113.7; leave it out where you do not know it.")
    device = network + given.text("user_agent", user_agent, longest=1000).encode()
    now, before = (_pepper(_period(at) - age) for age in (0, 1))
    known = {"customer": customer, "device": _digest(now, b"device", device)}
    said = {
        "storefront_id": customer.storefront_id,
        "network": _digest(now, b"network", network),
        "network_before": _digest(before, b"network", network),
        "device_before": _digest(before, b"device", device),
        "at": at,
    }
    Trace.objects.get_or_create(**known, defaults=said)


def forget(*, at):
    """Delete the peppers from before the last period, and the traces that nothing can be compared with any more."""
    oldest = _period(at) - 1
    Trace.objects.filter(at__lt=_EPOCH + oldest * PERIOD).delete()
    Pepper.objects.filter(period__lt=oldest).delete()


def _period(at):
    return (at - _EPOCH) // PERIOD


def _pepper(period):
    row, _ = Pepper.objects.get_or_create(period=period, defaults={"secret": secrets.token_bytes(_PEPPER_BYTES)})
    return bytes(row.secret)


def _digest(pepper, kind, said):
    return hmac.digest(pepper, kind + said, hashlib.sha256)[:_DIGEST_BYTES]
