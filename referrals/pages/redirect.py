"""``/r/<code>``: where a shared link leads. One round trip to the database, no session, no cookie."""

import re
from functools import cached_property
from urllib.parse import quote

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseRedirect, QueryDict
from django.http.request import split_domain_port
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
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
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Content-Length": "0",
}
# Of names that a server behind a wildcard is asked for, no more are remembered.
_MOST_HOSTS = 200


class Door:
    """Stands before Django in WSGI: answers links that lead somewhere without what only pages need.

    It is the address most asked for. Whatever else is asked, or goes wrong, goes on to Django, and so to ``redirect``.
    """

    def __init__(self, application):
        self.application = application
        # What Django allowed, by the Host that was sent.
        self._hosts = {}

    def __call__(self, environ, start_response):
        address = self._address(environ)
        if address is None:
            return self.application(environ, start_response)
        start_response("302 Found", [*_HEADERS.items(), ("Location", iri_to_uri(address))])
        return [b""]

    def _address(self, environ):
        path = environ.get("PATH_INFO", "")
        code = path.removeprefix(PREFIX)
        if not code or code == path or "/" in code or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if settings.SECURE_SSL_REDIRECT and not WSGIRequest(environ).is_secure():
            return None
        try:
            visit = _Visit(environ, self._host(environ))
            return None if visit.previews else _lead(visit, code)
        except Exception:
            # It comes again there, where it is told and logged as all errors are.
            return None

    def _host(self, environ):
        said = environ.get("HTTP_HOST")
        # Another thread may begin a new one meanwhile.
        hosts = self._hosts
        if settings.USE_X_FORWARDED_HOST or said not in hosts:
            host = split_domain_port(WSGIRequest(environ).get_host())[0]
            if len(hosts) >= _MOST_HOSTS:
                hosts = self._hosts = {}
            hosts[said] = host
            return host
        return hosts[said]


# Another method is answered with 405 rather than with what is wrong with its form.
@csrf_exempt
@require_safe
def redirect(request, code):
    visit = _Visit(request.META, split_domain_port(request.get_host())[0])
    if visit.previews:
        return landing.preview(request, code)
    address = _lead(visit, code)
    return HttpResponseRedirect(address, headers=_HEADERS) if address else landing.gone(request, code)


class _Visit:
    """What a request says of whoever opens a link, from its WSGI environment."""

    def __init__(self, environ, host):
        self.environ, self.host = environ, host
        self.head = environ["REQUEST_METHOD"] == "HEAD"
        self.user_agent = environ.get("HTTP_USER_AGENT", "")
        agent = self.user_agent.lower()
        self.previews = any(word in agent for word in PREVIEWS)
        purpose = environ.get("HTTP_SEC_PURPOSE", "") + environ.get("HTTP_PURPOSE", "")
        self.automatic = "prefetch" in purpose.lower() or ROBOTS.search(agent) is not None
        # Who asks not to be followed is attributed by the code alone: their visit is nobody's, and gets no id.
        self.private = environ.get("HTTP_SEC_GPC") == "1" or environ.get("HTTP_DNT") == "1"

    @property
    def utm(self):
        return destinations.campaign(self._query)

    @property
    def kept(self):
        """What is stored of the query: the campaign's parameters, and whether somebody paid for the click."""
        return self.utm | destinations.advertised(self._query) if self._query else {}

    @cached_property
    def _query(self):
        query = self.environ.get("QUERY_STRING", "")
        return QueryDict(query.encode("iso-8859-1")) if query else {}


def _lead(visit, code):
    """Store the visit and answer where to go, or None where no link leads anywhere now."""
    utm = visit.utm
    opened = _open(visit, code, utm)
    if opened is None:
        return None
    click = ids.encode("clk", opened.click_id) if opened.click_id and not visit.private else ""
    return _destination(opened, click, utm) or _landing_page(opened, click, utm)


def _open(visit, code, utm):
    at, visitor = timezone.now(), b""
    if not (visit.private or visit.head):
        address = addresses.of_environment(visit.environ)
        visitor = clicks.visitor(request_address=address, user_agent=visit.user_agent, at=at)
    return clicks.open_link(
        host=visit.host,
        code=code,
        counted=not visit.automatic,
        visitor=visitor,
        referrer="" if visit.private else visit.environ.get("HTTP_REFERER", ""),
        query=visit.kept,
        at=at,
        stored=not visit.head,
    )


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
