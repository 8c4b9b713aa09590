"""Tell visitors of one day apart without keeping their address."""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import UTC, timedelta

from referrals.models import VisitorSalt

_SALT_BYTES = 32
_VISITOR_BYTES = 16
# By version of the protocol: how many bytes of an address name the neighbourhood that counts as one network.
_NETWORK_BYTES = {4: 3, 6: 6}
_LINE_BYTES = {4: 4, 6: 8}
# The day's salt, asked for once per process and day.
_cached = {}


def visitor(*, request_address, user_agent, at):
    """16 bytes that are the same for one network and browser within one day of UTC; empty without an address."""
    near = network(request_address)
    if not near:
        return b""
    said = near + user_agent.encode(errors="replace")
    return hmac.digest(_salt(at.astimezone(UTC).date()), said, hashlib.sha256)[:_VISITOR_BYTES]


def keep_salts(*, at):
    """Make today's and tomorrow's, forget those of the days that are over: no visitor can be recognised any more."""
    today = at.astimezone(UTC).date()
    for day in (today, today + timedelta(days=1)):
        _stored(day)
    VisitorSalt.objects.filter(day__lt=today).delete()


def network(address):
    """The version and the beginning of an address, or nothing where it is none."""
    return _beginning(address, _NETWORK_BYTES)


def line(address):
    """The same of one line into the net: the whole of an address, of IPv6 what a household is given.

    A phone company has one neighbourhood for thousands, who must not be taken for each other.
    """
    return _beginning(address, _LINE_BYTES)


def _beginning(address, length_of):
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return b""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return bytes([parsed.version]) + parsed.packed[: length_of[parsed.version]]


def _salt(day):
    if day not in _cached:
        salt = _stored(day)
        _cached.clear()
        _cached[day] = salt
    return _cached[day]


def _stored(day):
    row, _ = VisitorSalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_bytes(_SALT_BYTES)})
    return bytes(row.salt)
