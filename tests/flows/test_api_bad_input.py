"""Whatever is sent: 4xx in words, nothing written, never a 5xx."""

import json

import pytest

from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db

CUSTOMER = {"name": "Fred"}
ORDER = json.loads(json.dumps(cast.order("2001", customer={"external_id": "fred"}), default=lambda at: at.isoformat()))
REFUND = {"refund_id": "R-1", "amount_minor": 100}
WRITES = {
    "customer": ("put", "/customers/gina", CUSTOMER),
    "advocate": ("post", "/advocates", {"customer": {"external_id": "gina"}}),
    "advocates": ("post", "/advocates/batch", {"advocates": [{"customer": {"external_id": "gina"}}]}),
    "advocate's status": ("patch", "/advocates/{advocate}", {"status": "paused"}),
    "link": ("post", "/links", {"advocate": "{advocate}"}),
    "link's status": ("patch", "/links/{link}", {"status": "disabled"}),
    "click": ("post", "/clicks", {"code": "alice-link"}),
    "signup": ("post", "/signups", {"customer": {"external_id": "gina"}}),
    "order": ("post", "/orders", ORDER),
    "put order": ("put", "/orders/2001", ORDER),
    "refund": ("post", "/orders/1001/refunds", REFUND),
    "testimonial": ("post", "/testimonials", {"customer": "ext_alice", "text": "Good", "consented": True}),
}


@pytest.fixture
def shop(acme, alice):
    shop = secret(acme)
    assert shop.post("/orders", cast.order(customer={"external_id": "fred"})).status_code == 201
    assert shop.post("/orders/1001/refunds", {"refund_id": "R-0", "amount_minor": 5}).status_code == 201
    shop.named = {
        "advocate": shop.get("/advocates").json()["data"][0]["id"],
        "link": shop.get("/links").json()["data"][0]["id"],
    }
    return shop


def target(shop, what):
    method, path, body = WRITES[what]
    filled = {
        name: shop.named.get(value[1:-1], value) if isinstance(value, str) else value for name, value in body.items()
    }
    return method, path.format(**shop.named), filled


def spoiled(body, **wrong):
    return json.dumps(body | wrong).encode()


BODIES = {
    "no JSON": lambda body: (b"external_id=5", 400),
    "cut off": lambda body: (json.dumps(body).encode()[:-1], 400),
    "a list": lambda body: (json.dumps([body]).encode(), 400),
    "a text": lambda body: (b'"order"', 400),
    "not UTF-8": lambda body: (json.dumps(body).encode()[:-1] + b', "x": "\xff"}', 400),
    "NUL": lambda body: (spoiled(body, note="a\0b"), 400),
    "half a character": lambda body: (json.dumps(body).encode()[:-1] + b', "x": "\\ud800"}', 400),
    "a field twice": lambda body: (json.dumps(body).encode()[:-1] + b', "x": 1, "x": 2}', 400),
    "NaN": lambda body: (spoiled(body, x=float("nan")), 400),
    "Infinity": lambda body: (spoiled(body, x=float("-inf")), 400),
    "a huge number": lambda body: (spoiled(body, x=10**40), 400),
    "deep": lambda body: (json.dumps(body).encode()[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
    "unknown field": lambda body: (spoiled(body, custmer=1), 422),
}


@pytest.mark.parametrize("what", WRITES)
def test_a_body_that_cannot_be_understood_is_refused_everywhere(shop, counted, what):
    method, path, body = target(shop, what)
    before = counted()
    for name, spoil in BODIES.items():
        raw, status = spoil(body)
        answer = shop.raw(method, path, raw)
        assert answer.status_code == status, (name, answer.content)
    assert shop.raw(method, path, json.dumps(body).encode(), content_type="text/plain").status_code == 415
    assert shop.raw(method, path, b" " * 9_000_000).status_code == 413
    assert counted() == before


def test_no_body_is_an_empty_one_and_its_fields_are_missing(shop):
    answer = shop.raw("post", "/orders", b"")
    assert (answer.status_code, answer.json()["errors"]["external_id"]) == (422, "This field is required.")


def test_a_body_of_one_megabyte_is_too_large_for_an_order(shop, counted):
    before = counted()
    answer = shop.raw("post", "/orders", spoiled(ORDER, metadata={"a": "x" * 2**20}))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.json()["detail"] == "A body has at most 524288 bytes here; send less at once."
    assert counted() == before


TEXTS_TOO_LONG = {"external_id": "x" * 201, "subscription_id": "x" * 201, "referral_code": "x" * 201}
WRONG_ORDERS = [
    *(
        {name: wrong}
        for name in ("subtotal_minor", "total_minor", "tax_minor")
        for wrong in (-1, 1.5, "12", True, 10**13)
    ),
    *({name: wrong} for name, wrong in TEXTS_TOO_LONG.items()),
    {"currency": "eur"},
    {"currency": "XBT"},
    {"currency": None},
    {"status": "shipped"},
    {"kind": "gift"},
    {"total_minor": 5405},
    {"discount_minor": 9000},
    {"placed_at": "2150-01-01T00:00:00Z"},
    {"placed_at": "1969-12-31T00:00:00Z"},
    {"placed_at": "2026-03-02T12:00:00"},
    {"placed_at": "yesterday"},
    {"paid_at": "2100-01-01T00:00:00Z"},
    {"updated_at": "2100-01-01T00:00:00Z"},
    {"country": "Germany"},
    {"products": {"sku": "a"}},
    {"products": [{"quantity": 0}]},
    {"products": [{"quantity": 1.5}]},
    {"products": [{"price_minor": -1}]},
    {"products": [{"prize_minor": 1}]},
    {"products": ["beans"]},
    {"coupon_codes": "A"},
    {"coupon_codes": [1]},
    {"coupon_codes": ["A"] * 51},
    {"metadata": {"a": "x" * 10_001}},
    {"metadata": "x"},
    {"customer": 5},
    {"customer": []},
    {"customer": "fred"},
    {"customer": "ext_"},
    {"customer": "cus_00000000000000000000000000"},
    {"customer": {"email": "no address"}},
    {"customer": {"external_id": ""}},
    {"customer": {"mail": "fred@example.com"}},
    {"customer": {"created_at": "2150-01-01T00:00:00Z"}},
    {"tax_included": "yes"},
    {"external_id": ""},
    {"external_id": " 5"},
    {"external_id": 5},
    {"click_id": 5},
]


def test_a_wrong_order_is_refused_in_words_and_nothing_of_it_is_written(shop, counted):
    before = counted()
    for wrong in WRONG_ORDERS:
        for method, path in (("post", "/orders"), ("put", f"/orders/{wrong.get('external_id') or '2001'}")):
            answer = getattr(shop, method)(path, ORDER | wrong)
            assert answer.status_code in (404, 422), (method, wrong, answer.content)
            assert answer.json()["errors"] or answer.status_code == 404, (method, wrong)
        assert counted() == before, wrong


WRONG_REFUNDS = [
    {"amount_minor": 5396},
    {"amount_minor": -1},
    {"amount_minor": "100"},
    {"amount_minor": None},
    {"refund_id": ""},
    {"refund_id": None},
    {"kind": "gift"},
    {"refunded_at": "2150-01-01T00:00:00Z"},
    {"products": [{"sku": "not bought"}], "amount_minor": None},
    {"reason": "x" * 201},
    {"refund_id": "R-0", "amount_minor": 6},
]


def test_a_wrong_refund_is_refused_and_not_written(shop, counted):
    before = counted()
    for wrong in WRONG_REFUNDS:
        answer = shop.post("/orders/1001/refunds", REFUND | wrong)
        assert answer.status_code in (409, 422), (wrong, answer.content)
        assert counted() == before, wrong


WRONG_CUSTOMERS = [
    ("/customers/gina", {"email": "not an address"}),
    ("/customers/gina", {"orders_before": -1}),
    ("/customers/gina", {"orders_before": 1.0}),
    ("/customers/gina", {"country": "d1"}),
    ("/customers/gina", {"traits": {"a": "x" * 10_001}}),
    ("/customers/gina", {"updated_at": "2150-01-01T00:00:00Z"}),
    ("/customers/" + "x" * 201, {}),
    ("/customers/%20gina", {}),
    ("/customers/gi%0Ana", {}),
]


def test_a_wrong_customer_is_refused_and_not_written(shop, counted):
    before = counted()
    for path, wrong in WRONG_CUSTOMERS:
        assert shop.put(path, wrong).status_code == 422, (path, wrong)
        assert counted() == before, (path, wrong)


def test_what_is_unknown_is_not_found(shop):
    names = ["nothing", "ord_00000000000000000000000000", "cus_1", "ext_", "%F0%9F%98%80", "ord_'--"]
    paths = [f"/orders/{name}{rest}" for name in names for rest in ("", "/explain", "/refunds")]
    paths += ["/links/x", "/advocates/x", "/referrals/x", "/conversions/x", "/conversions/x/explain"]
    paths += ["/rewards/x", "/wallets/x"]
    assert {path: shop.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_two_wrong_fields_are_both_named(shop):
    answer = shop.post("/orders", ORDER | {"total_minor": "54", "totl_minor": 1}).json()
    assert answer["errors"] == {
        "totl_minor": "unknown field: totl_minor; did you mean total_minor?",
        "total_minor": "must be a whole number such as 1250, not a text",
    }
