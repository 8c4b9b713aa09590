"""What codes answer who validates them: what they promise this cart and this friend, and why not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import customers
from advocacy.models import Program, Storefront
from referrals.models import Link, Referral
from rewards import rulebook
from rewards.models import Coupon
from rewards.tasks import coupons as coupons_task
from tests import cast
from tests.flows.api import publishable
from tests.flows.coupon_calls import TEN, code_of, gives, pool, shop, sign_up, validate, why, work
from tests.terms import terms

__all__ = ["shop"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(program):
    """The friend: 5 euros of credit off the first order from 40 euros."""
    return rulebook.save(
        program=program,
        name="Give 5",
        terms=terms(friend_kind="fixed", friend_amount_minor=500, minimum_order_minor=4000, hold_days=0),
        at=timezone.now(),
        starts_at=cast.LONG_AGO,
        from_the_past=True,
        accepted=True,
    )


def test_a_referral_code_promises_the_friends_offer_to_anybody(shop, acme, offer):
    told = validate(publishable(acme), "alice-link", cart={"amount_minor": 4000, "currency": "EUR"})
    assert (told["valid"], told["kind"]) == (True, "referral")
    assert told["offer"]["text"] == "€5 store credit for your first order"
    assert told["offer"]["amount"] == {"amount_minor": 500, "currency": "EUR"}
    assert told["offer"]["minimum_order"] == {"amount_minor": 4000, "currency": "EUR"}
    assert told["offers"] == [told["offer"]]


def test_all_that_a_cart_brings_is_told_and_what_each_is_for(shop, offer, program):
    tea = [{"by": "category", "values": ["tea", "mugs"], "percent_bp": 500}]
    every = {"friend_kind": "per_product", "friend_items": tea, "minimum_order_minor": 2000, "hold_days": 0}
    old = {"at": timezone.now(), "starts_at": cast.LONG_AGO, "from_the_past": True, "program": program}
    rulebook.save(name="Tea", terms=terms(**every, advocate_kind="", frequency="every_order"), **old, accepted=True)
    five, share = "€5 store credit for your first order", "Up to 5% on certain products of every order as store credit"

    def told(amount):
        said = validate(shop, "ALICE-LINK", cart={"amount_minor": amount, "currency": "EUR"})
        shown = [(each["text"], each["conditions"]) for each in said["offers"]]
        return said["valid"], said["offer"]["text"], why(said), shown

    for_tea = (share, "For tea and mugs, from €20.")
    assert told(5000) == (True, five, [], [(five, "From €40, once."), for_tea])
    assert told(3000) == (True, share, [], [for_tea])
    assert told(1000) == (False, five, ["below_minimum"], [])
    friend, *_ = [each for each in shop.get("/offers").json()["data"] if each["kind"] == "per_product"]
    assert friend["items"] == [{"by": "category", "values": ["tea", "mugs"], "percent_bp": 500}]


@pytest.mark.parametrize(
    ("asked", "shops", "text"),
    [
        ("de-AT", "en", "5\u00a0€ Guthaben für deine erste Bestellung"),
        ("en", "de", "€5 store credit for your first order"),
        ("fr", "de", "5\u00a0€ Guthaben für deine erste Bestellung"),
        ("../x", "xx", "€5 store credit for your first order"),
    ],
)
def test_an_offer_is_told_in_the_language_of_the_page_or_the_shop(shop, offer, asked, shops, text):
    Storefront.objects.update(language=shops)
    assert validate(shop, "alice-link", language=asked)["offer"]["text"] == text


def test_a_cart_below_the_minimum_is_told_what_is_missing(shop, offer):
    told = validate(shop, "ALICE-LINK", cart={"amount_minor": 3000, "currency": "EUR"})
    assert (told["valid"], why(told)) == (False, ["below_minimum"])
    assert told["reasons"][0]["missing"] == TEN
    assert told["reasons"][0]["text"] == "Add 10.00 EUR to use this code: it is for 40.00 EUR or more."
    assert validate(shop, "ALICE-LINK", cart={"amount_minor": 1, "currency": "USD"})["valid"]


def test_of_two_minimums_the_larger_is_told(shop, program):
    fifty = {"field": "goods_minor", "op": "at_least", "value": 5000}
    words = {"friend_kind": "fixed", "friend_amount_minor": 500, "minimum_order_minor": 2000, "conditions": [fifty]}
    once = {"at": timezone.now(), "starts_at": cast.LONG_AGO, "from_the_past": True, "program": program}
    rulebook.save(name="Big ones", terms=terms(**words), **once)
    told = validate(shop, "ALICE-LINK", cart={"amount_minor": 1000, "currency": "EUR"})
    assert [(each["key"], each["missing"]["amount_minor"]) for each in told["reasons"]] == [("below_minimum", 4000)]


def test_a_code_promises_what_this_friend_can_have_and_says_why_not_the_rest(shop, program):
    """Points for everybody while there are any; 50 euros for VIPs with big baskets."""
    vips = [
        {"field": "friend_segments", "op": "one_of", "value": ["vip"]},
        {"field": "goods_minor", "op": "at_least", "value": 9000},
    ]
    points = {"friend_kind": "fixed", "friend_form": "points", "friend_amount_minor": 100, "hold_days": 0}
    limit = {"scope": "program", "period": "all", "measure": "amount", "limit": 100, "side": "friend"}
    once = {"at": timezone.now(), "starts_at": cast.LONG_AGO, "from_the_past": True, "program": program}
    big = {"friend_kind": "fixed", "friend_amount_minor": 5000, "conditions": vips}
    rulebook.save(name="VIPs", terms=terms(**big, hold_days=0), **once)
    rulebook.save(name="Points", terms=terms(**points, minimum_order_minor=2000, caps=[limit]), **once)
    shop.put("/customers/vera", {"traits": {"segments": ["vip"]}})
    shop.put("/customers/fred", {"traits": {}})
    small, large = ({"amount_minor": minor, "currency": "EUR"} for minor in (1500, 9000))

    def told(who, cart):
        said = validate(shop, "ALICE-LINK", customer=f"ext_{who}", cart=cart)
        return said["offer"]["text"], [(reason["key"], reason["missing"]) for reason in said["reasons"]]

    assert told("vera", large) == ("€50 store credit for your first order", [])
    assert told("fred", large) == ("100 points for your first order", [])
    five = {"amount_minor": 500, "currency": "EUR"}
    assert told("fred", small) == ("100 points for your first order", [("below_minimum", five)])
    gina = {"customer": {"external_id": "gina"}, "referral_code": "ALICE-LINK"}
    shop.post("/orders", cast.order("1", at=timezone.now(), **gina))
    work()
    assert told("fred", large) == ("100 points for your first order", [("budget_exhausted", None)])
    seventy_five = {"amount_minor": 7500, "currency": "EUR"}
    assert told("vera", small)[1] == [("below_minimum", seventy_five)]
    assert validate(shop, "ALICE-LINK")["valid"]


def existing(shop):
    shop.post("/orders", cast.order("old", customer={"external_id": "fred"}, at=timezone.now() - timedelta(days=3)))


def bound_to_another(shop):
    shop.post("/advocates", {"customer": {"external_id": "mallory"}, "code": "MALLORY"})
    sign_up(shop, code="MALLORY")


def ordered(shop):
    sign_up(shop)
    shop.post("/orders", cast.order("first", customer="ext_fred", at=timezone.now()))
    work()


def ordered_too_little(shop):
    """Which does not use the offer up: only an order that meets its conditions is the first."""
    sign_up(shop)
    small = cast.order("first", customer="ext_fred", at=timezone.now(), subtotal_minor=1000, total_minor=1400)
    assert shop.post("/orders", small).status_code == 201
    work()


def disabled(shop):
    Link.objects.update(status="disabled")


def expired(shop):
    Link.objects.update(expires_at=timezone.now())


def paused(shop):
    Program.objects.update(status="paused")


@pytest.mark.parametrize(
    ("happens", "who", "reasons"),
    [
        (lambda shop: None, "fred", []),
        (sign_up, "fred", []),
        (lambda shop: None, "alice", ["self_referral"]),
        (existing, "fred", ["existing_customer"]),
        (bound_to_another, "fred", ["attributed_to_other"]),
        (ordered, "fred", ["not_first_order"]),
        (ordered_too_little, "fred", []),
        (disabled, "fred", ["link_disabled"]),
        (expired, "fred", ["link_expired"]),
        (paused, "fred", ["program_paused"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.usefixtures("offer", "fred")
def test_a_referral_code_says_why_it_does_nothing_for_somebody(shop, happens, who, reasons):
    happens(shop)
    before = Referral.objects.count()
    told = validate(shop, "alice-link", customer=f"ext_{who}")
    assert (why(told), told["valid"]) == (reasons, not reasons)
    assert all(reason["text"] for reason in told["reasons"])
    assert Referral.objects.count() == before


def test_a_coupon_says_why_it_is_worth_nothing(shop, acme, program):
    stock = pool(shop, expiry_days=30)
    shop.post(f"/coupon_pools/{stock}/codes", {"codes": ["SUMMER-1", "SUMMER-2"]})
    gives(program, stock)
    sign_up(shop)
    cast.customer(acme, "gina")
    work()
    assert why(validate(shop, "SUMMER-2")) == ["coupon_not_assigned"]
    assert why(validate(shop, "SUMMER-1", customer="ext_gina")) == ["coupon_not_yours"]
    assert why(validate(shop, "SUMMER-1", cart={"amount_minor": 9000, "currency": "USD"})) == ["wrong_currency"]
    Coupon.objects.filter(state="assigned").update(expires_at=timezone.now())
    fred = customers.find(storefront=acme, external_id="fred")
    fred.rewards.update(expires_at=timezone.now())
    assert why(validate(shop, "SUMMER-1", customer="ext_fred")) == ["coupon_expired"]
    coupons_task()
    assert shop.get("/coupons", status="expired").json()["data"][0]["last_4"] == "ER-1"


def test_a_browser_learns_of_no_coupon_and_of_no_customer(shop, acme, program):
    gives(program, pool(shop, source="generated"))
    sign_up(shop)
    work()
    browser = publishable(acme)
    real, none = (browser.post(f"/codes/{code}/validate", {}) for code in (code_of(shop)["code"], "NOBODYS"))
    told = [{name: text for name, text in answer.json().items() if name != "request_id"} for answer in (real, none)]
    assert told[0] == told[1]
    assert real.status_code == 404
    answer = browser.post("/codes/ALICE-LINK/validate", {"customer": "ext_fred"})
    assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")
