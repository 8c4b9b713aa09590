"""Coupons through HTTP: uploaded, given to a friend who signs up, used, and not shown to strangers."""

import pytest

from advocacy import ids
from rewards.models import Coupon
from tests import cast
from tests.flows.api import secret
from tests.flows.coupon_calls import TEN, code_of, gives, key, pool, shop, sign_up, validate, why, work
from tests.rewards.shop_stage import open_shop

__all__ = ["open_shop", "shop"]
pytestmark = pytest.mark.django_db


def test_the_friends_offer_is_a_coupon_from_the_upload_to_the_order(shop, program):
    stock = pool(shop, low_stock=0)
    gives(program, stock)
    bond = sign_up(shop)
    work()
    [reward] = shop.get("/rewards", customer="ext_fred").json()["data"]
    assert shop.get("/rewards", subject=bond["id"]).json()["data"] == [reward]
    assert shop.get("/rewards", subject=reward["id"]).json()["data"] == []
    assert shop.get("/rewards", subject="ref_1").status_code == 400
    assert (reward["side"], reward["status"], reward["waits_for_code"], reward["coupon"]) == (
        "friend",
        "pending",
        True,
        None,
    )
    assert reward["subject"] == bond["id"]

    sent = shop.post(f"/coupon_pools/{stock}/codes", {"csv": "code\r\nSummer-7QX2\r\nSUMMER-9KD4\r\n"})
    assert (sent.status_code, sent.json()["added"], sent.json()["served"]) == (201, 2, 1)
    reward = shop.get(f"/rewards/{reward['id']}").json()
    assert (reward["status"], reward["waits_for_code"], reward["coupon"]["last_4"]) == ("available", False, "7QX2")
    mine = code_of(shop)
    assert (mine["code"], mine["reward"], mine["amount"]) == ("Summer-7QX2", reward["id"], TEN)

    told = validate(shop, "summer-7qx2", customer="ext_fred", cart={"amount_minor": 5000, "currency": "EUR"})
    assert (told["valid"], told["kind"], told["offer"]["amount"], told["reasons"]) == (True, "coupon", TEN, [])
    shop.post("/orders", cast.order(customer="ext_fred", coupon_codes=["summer-7qx2"]))
    work()
    used = shop.get(f"/coupons/{mine['id']}").json()
    order = shop.get("/orders/1001").json()["id"]
    assert (used["status"], used["order"], used["code"]) == ("used", order, None)
    assert why(validate(shop, "SUMMER-7QX2")) == ["coupon_used"]
    assert shop.get(f"/rewards/{reward['id']}").json()["status"] == "spent"

    shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 5400})
    work()
    assert shop.get(f"/coupons/{mine['id']}").json()["status"] == "used"
    assert Coupon.objects.get(last_4="7QX2").order_undone_at is not None


def test_a_reward_that_was_taken_back_waits_for_no_code(shop, program):
    gives(program, pool(shop), trigger="conversion.recorded", side="advocate")

    def told():
        work()
        [reward] = shop.get("/rewards", customer="ext_alice").json()["data"]
        return reward["status"], reward["waits_for_code"]

    shop.post("/orders", cast.order(customer="ext_fred", referral_code="ALICE-LINK"))
    shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 5399})
    assert told() == ("pending", True), "codes are whole"
    shop.post("/orders/1001/refunds", {"refund_id": "R-2", "amount_minor": 1})
    assert told() == ("reversed", False)


def test_a_code_that_an_order_used_is_given_to_nobody(shop, program):
    stock = pool(shop)
    shop.post(f"/coupon_pools/{stock}/codes", {"codes": ["SUMMER-1", "SUMMER-2"]})
    shop.post("/orders", cast.order("1002", customer={"external_id": "gina"}, coupon_codes=["SUMMER-1"]))
    work()
    gives(program, stock)
    sign_up(shop)
    work()
    assert code_of(shop)["code"] == "SUMMER-2"


def test_an_unpaid_order_uses_nothing_until_it_is_paid(shop, program):
    gives(program, pool(shop, source="generated"))
    sign_up(shop)
    work()
    mine = code_of(shop)
    shop.post("/orders", cast.order(status="pending", customer="ext_fred", coupon_codes=[mine["code"]]))
    work()
    assert code_of(shop)["status"] == "assigned"
    shop.put("/orders/1001", {"status": "paid"})
    work()
    assert shop.get(f"/coupons/{mine['id']}").json()["status"] == "used"


def test_a_gift_card_is_used_in_parts_by_calls(shop, program):
    gives(program, pool(shop, source="generated", kind="gift_card"), form="gift_card")
    sign_up(shop)
    work()
    mine = code_of(shop)
    assert mine["left"] == TEN
    part = shop.post(f"/coupons/{mine['code'].lower()}/use", {"amount_minor": 400, "reference": "till-7"}, **key(1))
    assert (part.status_code, part.json()["left"]["amount_minor"], part.json()["order"]) == (201, 600, "till-7")
    again = shop.post(f"/coupons/{mine['code'].lower()}/use", {"amount_minor": 400, "reference": "till-7"}, **key(1))
    assert (again.status_code, again.json()["left"]["amount_minor"]) == (200, 600)
    assert validate(shop, mine["code"])["offer"]["amount"] == {"amount_minor": 600, "currency": "EUR"}
    shop.post("/orders", cast.order(customer="ext_fred", coupon_codes=[mine["code"]]))
    work()
    assert code_of(shop)["left"]["amount_minor"] == 600
    rest = shop.post(f"/coupons/{mine['id']}/use", {}, **key(2))
    assert (rest.json()["status"], rest.json()["left"]["amount_minor"]) == ("used", 0)
    more = shop.post(f"/coupons/{mine['id']}/use", {}, **key(3))
    assert (more.status_code, more.json()["code"]) == (422, "coupon_used")
    assert shop.post(f"/coupons/{mine['id']}/use", {}).json()["code"] == "idempotency_key_missing"


def test_lists_never_hold_a_code_and_strangers_are_not_shown_one(shop, acme, rival, program):
    gives(program, pool(shop, source="generated"))
    sign_up(shop)
    work()
    mine = code_of(shop)
    cast.customer(acme, "gina")
    for path in ("/coupons", f"/coupons/{mine['id']}", "/coupon_pools", "/rewards", "/events"):
        assert mine["code"] not in shop.get(path).content.decode(), path
    assert shop.get(f"/coupons/{mine['id']}", customer="ext_gina").status_code == 404
    other = secret(rival)
    assert other.get(f"/coupons/{mine['id']}").status_code == 404
    assert other.post(f"/codes/{mine['code']}/validate", {}).json()["code"] == "unknown_code"
    assert other.post(f"/coupons/{mine['code']}/use", {}, **key(1)).status_code == 404
    assert other.post(f"/coupon_pools/{mine['pool']}/codes", {"codes": ["SUMMER-1"]}).status_code == 404


def test_what_cannot_be_uploaded_is_told_by_line(shop):
    stock = pool(shop)
    answer = shop.post(f"/coupon_pools/{stock}/codes", {"codes": ["SUMMER-1", "x", "SUMMER-2"]}).json()
    assert (answer["code"], list(answer["errors"])) == ("invalid_table", ["line 2"])
    answer = shop.post(f"/coupon_pools/{stock}/codes", {"codes": ["SUMMER-1", "summer-1"], "only_new": True}).json()
    assert (answer["added"], answer["left_out"][0]["line"]) == (1, "line 2")
    assert shop.post(f"/coupon_pools/{stock}/codes", {}).status_code == 422
    assert shop.get(f"/coupon_pools/{stock}").json()["codes"] == {"free": 1, "assigned": 0, "used": 0}
    made = pool(shop, name="Made here", source="generated")
    assert shop.post(f"/coupon_pools/{made}/codes", {"codes": ["SUMMER-9"]}).json()["code"] == "pool_makes_its_codes"


def test_a_pool_sent_twice_is_one(shop):
    first = pool(shop)
    again = shop.post("/coupon_pools", {"name": "Ten euros off"} | TEN)
    assert (again.status_code, again.json()["id"]) == (200, first)
    other = shop.post("/coupon_pools", {"name": "Ten euros off", "amount_minor": 5, "currency": "EUR"})
    assert (other.status_code, other.json()["code"]) == (409, "pool_exists")


def test_a_pool_of_a_shop_names_a_connection_of_ones_own(shop, program, rival, open_shop):
    theirs, connection = open_shop(program.storefront, "woocommerce")
    _, rivals = open_shop(rival, "woocommerce")
    call = {"program": "friends", "name": "Made there", "source": "in_shop", "percent_bp": 1000, "minimum_minor": 2500}
    answers = [
        shop.post("/coupon_pools", call | {"connection": ids.encode("con", name)})
        for name in (rivals.public_id, connection.public_id, connection.public_id)
    ]
    assert [answer.status_code for answer in answers] == [404, 201, 200]
    made = answers[1].json()
    assert (made["source"], made["connection"]) == ("in_shop", ids.encode("con", connection.public_id))
    assert (made["minimum"], made["most_uses"]) == ({"amount_minor": 2500, "currency": "EUR"}, None)
    theirs.moods = [(500, {}, {"message": "Oh"})]
    named = {"connection": made["connection"], "name": "Another"}
    refused = shop.post("/coupon_pools", call | named)
    assert (refused.status_code, refused.json()["code"]) == (422, "connection_refused")
    assert shop.post("/coupon_pools", call | named | {"source": "uploaded"}).status_code == 422
