"""Calls to addresses that somebody else chose: webhook endpoints, platforms' servers.

None reaches an inner network: the name is resolved once, the address it gave is looked at and is the one that is
called. None is followed elsewhere, and none takes longer or answers more than is said here.
"""

import contextlib
import re
import socket
import threading
import time
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import requests.exceptions
from django.conf import settings
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES, InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from advocacy.refusals import Refused

SECONDS = 15
MOST_BYTES = 2048
_LONGEST_ADDRESS = 2000
_CHUNK = 4096
_IN_DIGITS = re.compile(r"[0-9a-fA-FxX.]+").fullmatch
_RESERVED = "The address leads into a private or otherwise reserved network."
_TOO_LONG = "No whole answer within {} seconds."


class NoAnswer(Exception):
    """Nobody answered as HTTP asks for, or in time; the message says why, in words for the people who run it."""


class NotAllowed(NoAnswer):
    """The address leads where nothing of ours may go."""


@dataclass(frozen=True)
class Answer:
    """``headers`` in lower case; ``body`` is cut at the most bytes that were asked for, which ``whole`` denies."""

    status: int
    headers: dict
    body: bytes
    seconds: float
    whole: bool = True


def checked_address(address, *, name="url"):
    """The address if it is one that may be called at all; refuses it in words. Where it leads is looked at later."""
    problem = _problem(address)
    if problem:
        raise Refused("invalid_address", problem, errors={name: problem})
    return address


def call(*, method, address, body=b"", headers=None, seconds=SECONDS, most_bytes=MOST_BYTES):
    """One HTTP call; any status is an ``Answer``, a redirect too. Raises ``NoAnswer``, or ``NotAllowed``."""
    if problem := _problem(address):
        raise NotAllowed(problem)
    began = time.monotonic()
    with _session() as session, _ended_after(seconds, session.watched):
        try:
            response = session.request(
                method, address, data=body, headers=headers, timeout=seconds, allow_redirects=False, stream=True
            )
            content, whole = _read(response, began + seconds, most_bytes)
        except InvalidIPAddress as error:
            raise NotAllowed(_RESERVED) from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise NoAnswer(_said(error, began, seconds)) from error
    if time.monotonic() - began >= seconds:
        # A header that was cut off with its connection reads like a whole one.
        raise NoAnswer(_TOO_LONG.format(seconds))
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=content,
        seconds=time.monotonic() - began,
        whole=whole,
    )


def _problem(address):
    if not isinstance(address, str) or len(address) > _LONGEST_ADDRESS or not address.isprintable():
        return "Write an address of at most 2,000 printable characters."
    if any(sign in address for sign in " \\\"'<>^`{|}"):
        return "Write an address without spaces, quotes, backslashes and brackets."
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Write a whole address, such as https://acme.example/hooks."
    if not host or parts.scheme not in (("https", "http") if settings.OUTBOUND_LOOPBACK else ("https",)):
        return "Write a whole address that begins with https://."
    if "@" in parts.netloc or parts.fragment:
        return "Write an address without a user, a password or a # part."
    return _RESERVED if _is_reserved(host) else ""


def _is_reserved(host):
    """Of a number, however it is written; where a name leads is looked at when it is called."""
    number = _number(unicodedata.normalize("NFKC", host).replace("。", ".").rstrip("."))
    if number is None or (number.is_loopback and settings.OUTBOUND_LOOPBACK):
        return False
    is_inner = not number.is_global or number.is_multicast
    return is_inner or any(number in net for net in EXTRA_BLOCKED_NET_RANGES)


def _number(host):
    try:
        number = ip_address(host)
    except ValueError:
        try:
            return ip_address(socket.inet_aton(host)) if _IN_DIGITS(host) else None  # also 0x7f.1 and 2130706433
        except OSError:
            return None
    return getattr(number, "ipv4_mapped", None) or number


class _Session(HTTPSession):
    """A session whose sockets can be ended from another thread: no answer drips for ever."""

    def __init__(self):
        loopback = settings.OUTBOUND_LOOPBACK
        config = Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=loopback,
            never_redirect=True,
            default_timeout=(SECONDS, SECONDS),
            user_agent_override="AdvocacyProgram/1.0",
        )
        super().__init__(config)
        # Neither a proxy nor somebody's .netrc of the machine's environment.
        self.trust_env = False
        self.watched = []
        for scheme in ("http", "https"):
            self.mount(f"{scheme}://", _Adapter(scheme == "https", loopback, self.watched))


class _Adapter(IPFilterAdapter):
    def __init__(self, is_https, allow_loopback, watched):
        self._watched = watched
        super().__init__(is_https, allow_loopback=allow_loopback)

    def get_connection_with_tls_context(self, *arguments, **options):
        pool = super().get_connection_with_tls_context(*arguments, **options)
        watched, usual = self._watched, pool.ConnectionCls

        class Watched(usual):
            def connect(self):
                super().connect()
                watched.append(self.sock)

        pool.ConnectionCls = Watched
        return pool


def _session():
    return _Session()


@contextlib.contextmanager
def _ended_after(seconds, sockets):
    def end():
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(response, until, most):
    """``(bytes, whether that is all)``."""
    content = b""
    for piece in response.iter_content(_CHUNK):
        content += piece
        if len(content) > most:
            return content[:most], False
        if time.monotonic() > until:
            raise requests.exceptions.ReadTimeout
    return content, True


def _said(error, began, seconds):
    if isinstance(error, requests.exceptions.Timeout) or time.monotonic() - began >= seconds:
        return _TOO_LONG.format(seconds)
    if isinstance(error, requests.exceptions.SSLError):
        return "Its certificate is not valid for this name."
    if isinstance(error, requests.exceptions.ConnectionError):
        return "Its server cannot be reached: the name is unknown, or nobody listens there."
    return "It did not answer as HTTP asks for."
