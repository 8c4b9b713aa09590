"""The main job as a storefront's server lives it: sign-ups, orders, refunds, and what they became."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from advocacy.models import Customer, Event
from referrals import orders
from referrals.models import Conversion, Order, Referral, Refund
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db
FRED = {"external_id": "fred", "email": "fred@example.com", "name": "Fred"}
ORDER = {
    "external_id": "1001",
    "status": "paid",
    "customer": FRED,
    "currency": "EUR",
    "subtotal_minor": 5000,
    "shipping_minor": 400,
    "total_minor": 5400,
    "placed_at": "2026-03-02T13:00:00+01:00",
}


@pytest.fixture
def shop(acme, alice):
    return secret(acme)


def euros(amount_minor):
    return {"amount_minor": amount_minor, "currency": "EUR"}


def test_fred_signs_up_with_alices_code(shop, alice):
    made = shop.post("/signups", {"customer": FRED, "referral_code": "alice-link"})
    assert made.status_code == 201
    bond = made.json()["referral"]
    assert (bond["method"], bond["link"] is not None, bond["conversions"]) == ("code", True, 0)
    assert [(one["code"], one["won"]) for one in bond["candidates"]] == [("ALICE-LINK", True)]
    assert made.json()["reasons"] == []
    again = shop.post("/signups", {"customer": FRED, "referral_code": "alice-link"})
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["referral"] == bond
    assert shop.get(f"/referrals/{bond['id']}").json() == bond
    assert [each["id"] for each in shop.get("/referrals", friend="ext_fred", method="code").json()["data"]] == [
        bond["id"]
    ]
    assert shop.get("/referrals", method="-code").json()["data"] == []


def test_a_sign_up_that_nobody_brought_says_why(shop):
    made = shop.post("/signups", {"customer": FRED, "referral_code": "nonsense"})
    assert (made.status_code, made.json()["referral"]) == (200, None)
    assert [reason["key"] for reason in made.json()["reasons"]] == ["unknown_code"]
    assert made.json()["reasons"][0]["text"] == (
        "Nobody brought this customer: it came with the code “nonsense”, which no advocate has."
    )
    assert Customer.objects.filter(external_id="fred").count() == 1


def test_an_order_converts_and_its_answer_says_so(shop):
    made = shop.post("/orders", ORDER | {"referral_code": "alice-link"})
    assert made.status_code == 201
    order = made.json()
    assert (order["total"], order["revenue"], order["refunded"]) == (euros(5400), euros(5000), euros(0))
    assert order["placed_at"] == "2026-03-02T12:00:00Z"
    conversion = shop.get(f"/conversions/{order['conversions'][0]}").json()
    assert (conversion["order"], conversion["order_external_id"]) == (order["id"], "1001")
    assert (conversion["sequence"], conversion["stands"], conversion["total"]) == (1, True, euros(5400))
    assert shop.get("/conversions", order="ext_1001").json()["data"] == [conversion]
    for name in ("1001", "ext_1001", order["id"]):
        assert shop.get(f"/orders/{name}").json() == order


def test_an_order_of_somebody_nobody_brought_is_taken_with_the_reason(shop):
    order = shop.post("/orders", ORDER).json()
    assert order["conversions"] == []
    assert [reason["key"] for reason in order["reasons"]] == ["no_attribution"]


def test_alice_cannot_refer_herself(shop):
    order = shop.post("/orders", ORDER | {"customer": "ext_alice", "referral_code": "alice-link"}).json()
    assert [reason["key"] for reason in order["reasons"]] == ["self_referral"]
    assert (Order.objects.count(), Conversion.objects.count()) == (1, 0)


def test_the_same_order_again_is_replayed_and_another_one_a_conflict(shop):
    first = shop.post("/orders", ORDER | {"referral_code": "alice-link"})
    again = shop.post("/orders", ORDER | {"referral_code": "alice-link", "placed_at": "2026-03-02T12:00:00Z"})
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json() == first.json()
    other = shop.post("/orders", ORDER | {"total_minor": 5300, "shipping_minor": 300})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert (Order.objects.count(), Conversion.objects.count()) == (1, 1)
    assert Order.objects.get().total_minor == 5400


def test_a_put_brings_an_order_up_to_date_and_an_older_one_changes_nothing(shop):
    pending = {"status": "pending", "referral_code": "alice-link", "updated_at": "2026-03-02T12:00:00Z"}
    order = shop.put("/orders/1001", ORDER | pending)
    assert (order.status_code, order.json()["conversions"]) == (201, [])
    paid = shop.put("/orders/ext_1001", {"status": "paid", "updated_at": "2026-03-02T12:10:00Z"})
    assert (paid.status_code, paid.json()["status"], len(paid.json()["conversions"])) == (200, "paid", 1)
    older = shop.put("/orders/1001", {"status": "cancelled", "updated_at": "2026-03-02T12:05:00Z"})
    assert (older.status_code, older.json()["status"]) == (200, "paid")
    assert ("Advocacy-Outdated" in paid, older["Advocacy-Outdated"]) == (False, "true")
    assert shop.put("/orders/1002", {"external_id": "1001", "status": "paid"}).status_code == 422
    ours = shop.put(f"/orders/{paid.json()['id']}", {"status": "cancelled"})
    assert (ours.status_code, ours.json()["status"]) == (200, "cancelled")
    assert Conversion.objects.get().stands is False


def test_a_total_that_contradicts_its_parts_names_the_right_one(shop):
    wrong = ORDER | {"total_minor": 5402}
    answer = shop.post("/orders", wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "total_mismatch")
    assert "5400 (54.00 EUR)" in answer.json()["errors"]["total_minor"]
    assert Order.objects.count() == 0
    taken = shop.raw("post", "/orders?lenient=true", json.dumps(wrong))
    assert (taken.status_code, [each["code"] for each in taken.json()["warnings"]]) == (201, ["total_mismatch"])
    # What stands is not judged again where no amount is named.
    cancelled = shop.put("/orders/1001", {"status": "cancelled"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["warnings"] == taken.json()["warnings"]
    again = shop.put("/orders/1001", {"shipping_minor": 410})
    assert (again.status_code, again.json()["code"]) == (422, "total_mismatch")


def test_a_refund_is_taken_once_and_can_be_undone(shop):
    shop.post("/orders", ORDER | {"referral_code": "alice-link"})
    refund = {"refund_id": "R-1", "amount_minor": 1350, "refunded_at": "2026-03-03T12:00:00Z"}
    made = shop.post("/orders/ext_1001/refunds", refund)
    assert made.status_code == 201
    assert (made.json()["amount"], made.json()["refunded"], made.json()["remaining"]) == (
        euros(1350),
        euros(1350),
        euros(4050),
    )
    (brought,) = made.json()["conversions"]
    known = shop.get("/orders/1001").json()["conversions"]
    assert (made.json()["matched"], [brought["id"]], brought["state"]) == (True, known, "partly_refunded")
    again = shop.post("/orders/1001/refunds", refund)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", made.json())
    for name in ("R-1", made.json()["id"]):
        assert shop.get(f"/orders/1001/refunds/{name}").json() == made.json()
    assert shop.get(f"/refunds/{made.json()['id']}").json() == made.json()
    assert {shop.get(f"/refunds/{name}").status_code for name in ("R-1", "ext_R-1")} == {404}
    assert shop.get("/orders/1001/refunds/R-9").json()["code"] == "unknown_refund"
    assert shop.post("/orders/1001/refunds", refund | {"amount_minor": 1}).status_code == 409
    assert shop.get("/orders/1001").json()["refunded"] == euros(1350)
    assert [each["refund_id"] for each in shop.get("/orders/1001/refunds").json()["data"]] == ["R-1"]
    for name in ("R-1", made.json()["id"]):
        undone = shop.delete(f"/orders/1001/refunds/{name}")
        assert (undone.status_code, undone.json()["remaining"]) == (200, euros(5400))
        assert [each["state"] for each in undone.json()["conversions"]] == ["counts"]
        assert undone.json()["undone_at"] is not None
    assert shop.delete("/orders/1001/refunds/R-2").status_code == 404
    again = shop.post("/orders/1001/refunds", refund)
    assert (again.status_code, again.json()["refunded"]) == (200, euros(0))
    assert again.json()["undone_at"], "it says that it is undone"
    early = {"refund_id": "R-4", "amount_minor": 1, "refunded_at": "2020-01-01T00:00:00Z"}
    assert shop.post("/orders/1001/refunds", early).status_code == 201
    assert shop.get("/orders/1001").json()["warnings"] == [{"code": "refund_before_order", "refund_id": "R-4"}]
    other = shop.put("/orders/1001", {"customer": "ext_other"})
    assert [each["code"] for each in other.json()["warnings"]] == ["refund_before_order", "customer_differs"]
    nothing = shop.post("/orders/1001/refunds", {"refund_id": "R-3", "amount_minor": 0})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid_amount")
    assert "gives nothing back" in nothing.json()["errors"]["amount_minor"]


def test_refunds_of_all_orders_are_listed_and_narrowed(shop):
    for name, kind, day in (("1", "refund", 3), ("2", "chargeback", 5)):
        shop.post("/orders", ORDER | {"external_id": name, "customer": {"external_id": f"friend {name}"}})
        refund = {"refund_id": f"R-{name}", "kind": kind, "amount_minor": 100}
        shop.post(f"/orders/{name}/refunds", refund | {"refunded_at": f"2026-03-0{day}T12:00:00Z"})
    numbers = lambda **query: [each["refund_id"] for each in shop.get("/refunds", **query).json()["data"]]  # noqa: E731
    assert numbers() == ["R-2", "R-1"]
    assert numbers(limit=1, cursor=shop.get("/refunds", limit=1).json()["next_cursor"]) == ["R-1"]
    assert (numbers(kind="chargeback"), numbers(kind="-chargeback")) == (["R-2"], ["R-1"])
    assert (numbers(order="ext_1"), numbers(customer="ext_friend 2")) == (["R-1"], ["R-2"])
    assert numbers(refunded_after="2026-03-05", time_zone="Europe/Berlin") == ["R-2"]
    assert numbers(refunded_before="2026-03-05", time_zone="Europe/Berlin") == ["R-1"]
    assert shop.get("/refunds", expand="order").json()["data"][0]["order"]["external_id"] == "2"
    assert shop.get("/refunds", order="ext_3").status_code == 404


def test_no_more_than_the_order_is_refunded(shop):
    shop.post("/orders", ORDER)
    answer = shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 5401})
    assert (answer.status_code, answer.json()["code"]) == (422, "refund_above_order")
    assert "5400 (54.00 EUR)" in answer.json()["detail"]
    assert Refund.objects.count() == 0


def test_a_refund_of_an_order_that_is_not_here_yet_waits_for_it(shop):
    early = {"refund_id": "R-1", "amount_minor": 1350}
    waits = shop.post("/orders/1001/refunds", early)
    told = waits.json()
    assert (waits.status_code, told["matched"], told["status"]) == (202, False, "waiting")
    assert shop.post("/orders/1001/refunds", early).json()["id"] == waits.json()["id"]
    assert shop.post("/orders/1001/refunds", {"refund_id": "R-2"}).status_code == 422
    assert shop.post("/orders", ORDER).status_code == 201
    assert [each["refund_id"] for each in shop.get("/orders/1001/refunds").json()["data"]] == ["R-1"]
    nowhere = "/orders/ord_00000000000000000000000000/refunds"
    assert shop.post(nowhere, early).status_code == 404


def test_a_date_in_the_far_future_is_refused_with_the_limit(shop):
    answer = shop.post("/orders", ORDER | {"placed_at": "2150-01-01T00:00:00Z"})
    limit = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert answer.status_code == 422
    assert limit in answer.json()["errors"]["placed_at"]
    assert Order.objects.count() == 0


def test_the_whole_why_of_an_order(shop):
    order = shop.post("/orders", ORDER | {"referral_code": "alice-link"}).json()
    why = shop.get("/orders/1001/explain").json()
    assert why["order"]["id"] == order["id"]
    assert why["conversions"][0]["id"] == order["conversions"][0]
    assert shop.get(f"/conversions/{order['conversions'][0]}/explain").json() == why
    assert shop.get("/orders/9/explain").status_code == 404


def test_an_order_is_read_by_the_storefronts_own_id_also_where_its_shop_told_it_first(shop, acme, rival):
    paid = ORDER | {"identifiers": {"payment_intent": "pi_1"}}
    first = orders.bring(storefront=acme, fields=paid | {"external_id": "5501"}, source="shopify", at=cast.NOON).order
    assert shop.post("/orders", paid | {"external_id": "web-6"}).status_code == 200
    refund = shop.post("/orders/web-6/refunds", {"refund_id": "R-1", "amount_minor": 100}).json()
    shop.post("/orders/web-6/fulfilments", {"fulfilment_id": "F-1"})
    for name in ("5501", "ext_web-6", "web-6", refund["order"]):
        order = shop.get(f"/orders/{name}").json()
        assert (order["id"], order["external_id"]) == (refund["order"], "5501")
        assert shop.get(f"/orders/{name}/refunds/R-1").json() == refund
        for path in (f"/orders/{name}/refunds", f"/refunds?order={name}", f"/orders/{name}/fulfilments"):
            assert [each["order"] for each in shop.get(path).json()["data"]] == [order["id"]]
        assert shop.get(f"/orders/{name}/explain").json()["order"]["id"] == order["id"]
        for asked in ("q", "order"):
            assert [each["order"]["id"] for each in shop.get(f"/explain?{asked}={name}").json()["data"]] == [
                order["id"]
            ]
    assert (first.external_id, shop.get("/orders/pi_1").status_code) == ("5501", 404)
    assert secret(rival).get("/orders/web-6").status_code == 404


def test_events_tell_what_happened_with_the_ids_of_the_api(shop):
    order = shop.post("/orders", ORDER | {"referral_code": "alice-link"}).json()
    told = shop.get("/events", type="conversion.recorded,order.recorded").json()["data"]
    assert [each["type"] for each in told] == ["conversion.recorded", "order.recorded"]
    assert (told[0]["subject"], told[0]["facts"]["order"]) == (order["conversions"][0], order["id"])
    assert told[1]["subject"] == order["id"]
    assert Event.objects.count() > 2
    assert shop.get("/events", type="order.sold").status_code == 400


def test_orders_are_narrowed_by_status_customer_and_period(shop):
    shop.post("/orders", ORDER)
    shop.post("/orders", ORDER | {"external_id": "1002", "status": "pending", "customer": {"external_id": "gina"}})
    numbers = lambda **query: [each["external_id"] for each in shop.get("/orders", **query).json()["data"]]  # noqa: E731
    assert numbers() == ["1002", "1001"]
    assert numbers(status="paid,cancelled") == ["1001"]
    assert numbers(status="-paid") == ["1002"]
    assert numbers(customer="ext_gina") == ["1002"]
    assert numbers(placed_after="2026-03-02T12:00:00Z") == ["1002", "1001"]
    assert numbers(placed_before="2026-03-02T12:00:00Z") == []


def test_rival_finds_nothing_of_acmes(shop, rival):
    order = shop.post("/orders", ORDER | {"referral_code": "alice-link"}).json()
    other = secret(rival)
    assert other.get("/orders").json()["data"] == []
    for path in ("/orders/1001", f"/orders/{order['id']}", f"/orders/{order['id']}/explain"):
        assert other.get(path).status_code == 404
    refund = {"refund_id": "R", "amount_minor": 1}
    assert other.post(f"/orders/{order['id']}/refunds", refund).status_code == 404
    assert other.post("/orders/1001/refunds", refund).status_code == 202
    assert shop.get("/orders/1001").json()["refunded"]["amount_minor"] == 0
    bound = other.post("/signups", {"customer": FRED, "referral_code": "alice-link"}).json()
    assert bound["referral"] is None
    assert Referral.objects.filter(storefront=rival).count() == 0


def test_a_period_of_days_is_of_the_zone_that_is_named(shop):
    for name, at in [("1", "2026-02-28T22:59:59Z"), ("2", "2026-02-28T23:00:00Z"), ("3", "2026-03-01T23:00:00Z")]:
        shop.post("/orders", cast.order(name, placed_at=at))
    period = {"placed_after": "2026-03-01", "placed_before": "2026-03-02"}
    found = shop.get("/orders", time_zone="Europe/Berlin", **period).json()["data"]
    assert [each["external_id"] for each in found] == ["2"]
    for zone in ({}, {"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}):
        assert shop.get("/orders", **period, **zone).json()["code"] == "invalid_parameter"
    assert shop.get("/orders", time_zone="UTC", placed_after="2026-02-30").status_code == 400
