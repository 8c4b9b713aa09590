"""Who may call, and what a call without leave is told."""

import pytest

from advocacy import keys
from advocacy.models import KeyKind
from tests import cast
from tests.flows.api import Caller, publishable, secret

pytestmark = pytest.mark.django_db


def test_without_a_key_nobody_gets_in(acme):
    answer = Caller().get("/customers")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["code"] == "key_missing"


@pytest.mark.parametrize("token", ["nonsense", "sk_live_" + "0" * 39, "ü"])
def test_a_wrong_key_is_refused_in_words(acme, token):
    answer = Caller(token).get("/customers")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_revoked_key_stops_working_at_once(acme):
    key, token = keys.make(storefront=acme, kind=KeyKind.SECRET, name="old", at=cast.NOON)
    assert Caller(token).get("/customers").status_code == 200
    keys.revoke(key=key, at=cast.NOON)
    assert Caller(token).get("/customers").status_code == 401


def test_a_browser_reads_what_is_public_and_nothing_else(acme, program):
    browser = publishable(acme)
    assert browser.get("/programs").json()["data"][0]["slug"] == "friends"
    answer = browser.get("/customers")
    assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")


def test_errors_speak_english_whatever_the_browser_prefers(acme):
    answer = secret(acme).put("/customers/fred", {"name": 5}, HTTP_ACCEPT_LANGUAGE="de")
    assert answer.json()["errors"] == {"name": "must be a text, not a number"}
    answer = secret(acme).patch("/links/lnk_1", {}, HTTP_ACCEPT_LANGUAGE="de")
    assert answer.json()["errors"] == {"status": "This field is required."}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing-here", 404, "not_found"),
        ("delete", "/customers", 405, "method_not_allowed"),
        ("post", "/programs", 405, "method_not_allowed"),
    ],
)
def test_wrong_addresses_and_methods_are_answered_with_problems(acme, method, path, status, code):
    answer = getattr(secret(acme), method)(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_our_own_mistakes_show_no_trace(acme, monkeypatch):
    caller = secret(acme)
    caller.client.raise_request_exception = False
    monkeypatch.setattr("advocacy.customers.upsert", lambda **_: 1 / 0)
    answer = caller.put("/customers/fred", {"name": "Fred"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"ZeroDivision" not in answer.content
    assert b"Traceback" not in answer.content
