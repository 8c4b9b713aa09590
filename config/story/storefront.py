"""A storefront's server: an HTTP client with a secret key, as a shop would write it."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message

SECONDS = 10


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict
    headers: Message

    def __getitem__(self, name):
        return self.body[name]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_open = urllib.request.build_opener(_NoRedirect).open


class Storefront:
    def __init__(self, base_url, token):
        self._base_url, self.token = base_url, token

    def post(self, path, **body):
        return self._call("POST", path, body)

    def put(self, path, **body):
        return self._call("PUT", path, body)

    def get(self, path):
        return self._call("GET", path, None)

    def made(self, path, **body):
        """The answer to a POST that must succeed; says in words what the API said where it does not."""
        answer = self.post(path, **body)
        if answer.status >= 400:
            raise SystemExit(f"POST {path} was refused with {answer.status}: {answer.body.get('detail', answer.body)}")
        return answer

    def _call(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return _answer(urllib.request.Request(f"{self._base_url}/api/v1{path}", data, headers, method=method))


def click(url):
    """What a friend's browser does with a link: the answer, its redirect not followed."""
    return _answer(urllib.request.Request(url, headers={"User-Agent": "Mozilla/5.0 (Macintosh) Safari/605.1.15"}))


def _answer(request):
    try:
        with _open(request, timeout=SECONDS) as answer:
            return Answer(answer.status, _body(answer.read()), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, _body(error.read()), error.headers)


def _body(data):
    try:
        return json.loads(data)
    except ValueError:
        return {}
