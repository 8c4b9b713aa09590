"""A storefront's developer at the other end of the API."""

import json

from django.test import Client

from advocacy import keys
from advocacy.models import KeyKind
from tests import cast


class Caller:
    """``acme.post("/orders", …)``: calls with a key, checks that errors are problem documents."""

    def __init__(self, token=None):
        self.token = token
        self.client = Client()

    def get(self, path, **query):
        return self._answered(self.client.get(self._url(path), query, **self._headers()))

    def post(self, path, body=None, **headers):
        return self._write("post", path, body, headers)

    def put(self, path, body=None, **headers):
        return self._write("put", path, body, headers)

    def patch(self, path, body=None, **headers):
        return self._write("patch", path, body, headers)

    def delete(self, path):
        return self._answered(self.client.delete(self._url(path), **self._headers()))

    def raw(self, method, path, body, content_type="application/json", **headers):
        call = getattr(self.client, method)
        sent = self._headers().get("headers", {}) | headers
        return self._answered(call(self._url(path), data=body, content_type=content_type, headers=sent))

    def _write(self, method, path, body, headers):
        call = getattr(self.client, method)
        written = json.dumps({} if body is None else body, default=str)
        headers = self._headers() | {"content_type": "application/json"} | headers
        return self._answered(call(self._url(path), data=written, **headers))

    def _url(self, path):
        return "/api/v1" + path

    def _headers(self):
        return {"headers": {"Authorization": f"Bearer {self.token}"}} if self.token else {}

    @staticmethod
    def _answered(response):
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json", response.content
            problem = response.json()
            assert set(problem) == {"type", "title", "status", "code", "detail", "errors", "request_id"}
            assert problem["status"] == response.status_code
            assert problem["detail"], "a problem says what to do"
            assert problem["request_id"] == response["X-Request-Id"]
        return response


def secret(storefront):
    return Caller(keys.make(storefront=storefront, kind=KeyKind.SECRET, name="server", at=cast.NOON)[1])


def publishable(storefront):
    return Caller(keys.make(storefront=storefront, kind=KeyKind.PUBLISHABLE, name="browser", at=cast.NOON)[1])
