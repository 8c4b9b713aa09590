"""Tell visitors of one day apart without keeping their address."""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import UTC, timedelta

from referrals.models import VisitorSalt

_SALT_BYTES = 32
_VISITOR_BYTES = 16
# By version of the protocol: the neighbourhood that counts as one network.
_PREFIX = {4: 24, 6: 48}
# The day's salt, asked for once per process and day.
_cached = {}


def visitor(*, request_address, user_agent, at):
    """16 bytes that are the same for one network and browser within one day of UTC; empty without an address."""
    network = _network(request_address)
    if not network:
        return b""
    said = f"{network}\n{user_agent}".encode(errors="replace")
    return hmac.digest(_salt(at.astimezone(UTC).date()), said, hashlib.sha256)[:_VISITOR_BYTES]


def keep_salts(*, at):
    """Make today's and tomorrow's, forget those of the days that are over: no visitor can be recognised any more."""
    today = at.astimezone(UTC).date()
    for day in (today, today + timedelta(days=1)):
        _stored(day)
    VisitorSalt.objects.filter(day__lt=today).delete()


def _network(address):
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network(f"{parsed}/{_PREFIX[parsed.version]}", strict=False))


def _salt(day):
    if day not in _cached:
        salt = _stored(day)
        _cached.clear()
        _cached[day] = salt
    return _cached[day]


def _stored(day):
    row, _ = VisitorSalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_bytes(_SALT_BYTES)})
    return bytes(row.salt)
