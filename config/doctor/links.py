"""Whether a storefront's links lead here: the host is ours to answer for, known to the DNS, and answers by https."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.urls import reverse

from advocacy import outbound
from advocacy.models import Advocate
from config.doctor.findings import Findings
from config.doctor.names import Unanswered

_LEADS = {200, 301, 302, 303, 307, 308}
_BAD_HOST = 400


def findings(*, storefront, names):
    tell = Findings(storefront.name)
    base = f"https://{storefront.link_domain}" if storefront.link_domain else settings.BASE_URL
    host = urlsplit(base).hostname
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield tell.fail("link domain", f"{host} would be answered 400.", f"Add {host} to ALLOWED_HOSTS and restart.")
    try:
        known = _is_address(host) or names.addresses(host)
    except Unanswered:
        yield tell.unchecked("link domain", f"Whether the DNS knows {host} could not be checked.", "Ask again later.")
        yield tell.unchecked("links", "Whether they answer could not be checked.", "Ask again later.")
        return
    if not known:
        yield tell.fail("link domain", f"The DNS knows no address of {host}.", "Point it to this server.")
        return
    yield tell.ok("link domain", f"{host} is known.")
    yield answered(tell, base, _path(storefront))


def _is_address(host):
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _path(storefront):
    first = Advocate.objects.filter(storefront=storefront, merged_into=None).exclude(code="").order_by("pk").first()
    return reverse("redirect", args=[first.code]) if first else "/healthz"


def answered(tell, base, path):
    """By the way that friends take, with HEAD: it counts as no visit."""
    try:
        answer = outbound.call(method="HEAD", address=base + path, seconds=10)
    except outbound.NotAllowed as refused:
        todo = "From outside it may be another address; open the link in a browser."
        return tell.unchecked("links", f"{base} was not called: {refused}", todo)
    except outbound.NoAnswer as silent:
        return tell.fail("links", f"{base} does not answer: {silent}", "Look at the proxy and its certificate.")
    return judged(tell, base + path, answer.status)


def judged(tell, address, status):
    if status in _LEADS:
        return tell.ok("links", f"{address} answers {status}.")
    todo = "Another server answers there, or one with another database: point the host to this one."
    if status == _BAD_HOST:
        todo = "The proxy must hand on the Host it was asked for, and ALLOWED_HOSTS must name it."
    return tell.fail("links", f"{address} answers {status}.", todo)
