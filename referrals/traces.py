"""From where people sign up and order, for what looks for cheats: digests, comparable for 30 to 60 days, no address."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from advocacy import given
from referrals.clicks import visitors
from referrals.models import Pepper, Trace

PERIOD = timedelta(days=30)
_PEPPER_BYTES, _DIGEST_BYTES = 32, 16
_LONGEST_AGENT = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def told(*, ip, user_agent="", lenient=False):
    """``(network, device)`` as bytes, for ``keep``. What is no address is refused, or None where ``lenient``."""
    network = visitors.line(given.text("ip", ip, longest=60)) if isinstance(ip, str) or not lenient else b""
    if not network and lenient:
        return None
    if not network:
        given.refuse("ip", "ip must be an IP address, such as 203.0.113.7; leave it out where you do not know it.")
    agent = str(user_agent or "")[:_LONGEST_AGENT] if lenient else user_agent
    return network, network + given.text("user_agent", agent, longest=_LONGEST_AGENT).encode()


def keep(seen, *, at):
    """Keep from where customers signed up or ordered: ``[(customer, what told said)]``; the same again is kept once.

    Nothing of who was erased.
    """
    seen = [(customer, place) for customer, place in seen if place and not customer.erased_at]
    if not seen:
        return
    now, before = (_pepper(_period(at) - age) for age in (0, 1))
    Trace.objects.bulk_create([_trace(*each, now, before, at) for each in seen], ignore_conflicts=True)


def _trace(customer, place, now, before, at):
    network, device = place
    return Trace(
        customer=customer,
        storefront_id=customer.storefront_id,
        network=_digest(now, b"network", network),
        network_before=_digest(before, b"network", network),
        device=_digest(now, b"device", device),
        device_before=_digest(before, b"device", device),
        at=at,
    )


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
