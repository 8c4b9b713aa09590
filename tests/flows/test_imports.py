"""A file on its way through the API and the admin: sent, looked at, begun, and what was refused."""

import re
from io import BytesIO

from django.urls import reverse

from advocacy.jobs import tasks
from referrals.models import Import, ImportRefusals, Order
from tests.flows.api import Caller, secret

TEXT = "external_id,email,total,placed_at\n1,fred@example.com,5.00,2025-01-01\n2,fred@example.com,five,2025-01-01\n"


def worked():
    row = Import.objects.get()
    tasks.work(row.job_id or row.check_job_id)


def send(caller, text=TEXT, path="/imports?kind=orders&name=orders.csv", content_type="text/csv"):
    return caller.raw("post", path, text, content_type)


def test_a_storefront_sends_a_file_looks_and_begins(acme, rival):
    caller, other = secret(acme), secret(rival)
    sent = send(caller)
    assert sent.status_code == 201
    row = sent.json()
    assert (row["status"], row["rows"], row["recognised_as"]) == ("checking", 2, "A table of orders")
    worked()
    assert caller.get(f"/imports/{row['id']}").json()["would"] == {"new": 1, "changed": 0, "same": 0, "refused": 1}
    assert Order.objects.count() == 0
    assert other.get(f"/imports/{row['id']}").status_code == 404
    assert other.post(f"/imports/{row['id']}/begin").status_code == 404
    assert caller.post(f"/imports/{row['id']}/begin").json()["status"] == "running"
    worked()
    done = caller.get("/imports?status=done").json()["data"][0]
    assert done["did"] == {"new": 1, "changed": 0, "same": 0, "refused": 1}
    lines = caller.get(f"/imports/{row['id']}/refused")
    assert (
        b"".join(lines.streaming_content).decode() == '{"line": 3, "why": "total: \\u201cfive\\u201d is no amount."}\n'
    )
    again = caller.post(f"/imports/{row['id']}/discard")
    assert (again.status_code, again.json()["code"]) == (422, "import_ended")


def test_what_is_no_file_is_refused_in_words(acme):
    caller = secret(acme)
    for path, text, kind, code in (
        ("/imports?kind=orders", "", "text/csv", "empty_file"),
        ("/imports?kind=orders", b"PK\x03\x04", "text/csv", "not_a_table"),
        ("/imports", TEXT, "text/csv", "missing_field"),
        ("/imports?kind=shoes", TEXT, "text/csv", "invalid_field"),
        ("/imports?kind=orders&mapping=[]", TEXT, "text/csv", "invalid_parameter"),
        ("/imports?kind=orders&live_since=soon", TEXT, "text/csv", "invalid_parameter"),
        ("/imports?kind=orders&live_since=9999-12-31T23:59:59-14:00", TEXT, "text/csv", "invalid_parameter"),
        ("/imports?kind=orders&time_zone=Nowhere", TEXT, "text/csv", "invalid_field"),
        ("/imports?kind=orders", "{}", "application/json", "not_json"),
    ):
        answer = caller.raw("post", path, text, kind)
        assert answer.json()["code"] == code, (path, answer.json())
    assert "“Content-Type: text/csv” or “Content-Type: application/x-ndjson”" in answer.json()["detail"]
    assert Caller().raw("post", "/imports?kind=orders", TEXT, "text/csv").status_code == 401
    assert Import.objects.count() == 0


def test_an_admin_sends_a_file_sees_it_as_understood_and_imports_it(client, olga, acme, program):
    client.force_login(olga)
    add = reverse("admin:referrals_import_add")
    assert "Check the file" in client.get(add).content.decode()
    form = {"storefront": acme.pk, "kind": "orders", "past": "past", "dates": "", "decimal": "", "mapping": ""}
    refused = client.post(add, form | {"file": BytesIO(b"PK\x03\x04")}).content.decode()
    assert "an Excel workbook or another ZIP archive" in refused
    file = BytesIO(TEXT.encode())
    file.name = "orders.csv"
    page = client.post(add, form | {"file": file}, follow=True).content.decode()
    assert "Of the past where placed before" in page
    assert "external_id 1" in page
    worked()
    row = Import.objects.get()
    address = reverse("admin:referrals_import_change", args=[row.pk])
    page = client.get(address).content.decode()
    assert "make 1, change 0; 0 are here already; 1 refused" in page
    assert "Download the refused line with why" in page
    client.post(reverse("admin:referrals_import_do", args=[row.pk, "begin"]), {"confirmed": "yes"})
    worked()
    page = client.get(address).content.decode()
    assert "made 1, changed 0" in page
    report = client.get(re.search(r'href="([^"]+refused\.csv)"', page)[1])
    assert b"".join(report.streaming_content).decode().splitlines()[1] == "3,total: “five” is no amount."
    assert Order.objects.get().history
    ImportRefusals.objects.all().delete()
    page = client.get(address).content.decode()
    assert "1. Which they were was kept for" in page
    assert "Download the refused line" not in page
