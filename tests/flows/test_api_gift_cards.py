"""Codes in bodies instead of addresses, and gift cards that orders use in parts."""

import pytest

from rewards import audit
from rewards.models import Coupon
from tests import cast
from tests.flows.api import secret
from tests.flows.test_api_coupons import TEN, code_of, gives, key, pool, sign_up, validate, why, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, alice):
    return secret(acme)


@pytest.fixture
def card(shop, program):
    """fred's, worth 10.00 EUR."""
    gives(program, pool(shop, source="generated", kind="gift_card"), form="gift_card")
    sign_up(shop)
    work()
    return code_of(shop)


def left(shop):
    [row] = shop.get("/coupons", customer="ext_fred").json()["data"]
    return row["status"], row["left"]["amount_minor"]


def buy(shop, name, total, *cards, **fields):
    money = {"subtotal_minor": total, "shipping_minor": 0, "total_minor": total}
    codes = [card["code"] for card in cards]
    shop.post("/orders", cast.order(name, customer="ext_fred", coupon_codes=codes, **money | fields))
    work()


def test_codes_are_validated_and_used_without_standing_in_an_address(shop, rival, card):
    told = shop.post("/codes/validate", {"code": f" {card['code'].lower()} ", "customer": "ext_fred"})
    assert (told.json()["valid"], told.json()["offer"]["amount"]) == (True, TEN)
    assert shop.post("/codes/validate", {"code": "alice-link"}).json()["kind"] == "referral"
    said = {"code": card["code"].lower(), "amount_minor": 400, "reference": "till-7"}
    assert secret(rival).post("/coupons/use", said, **key(1)).status_code == 404
    assert shop.post("/coupons/use", said).json()["code"] == "idempotency_key_missing"
    used = shop.post("/coupons/use", said, **key(1))
    assert (used.status_code, used.json()["left"]["amount_minor"], used.json()["code"]) == (201, 600, None)
    again = shop.post("/coupons/use", said, **key(1))
    assert (again.status_code, again.json()["left"]["amount_minor"]) == (200, 600)
    assert shop.post("/coupons/use", {"code": "NOBODYS"}, **key(2)).status_code == 404


def test_an_order_takes_of_a_gift_card_what_it_costs_and_the_next_the_rest(shop, card):
    buy(shop, "1001", 300, card)
    assert left(shop) == ("assigned", 700)
    shop.put("/orders/1001", {"metadata": {"told": "again"}})
    work()
    assert left(shop) == ("assigned", 700)
    buy(shop, "1002", 450, card)
    assert left(shop) == ("assigned", 250)
    assert validate(shop, card["code"])["offer"]["amount"]["amount_minor"] == 250
    buy(shop, "1003", 9000, card)
    assert left(shop) == ("used", 0)
    assert why(validate(shop, card["code"])) == ["coupon_used"]
    uses = Coupon.objects.get(state="used").uses.order_by("id")
    assert list(uses.values_list("amount_minor", flat=True)) == [300, 450, 250]
    assert list(audit.differences()) == []


def test_orders_told_at_once_take_their_parts_one_after_the_other(shop, card):
    for name in ("1001", "1002"):
        money = {"subtotal_minor": 400, "shipping_minor": 0, "total_minor": 400}
        shop.post("/orders", cast.order(name, customer="ext_fred", coupon_codes=[card["code"]], **money))
    work()
    assert left(shop) == ("assigned", 200)
    assert list(audit.differences()) == []


def test_an_order_that_costs_nothing_does_not_say_how_much_so_the_card_is_used_up(shop, card):
    buy(shop, "1001", 500, card, discount_minor=500, total_minor=0)
    assert left(shop) == ("used", 0)
