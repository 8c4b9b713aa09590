"""Coupons through HTTP: uploaded, given to a friend who signs up, validated, used; and what codes answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import customers, ids
from advocacy.models import Program, Storefront
from advocacy.outbox.drain import drain
from referrals.models import Link, Referral
from rewards import rulebook
from rewards.models import Coupon
from rewards.tasks import coupons as coupons_task
from tests import cast
from tests.flows.api import publishable, secret
from tests.rewards.shop_stage import open_shop
from tests.terms import terms

__all__ = ["open_shop"]
pytestmark = pytest.mark.django_db
TEN = {"amount_minor": 1000, "currency": "EUR"}


@pytest.fixture
def shop(acme, alice):
    return secret(acme)


def work():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def pool(shop, **fields):
    answer = shop.post("/coupon_pools", {"name": "Ten euros off"} | TEN | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def gives(program, pool, *, trigger="referral.created", side="friend", form="coupon", **said):
    said |= {f"{side}_kind": "fixed", f"{side}_form": form, f"{side}_amount_minor": 1000, f"{side}_pool": pool}
    return rulebook.save(
        program=program,
        name="A code for the friend",
        terms=terms(trigger=trigger, hold_days=0, hold_from="order", **said),
        at=timezone.now(),
        starts_at=cast.LONG_AGO,
        from_the_past=True,
        accepted=True,
    )


def sign_up(shop, name="fred", code="ALICE-LINK"):
    return shop.post("/signups", {"customer": {"external_id": name}, "referral_code": code}).json()["referral"]


def code_of(shop, name="fred"):
    [row] = shop.get("/coupons", customer=f"ext_{name}", status="assigned").json()["data"]
    return shop.get(f"/coupons/{row['id']}", customer=f"ext_{name}").json()


def key(number):
    return {"HTTP_IDEMPOTENCY_KEY": f"k-{number}"}


def validate(caller, code, **body):
    answer = caller.post(f"/codes/{code}/validate", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def why(told):
    return [reason["key"] for reason in told["reasons"]]


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


# --- referral codes


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
