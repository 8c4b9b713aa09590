"""``/r/<code>``: where a shared link leads. One round trip to the database, no session, no cookie."""

import re
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.http import HttpResponseRedirect
from django.http.request import split_domain_port
from django.utils import timezone
from django.views.decorators.http import require_safe

from advocacy import addresses, ids
from advocacy.models import LinkTarget
from referrals import clicks, destinations
from referrals.pages import landing

# Words of their User-Agent. Previews show a link in a conversation; the others read pages for themselves.
PREVIEWS = (
    "facebookexternalhit",
    "facebot",
    "whatsapp/",
    "twitterbot",
    "slackbot",
    "telegrambot",
    "linkedinbot",
    "discordbot",
    "pinterestbot",
    "redditbot",
    "skypeuripreview",
    "mastodon",
    "bluesky",
    "iframely",
    "embedly",
)
# "bot" ends a robot's name; of a Cubot phone it is a person's.
ROBOTS = re.compile(
    r"(?<!cu)bots?(?:\b|_|\d)|crawl|spider|slurp|headless|lighthouse|archiver|\b(?:\w*uptime\w*|monitoring)\b"
)
PREFIX = "/r/"


class Door:
    """Stands before Django in WSGI: answers links that lead somewhere without what only pages need.

    It is the address most asked for. Whatever else is asked, or goes wrong, goes on to Django, and so to ``redirect``.
    """

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        response = self._answer(environ)
        if response is None:
            return self.application(environ, start_response)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    def _answer(self, environ):
        path = environ.get("PATH_INFO", "")
        code = path.removeprefix(PREFIX)
        if not code or code == path or "/" in code or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        request = WSGIRequest(environ)
        if _previews(request) or (settings.SECURE_SSL_REDIRECT and not request.is_secure()):
            return None
        try:
            return _lead(request, code)
        except (DatabaseError, DisallowedHost):
            return None


@require_safe
def redirect(request, code):
    if _previews(request):
        return landing.preview(request, code)
    return _lead(request, code) or landing.gone(request, code)


def _previews(request):
    agent = request.headers.get("User-Agent", "").lower()
    return any(word in agent for word in PREVIEWS)


def _lead(request, code):
    """Store the visit and answer where to go, or None where no link leads anywhere now."""
    opened = _open(request, code, counted=not _automatic(request))
    if opened is None:
        return None
    utm = destinations.campaign(request.GET)
    click = ids.encode("clk", opened.click_id) if opened.click_id and not _private(request) else ""
    address = _destination(opened, click, utm) or _landing_page(opened, click, utm)
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Content-Length"] = "0"
    return response


def _open(request, code, *, counted):
    at, private = timezone.now(), _private(request)
    unknown = private or request.method == "HEAD"
    return clicks.open_link(
        host=split_domain_port(request.get_host())[0],
        code=code,
        counted=counted,
        visitor=b""
        if unknown
        else clicks.visitor(
            request_address=addresses.of(request), user_agent=request.headers.get("User-Agent", ""), at=at
        ),
        referrer="" if private else request.headers.get("Referer", ""),
        query=destinations.campaign(request.GET),
        at=at,
        stored=request.method != "HEAD",
    )


def _automatic(request):
    agent = request.headers.get("User-Agent", "").lower()
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose.lower() or ROBOTS.search(agent) is not None


def _private(request):
    """Who asks not to be followed is attributed by the code alone: their visit is nobody's, and gets no id."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def _destination(opened, click, utm):
    """The shop's page, or None where the program shows its landing page first or the address is not allowed."""
    if opened.target != LinkTarget.DESTINATION or _asks_first(opened):
        return None
    return destinations.address(
        destination=opened.destination,
        program_destination=opened.program_destination,
        allowed_hosts=opened.allowed_hosts,
        code=opened.code,
        click=click,
        utm=utm,
    )


def _asks_first(opened):
    """A friend's own coupon is given when they ask for it, on the landing page: robots ask for nothing."""
    return opened.own_coupons and "{coupon}" in opened.destination + opened.program_destination


def _landing_page(opened, click, utm):
    return destinations.with_query(f"/a/{quote(opened.code, safe='')}", {"click": click} if click else {}, utm)
