"""What stands around answers: the API's calls take a shorter way than pages, and must look as if they took the same."""

import pytest
from django.test import Client

from tests.flows.api import secret

pytestmark = pytest.mark.django_db
SAME = (
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


def test_answers_of_the_api_have_the_headers_that_pages_have(acme):
    page = Client().get("/accounts/login/")
    told = {name: page[name] for name in SAME}
    policy = told.pop("Content-Security-Policy")
    assert set(told.values()) == {"same-origin", "strict-origin-when-cross-origin", "nosniff", "DENY"}
    assert "frame-ancestors 'none'" in policy
    assert page.cookies["csrftoken"].value
    api, headers = secret(acme), {"Accept-Language": "de", "X-Request-Id": "mine"}
    for answer, status in (
        (api.client.get("/api/v1/orders", headers=headers | api._headers()["headers"]), 200),
        (api.client.get("/api/v1/orders", headers=headers), 401),
        (api.client.get("/api/v1/nowhere", headers=headers), 404),
        (api.client.get("/api/v1/orders", headers=headers | {"Host": "evil.example"}), 400),
    ):
        assert answer.status_code == status
        assert {name: answer[name] for name in told} == told
        rules = answer["Content-Security-Policy"].split("; ")
        assert set(rules) <= set(policy.split("; ")) | {"script-src 'self'", "style-src 'self'"}
        assert (answer["Content-Language"], answer["X-Request-Id"]) == ("en", "mine")
        assert int(answer["Content-Length"]) == len(answer.content)
        assert {"Accept-Language", "Origin"} == set(answer["Vary"].split(", "))
        assert not answer.cookies
        if status != 200:
            assert answer.json()["status"] == status


def test_a_call_of_the_api_passes_by_what_only_pages_need(acme):
    request = secret(acme).get("/orders").wsgi_request
    assert not any(hasattr(request, name) for name in ("session", "htmx", "csp_nonce", "LANGUAGE_CODE", "allauth"))
    docs = Client().get("/api/v1/docs")
    assert hasattr(docs.wsgi_request, "csp_nonce")
    assert docs.status_code == 200


def test_an_error_of_ours_is_answered_with_the_headers_too(acme, monkeypatch):
    def fail(self, request):
        raise RuntimeError("broken")

    monkeypatch.setattr("advocacy.api.programs.Programs.get", fail)
    api = secret(acme)
    api.client.raise_request_exception = False
    answer = api.get("/programs")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer["X-Frame-Options"] == "DENY"
    assert int(answer["Content-Length"]) == len(answer.content)
