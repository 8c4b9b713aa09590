"""Where a link leads in the end: the shop's address, filled in, and never anywhere the program does not allow."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from advocacy.models.program import hosts_of, unsafe_destination

_UTM = re.compile(r"utm_[a-z_]{1,20}").fullmatch
_MOST_UTM = 8
_LONGEST_UTM = 100
# Beyond it browsers, proxies and Django refuse an address.
_LONGEST_ADDRESS = 2000


def address(*, destination, program_destination, allowed_hosts, code, click="", utm=None):
    """The shop's page for this link, or None where it is not safe or not on the program's hosts.

    ``destination``: the link's own, or empty. ``click``: a click's public id, or empty. ``utm``: a campaign's marks.
    """
    template = destination or program_destination
    filled = template.replace("{code}", quote(code, safe="")).replace("{click_id}", click)
    hosts = hosts_of(destination=program_destination, allowed_hosts=allowed_hosts)
    if unsafe_destination(filled) or urlsplit(filled).hostname not in hosts:
        return None
    own = {} if "{click_id}" in template or not click else {"click_id": click}
    return with_query(filled, own, utm or {})


def campaign(query):
    """The utm parameters of a request's query: a few, short."""
    said = {name: value[:_LONGEST_UTM] for name, value in query.items() if _UTM(name)}
    return dict(list(said.items())[:_MOST_UTM])


def with_query(address, own, utm):
    """The address with our parameters, and the campaign's where the address does not set them itself."""
    parts = urlsplit(address)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    marks = {name: value for name, value in utm.items() if name not in there}
    full = _joined(parts, own | marks)
    return full if len(full) <= _LONGEST_ADDRESS else _joined(parts, own)


def _joined(parts, query):
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit(parts._replace(query=joined))
