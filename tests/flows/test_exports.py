"""Every list as a file: whole, of one storefront, and harmless in a spreadsheet."""

import csv
import json

import pytest
from django.contrib.auth.models import Permission

from config.exports import streaming
from config.exports.lists import LISTS
from referrals import orders
from tests import cast
from tests.flows.api import Caller, publishable, secret


def lines(response):
    return b"".join(response.streaming_content).decode().splitlines()


@pytest.fixture
def stage(acme, alice, rival):
    cast.customer(rival, "barney")
    fred = {"email": "fred@example.com", "name": "=HYPERLINK(1)"}
    fields = cast.order(referral_code=alice.code, customer=fred)
    return orders.record(storefront=acme, orders=[fields], at=cast.NOON)[0].order


@pytest.mark.parametrize("name", LISTS)
def test_every_list_leaves_as_lines_and_as_a_table_with_the_same_columns(stage, acme, name):
    caller = secret(acme)
    objects = [json.loads(line) for line in lines(caller.get(f"/exports/{name}"))]
    table = list(csv.reader(lines(caller.get(f"/exports/{name}", form="csv"))))
    assert table[0] == [column for column, *_ in LISTS[name].columns]
    assert len(table) == len(objects) + 1
    assert all(list(each) == table[0] for each in objects)


def test_a_file_holds_all_rows_of_one_storefront_and_runs_in_no_spreadsheet(stage, acme, monkeypatch):
    monkeypatch.setattr(streaming, "_AT_ONCE", 1)
    names = [json.loads(line)["name"] for line in lines(secret(acme).get("/exports/customers"))]
    assert names == ["Alice", "=HYPERLINK(1)"]
    table = lines(secret(acme).get("/exports/customers", form="csv"))
    assert "'=HYPERLINK(1)" in table[2]
    (told,) = [json.loads(line) for line in lines(secret(acme).get("/exports/orders"))]
    assert (told["external_id"], told["total_minor"], told["history"]) == (stage.external_id, 5400, False)
    assert lines(secret(acme).get("/exports/orders", since="2999-01-01T00:00:00Z")) == []


def test_what_cannot_be_exported_is_refused_in_words(acme):
    caller = secret(acme)
    assert caller.get("/exports/shoes").json()["code"] == "unknown_list"
    assert caller.get("/exports/orders", form="xlsx").json()["code"] == "invalid_parameter"
    assert caller.get("/exports/orders", since="soon").json()["code"] == "invalid_parameter"
    assert publishable(acme).get("/exports/orders").status_code == 403
    assert Caller().get("/exports/orders").status_code == 401


def test_staff_export_what_they_may_see(client, stage, acme, olga):
    client.force_login(olga)
    page = client.get("/admin/exports/", {"storefront": acme.pk, "from": "2026-01-01"}).content.decode()
    assert "list=payouts" in page and "from 1 Jan 2026" in page
    file = client.get("/admin/exports/", {"storefront": acme.pk, "list": "orders", "form": "csv"})
    assert lines(file)[0].startswith("\ufeffid,external_id,customer")
    otto = cast.staff("otto")
    client.force_login(otto)
    assert client.get("/admin/exports/").status_code == 403
    otto.user_permissions.add(Permission.objects.get(codename="view_link"))
    page = client.get("/admin/exports/").content.decode()
    assert "list=links" in page and "list=orders" not in page
    assert client.get("/admin/exports/", {"storefront": acme.pk, "list": "orders"}).status_code == 403
