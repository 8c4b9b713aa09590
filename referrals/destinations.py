"""Where a link leads in the end: the shop's address, filled in, and never anywhere the program does not allow."""

import functools
import re
import uuid
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from advocacy import ids
from advocacy.destinations import STRIPE
from advocacy.models.program import hosts_of, unsafe_destination

_UTM = re.compile(r"utm_[a-z_]{1,20}").fullmatch
# The shop's page has a ref of its own.
_REF = re.compile(r"[?&]ref=").search
_MOST_UTM = 8
# Parameters by which advertisers mark the clicks that they sell. Their values name one click of one person.
ADVERTISED = frozenset({"gclid", "gbraid", "wbraid", "gclsrc", "dclid", "msclkid", "ttclid", "twclid", "li_fat_id"})
# Facebook marks whatever leaves it.
FACEBOOK = "fbclid"
_LONGEST_UTM = 100
# Beyond it browsers, proxies and Django refuse an address.
_LONGEST_ADDRESS = 2000
# Stands for a click's id, and is as long. No template, no code and no page of a shop holds it by chance.
_ANY_CLICK = ids.encode("clk", uuid.uuid4())


def address(*, destination, program_destination, allowed_hosts, code, coupon="", click="", utm=None):
    """The shop's page for this link, or None where it is not safe or not on the program's hosts.

    ``destination``: the link's own, or empty. ``click``: a click's public id, or empty. ``coupon``: the
    friend's own, where it is another than the code. ``utm``: a campaign's marks.
    Where the program's destination has a ``{path}``, it is filled with that of the link's own page.
    """
    words = {"destination": destination, "program_destination": program_destination, "allowed_hosts": allowed_hosts}
    words |= {"code": code, "coupon": coupon}
    if utm:
        return _address(click=click, utm=utm, **words)
    # Many friends follow one link: only the click differs.
    found = _known(click=_ANY_CLICK if click else "", **words)
    return found and found.replace(_ANY_CLICK, click)


def _address(*, destination, program_destination, allowed_hosts, code, coupon, click, utm):
    template, path = _template(destination, program_destination)
    own = {} if "{click_id}" in template or not click else {"click_id": click}
    # Who is not tracked is known by the code alone.
    own = own if "{code}" in template or _REF(template) else {"ref": code} | own
    if "{path}" in template.partition("?")[2]:
        # Whoever leads on to that page may drop what is not in its address.
        path, own = with_query(path, own, {}), {}
    filled = _filled(template, {"code": code, "coupon": coupon or code}, click, path)
    hosts = hosts_of(destination=program_destination, allowed_hosts=allowed_hosts)
    if unsafe_destination(filled) or urlsplit(filled).hostname not in hosts:
        return None
    return with_query(filled, own, utm)


@functools.lru_cache(maxsize=4096)
def _known(**words):
    return _address(utm={}, **words)


def _template(destination, program_destination):
    """``(template, path)``. The path is of the same host, and begins with one slash."""
    if not destination:
        return program_destination, "/"
    if "{path}" not in program_destination:
        return destination, "/"
    theirs = urlsplit(destination)
    if theirs.netloc.lower() != urlsplit(program_destination).netloc.lower():
        return destination, "/"
    path = "/" + theirs.path.lstrip("/")
    return program_destination, f"{path}?{theirs.query}" if theirs.query else path


def _filled(template, codes, click, path):
    quoted, coupon = (quote(codes[name], safe="") for name in ("code", "coupon"))
    if "{path}" in template:
        before, mark, query = template.partition("?")
        # In a path it is a part of one; in a query it is a value.
        of_path = path.replace("{code}", quoted).replace("{coupon}", coupon).replace("{click_id}", click)
        before = before.replace("/{path}", "{path}").replace("{path}", quote(of_path.partition("?")[0], safe="/%"))
        template = before + mark + query.replace("{path}", quote(of_path, safe=""))
    if not click and STRIPE in template:
        template = template.replace(STRIPE, f"client_reference_id=code_{quoted}")
    return template.replace("{code}", quoted).replace("{coupon}", coupon).replace("{click_id}", click)


def campaign(query):
    """The utm parameters of a request's query: a few, short."""
    said = {name: value[:_LONGEST_UTM] for name, value in query.items() if _UTM(name)}
    return dict(list(said.items())[:_MOST_UTM])


def advertised(names):
    """The marks of advertisers among these names of parameters, as a query without their values."""
    return dict.fromkeys(sorted((ADVERTISED | {FACEBOOK}).intersection(names)), "")


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
