"""A narrowed key does what its scopes say and nothing else."""

import pytest
from django.utils import timezone

from advocacy import keys
from advocacy.models import ApiKey
from tests import cast
from tests.flows.api import Caller, secret
from tests.flows.test_api_isolation import OF_CUSTOMERS, served, unnamed

pytestmark = pytest.mark.django_db
# Whose calls are asked for each by itself.
WITHOUT = {("post", "/api/v1/batch")}


def narrowed(storefront, *scopes, kind="secret"):
    return Caller(keys.make(storefront=storefront, kind=kind, name="narrow", at=cast.NOON, scopes=scopes)[1])


def test_a_key_for_reading_orders_reads_orders_and_nothing_else(acme):
    reader = narrowed(acme, "orders:read")
    assert reader.get("/orders").status_code == 200
    for answer, scope in [
        (reader.post("/orders", cast.order()), "orders:write"),
        (reader.get("/customers"), "customers:read"),
        (reader.put("/rates", {}), "rates:write"),
        (reader.post("/codes/validate", {"code": "ALICE"}), "codes:read"),
    ]:
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert f"lacks the scope {scope}." in answer.json()["detail"]


def test_every_endpoint_asks_for_a_scope(acme):
    elsewhere = narrowed(acme, "nothing:read")
    for method, path in served():
        if (method, path) not in WITHOUT and path not in OF_CUSTOMERS:
            answer = getattr(elsewhere, method)(unnamed(path))
            assert answer.status_code == 403, (method, path)
            assert answer.json()["code"] in ("scope_missing", "test_key_needed")


def test_scopes_narrow_a_publishable_key_too_and_widen_none(acme, program):
    browser = narrowed(acme, "clicks:write", "orders:read", kind="publishable")
    assert browser.get("/programs").json()["code"] == "scope_missing"
    assert browser.get("/orders").json()["code"] == "secret_key_needed"
    assert browser.post("/clicks", {"code": "none"}).status_code == 404


def test_a_replaced_key_may_what_the_one_before_might(acme):
    narrowed(acme, "orders:read")
    successor, token = keys.rotate(key=ApiKey.objects.get(), at=timezone.now())
    assert successor.scopes == ["orders:read"]
    assert Caller(token).get("/customers").status_code == 403


def test_a_method_that_is_not_served_is_said_to_be_none(acme):
    assert narrowed(acme, "orders:read").delete("/orders").status_code == 405
    assert secret(acme).delete("/orders").status_code == 405
