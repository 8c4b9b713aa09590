"""Whole answers in the place of ids: one deep, in as many questions for twenty rows as for one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy import keys
from tests import cast
from tests.flows.api import Caller, publishable, secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, alice):
    shop = secret(acme)
    shop.post("/orders", cast.order("1", customer={"external_id": "fred"}, referral_code="alice-link"))
    return shop


def test_ids_become_whole_answers_in_lists_and_alone(shop):
    (row,) = shop.get("/conversions", expand="order,advocate").json()["data"]
    assert row["order"] == shop.get("/orders/1").json()
    assert row["advocate"] == shop.get(f"/advocates/{row['advocate']['id']}").json()
    assert row["program"].startswith("prg_")
    one = shop.get(f"/conversions/{row['id']}", expand="order").json()
    assert one["order"]["external_id"] == "1"
    assert one["order"]["customer"].startswith("cus_")


def test_a_page_asks_no_more_for_many_rows_than_for_one(shop):
    def asked():
        shop.get("/orders")
        with CaptureQueriesContext(
            connection,
        ) as questions:
            assert shop.get("/orders", expand="customer").status_code == 200
        return len(questions)

    one = asked()
    for number in range(2, 8):
        shop.post("/orders", cast.order(str(number), customer={"external_id": f"friend {number}"}))
    assert asked() == one
    assert {row["customer"]["external_id"] for row in shop.get("/orders", expand="customer").json()["data"]} > {"fred"}


@pytest.mark.parametrize("asked", ["", "nothing", "customer,nothing", "customer.program", "id"])
def test_what_cannot_be_expanded_is_refused_by_name(shop, asked):
    answer = shop.get("/orders", expand=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert shop.post("/orders?expand=customer", {}).json()["code"] == "unknown_parameter"


def test_a_key_expands_what_it_may_read(acme, program, shop):
    narrow = keys.make(storefront=acme, kind="secret", name="n", at=cast.NOON, scopes=["orders:read"])[1]
    answer = Caller(narrow).get("/orders", expand="customer")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "customers:read" in answer.json()["detail"]
    refused = publishable(acme).get("/testimonials", expand="customer")
    assert (refused.status_code, refused.json()["code"]) == (403, "secret_key_needed")
    assert publishable(acme).get("/offers", expand="program").status_code == 200
