"""Many calls in one: each by itself, in their order."""

import pytest
from django.db import OperationalError
from django.test import override_settings

from advocacy import keys
from advocacy.models import Customer
from referrals.models import Order
from referrals.orders import recording, together
from rewards.models import Adjustment
from tests import cast
from tests.flows.api import Caller, publishable, secret

pytestmark = pytest.mark.django_db


def sent(caller, *calls):
    answer = caller.post("/batch", {"calls": list(calls)})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def call(method, path, body=None, **more):
    return {"method": method, "path": path} | ({} if body is None else {"body": body}) | more


def test_each_call_is_answered_by_itself_and_one_that_fails_undoes_no_other(acme, program):
    order = cast.order(customer={"external_id": "fred"}, placed_at="2026-03-02T12:00:00Z")
    results = sent(
        secret(acme),
        call("PUT", "/customers/fred", {"name": "Fred"}),
        call("POST", "/orders", order | {"total_minor": 1}),
        call("POST", "/orders?lenient=true", order | {"total_minor": 1}),
        call("POST", "/orders?lenient=true", order | {"total_minor": 1}),
        call("GET", "/orders/ext_1001?x=1"),
        call("GET", "/orders/ext_1001"),
        call("GET", "/nothing"),
        call("DELETE", "/customers"),
    )
    assert [each["status"] for each in results] == [201, 422, 201, 200, 400, 200, 404, 405]
    assert results[1]["body"]["code"] == "total_mismatch"
    assert results[3]["headers"] == {"Idempotent-Replayed": "true"}
    assert results[5]["body"]["total"] == {"amount_minor": 1, "currency": "EUR"}
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)


def test_orders_beside_each_other_share_a_transaction_and_each_keeps_its_own_answer(acme, program, monkeypatch):
    shop, taken = secret(acme), []
    monkeypatch.setattr(together, "take", lambda said, take=together.take: taken.append(len(said)) or take(said))
    bodies = [cast.order(str(number), customer={"external_id": f"p{number}"}) for number in range(4)]
    bodies[1] |= {"total_minor": 1}
    results = sent(
        shop,
        *[call("POST", "/orders", body) for body in bodies],
        call("POST", "/orders", bodies[0]),
        call("POST", "/orders", bodies[0] | {"shipping_minor": 0, "total_minor": 5000}),
        call("POST", "/orders", {"external_id": "9"}),
        call("POST", "/orders?x=1", bodies[3]),
        call("GET", "/orders/0"),
    )
    assert [each["status"] for each in results] == [201, 422, 201, 201, 200, 409, 422, 400, 200]
    assert [each["body"].get("code") for each in results[4:8]] == [
        None,
        "idempotency_conflict",
        "invalid",
        "unknown_parameter",
    ]
    assert (results[1]["body"]["code"], results[4]["headers"]) == ("total_mismatch", {"Idempotent-Replayed": "true"})
    assert results[4]["body"] == results[0]["body"] == results[8]["body"]
    assert (taken[0], Order.objects.count()) == (4, 3)


def test_our_own_mistake_with_one_order_of_a_batch_is_told_there(acme, monkeypatch):
    def broken(columns, hidden, kept=recording.kept):
        return kept(columns, hidden) if columns["country"] != "XX" else 1 / 0

    monkeypatch.setattr(recording, "kept", broken)
    bodies = [cast.order(name, customer={"external_id": name}, country=name) for name in ("DE", "XX", "FR")]
    results = sent(secret(acme), *[call("POST", "/orders", body) for body in bodies])
    assert [each["status"] for each in results] == [201, 500, 201]
    assert results[1]["body"]["code"] == "internal_error"


def test_where_orders_cannot_be_asked_together_at_all_each_is_told_and_the_other_calls_go_on(acme, monkeypatch):
    def gone(said):
        raise OperationalError("the database is gone")

    monkeypatch.setattr(together, "take", gone)
    fred, *orders = [
        call("PUT", "/customers/fred", {"name": "Fred"}),
        *[call("POST", "/orders", cast.order(name, customer={"external_id": name})) for name in ("1", "2")],
    ]
    results = sent(secret(acme), fred, *orders, call("GET", "/customers/ext_fred"))
    assert [each["status"] for each in results] == [201, 503, 503, 200]


def test_a_batch_sent_again_writes_nothing_more(acme, program):
    shop, fred = secret(acme), cast.fred(acme)
    given = {"customer": "ext_fred", "kind": "given", "amount_minor": 500, "reason": "Sorry"}
    calls = [call("POST", "/adjustments", given, idempotency_key="sorry-1"), call("POST", "/adjustments", given)]
    first, again = sent(shop, *calls), sent(shop, *calls)
    assert [each["status"] for each in first] == [201, 400]
    assert first[1]["body"]["code"] == "idempotency_key_missing"
    assert (again[0]["status"], again[0]["body"]["id"]) == (200, first[0]["body"]["id"])
    assert Adjustment.objects.get().customer == fred


def test_a_batch_may_what_its_key_may(acme, rival, alice):
    calls = [call("GET", "/orders"), call("GET", "/programs"), call("GET", "/customers/ext_alice")]
    assert [each["status"] for each in sent(publishable(acme), *calls)] == [403, 200, 403]
    assert [each["status"] for each in sent(secret(rival), *calls)] == [200, 200, 404]
    narrow = keys.make(storefront=acme, kind="secret", name="n", at=cast.NOON, scopes=["orders:read"])[1]
    assert [each["status"] for each in sent(Caller(narrow), *calls)] == [200, 403, 403]


@pytest.mark.parametrize("path", ["/batch", "/../v1/batch", "/schema/../batch", "//batch", "/docs/", "/../../admin/"])
def test_a_batch_holds_no_batch_and_leads_nowhere_else(acme, path):
    body = {"calls": [call("GET", "/orders")]}
    assert sent(secret(acme), call("POST", path, body))[0]["status"] == 404


@pytest.mark.parametrize(
    ("calls", "field"),
    [
        ([], "calls"),
        ([call("GET", "/orders")] * 101, "calls"),
        ({"0": call("GET", "/orders")}, "calls"),
    ],
)
def test_a_batch_that_is_no_batch_is_refused_by_field(acme, calls, field):
    answer = secret(acme).post("/batch", {"calls": calls})
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_what_is_no_call_is_answered_in_its_place_and_the_others_are_taken(acme):
    unfit = [
        (call("TRACE", "/orders"), 405, set()),
        (call(7, "/orders"), 422, {"method"}),
        (call("GET", "/orders", more=1), 422, {"more"}),
        ({"method": "GET"}, 422, {"path"}),
        (call("POST", "/orders", []), 422, {"body"}),
        ("GET /orders", 422, {""}),
        (None, 422, {""}),
    ]
    fred, *told, order = sent(
        secret(acme),
        call("PUT", "/customers/fred", {"name": "Fred"}),
        *[each for each, _, _ in unfit],
        call("POST", "/orders", cast.order(customer="ext_fred")),
    )
    assert (fred["status"], order["status"], Order.objects.count()) == (201, 201, 1)
    assert [(each["status"], set(each["body"]["errors"])) for each in told] == [(one[1], one[2]) for one in unfit]
    assert {(each["body"]["status"], each["body"]["code"]) for each in told} == {
        (405, "method_not_allowed"),
        (422, "invalid"),
    }


def test_our_own_mistake_in_one_call_is_told_there(acme, monkeypatch):
    monkeypatch.setattr("advocacy.customers.upsert", lambda **_: 1 / 0)
    broken, fine = sent(secret(acme), call("PUT", "/customers/fred", {"name": "Fred"}), call("GET", "/orders"))
    assert (broken["status"], broken["body"]["code"], fine["status"]) == (500, "internal_error", 200)


def test_each_call_counts_against_the_limit(acme):
    shop = secret(acme)
    with override_settings(CALLS_PER_MINUTE_SECRET=3):
        statuses = [each["status"] for each in sent(shop, *[call("GET", "/orders")] * 4)]
    assert statuses == [200, 200, 429, 429]
