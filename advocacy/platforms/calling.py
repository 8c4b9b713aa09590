"""Calls of a platform's API: through ``advocacy.outbound``, with patience for its limits and its bad moments."""

import json
import time
from dataclasses import dataclass, field

from advocacy import connections, outbound
from advocacy.refusals import Refused

MOST_BYTES = 30 * 1024 * 1024
SECONDS = 30
_REFUSED_FOR_NOW, _BAD = 429, {500, 502, 503, 504}
_TRIES = 5
_LONGEST_PAUSE = 60
_LONGEST_SAID = 200


class PlatformFailed(Refused):
    """The platform did not answer, or not as its API says; the sentence tells what it said.

    ``answered``: the status of its answer, None where there was none. ``wait``: the seconds it asked us to wait, or 0.
    ``forbids``: a permission that the credentials lack, where it names one.
    """

    status = 502

    def __init__(self, code, message, *, answered=None, wait=0, forbids=""):
        super().__init__(code, message)
        self.answered, self.wait, self.forbids = answered, wait, forbids


@dataclass(frozen=True)
class Registered:
    """``topics`` that are sent from now on; ``secret`` where the platform made one, to be kept."""

    topics: tuple = ()
    secret: str = ""


@dataclass
class Caller:
    """One connection's access to its platform.

    ``patience``: seconds that may be waited in all for its limits and bad moments; ``seconds``: for one answer.
    """

    connection: object
    patience: float = 600
    seconds: float = SECONDS
    sleep: object = time.sleep
    credentials: dict = field(init=False)

    def __post_init__(self):
        self.credentials = connections.credentials_of(self.connection)

    def credential(self, name):
        value = self.credentials.get(name)
        if not value:
            raise Refused("no_credentials", f"Enter the API credentials of “{self.connection.name}” first.")
        return value

    def ask(self, method, address, *, headers, body=None):
        """``(answer, its JSON)``; raises ``PlatformFailed`` for anything but success."""
        written = b"" if body is None else json.dumps(body).encode()
        told = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        answer = self.call(method, address, headers=told | headers, body=written)
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            said = f"{self.name} answered {answer.status}: {_said(answer)}"
            raise PlatformFailed("platform_failed", said, answered=answer.status, wait=asked_to_wait(answer.headers))
        try:
            return answer, json.loads(answer.body)
        except ValueError as error:
            raise PlatformFailed("platform_failed", f"{self.name} did not answer in JSON.") from error

    def call(self, method, address, *, headers, body=b""):
        """The answer of the last try: tried again after limits and bad moments, as far as patience goes."""
        for attempt in range(1, _TRIES + 1):
            began = time.monotonic()
            answer = self._once(method, address, headers, body, last=attempt == _TRIES)
            if answer is None:
                self.patience -= time.monotonic() - began
            pause = _pause(answer, attempt)
            # What was refused for now was not done; what failed may have been, so it is only read again.
            again = answer is None or answer.status == _REFUSED_FOR_NOW or (method == "GET" and answer.status in _BAD)
            if not again or (answer and (attempt == _TRIES or pause > self.patience)):
                return answer
            self.patience -= pause
            self.sleep(pause)
        raise AssertionError("The last try answers or raises.")

    def _once(self, method, address, headers, body, *, last):
        try:
            answer = outbound.call(
                method=method, address=address, headers=headers, body=body, seconds=self.seconds, most_bytes=MOST_BYTES
            )
        except outbound.NotAllowed as error:
            raise PlatformFailed("platform_failed", f"{self.name} cannot be called: {error}") from error
        except outbound.NoAnswer as error:
            # What may have been done by then is not asked for twice.
            if last or method != "GET" or self.patience <= 0:
                raise PlatformFailed("platform_failed", f"{self.name} did not answer: {error}") from error
            return None
        if not answer.whole:
            raise PlatformFailed("platform_failed", f"{self.name} answered more than {MOST_BYTES} bytes.")
        return answer

    @property
    def name(self):
        return self.connection.get_platform_display()


def _pause(answer, attempt):
    return min(asked_to_wait(answer.headers if answer else {}) or 2 ** (attempt - 1), _LONGEST_PAUSE)


def asked_to_wait(headers):
    """The seconds of ``Retry-After``, or 0."""
    try:
        return max(float(headers.get("retry-after", "")), 0)
    except ValueError:
        return 0


def _said(answer):
    """What the platform says is wrong; the start of its answer where that is no JSON of a known form."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    told = told.get("message") or told.get("errors") or told.get("error") if isinstance(told, dict) else None
    told = told.get("message", told) if isinstance(told, dict) else told
    text = str(told) if told else answer.body.decode(errors="replace")
    return " ".join(text.split())[:_LONGEST_SAID] or "nothing more."
