import pytest

from tests import cast
from tests.cast import DAY, NOON
from tests.flows.api import publishable, secret

pytestmark = pytest.mark.django_db
BEANS = {"line_id": "1", "sku": "beans", "price_minor": 5000}
SENT = {"fulfilment_id": "P-1", "shipped_at": NOON, "products": [{"line_id": "1"}]}


@pytest.fixture
def shop(acme):
    shop = secret(acme)
    shop.post("/orders", cast.order(products=[BEANS | {"requires_shipping": True}]))
    return shop


def test_a_parcel_is_sent_and_later_delivered(shop):
    made = shop.post("/orders/ext_1001/fulfilments", SENT)
    assert made.status_code == 201
    assert (made.json()["shipped_at"], made.json()["delivered_at"]) == ("2026-03-02T12:00:00Z", None)
    again = shop.post("/orders/ext_1001/fulfilments", SENT)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", made.json())
    there = shop.post("/orders/ext_1001/fulfilments", {"fulfilment_id": "P-1", "delivered_at": NOON + DAY})
    assert (there.status_code, "Idempotent-Replayed" in there) == (200, False)
    order = shop.get("/orders/ext_1001").json()
    assert (order["shipped_at"], order["delivered_at"]) == ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z")
    (parcel,) = order["fulfilments"]
    assert parcel == {name: there.json()[name] for name in parcel}
    assert shop.get("/orders/ext_1001/fulfilments").json()["data"] == [there.json()]
    assert shop.get("/orders/ext_1001/fulfilments/P-1").json() == there.json()


def test_another_word_of_the_same_parcel_is_a_conflict(shop):
    shop.post("/orders/ext_1001/fulfilments", SENT)
    problem = shop.post("/orders/ext_1001/fulfilments", SENT | {"shipped_at": NOON + DAY})
    assert (problem.status_code, problem.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fulfilment_id": ""}, "fulfilment_id"),
        ({"products": [{"line_id": "9"}]}, "products[0]"),
        ({"delivered_at": NOON - DAY}, "delivered_at"),
        ({"delivered": NOON}, "delivered"),
    ],
)
def test_bad_words_are_refused_by_their_field(shop, counted, change, field):
    before = counted()
    problem = shop.post("/orders/ext_1001/fulfilments", SENT | change)
    assert problem.status_code == 422
    assert field in problem.json()["errors"]
    assert counted() == before


def test_what_waits_for_its_order_takes_news_and_no_contradiction_and_is_undone(shop):
    parcel, refund = "/orders/ext_9/fulfilments", "/orders/ext_9/refunds"
    sent = {"fulfilment_id": "P-1", "shipped_at": NOON}
    for told in (sent, sent, {"fulfilment_id": "P-1", "delivered_at": NOON + DAY}):
        assert shop.post(parcel, told).status_code == 202
    back = {"refund_id": "R-1", "amount_minor": 100}
    assert (shop.post(refund, back).status_code, shop.post(refund, back).status_code) == (202, 202)
    other = shop.post(refund, back | {"amount_minor": 200})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert list(other.json()["errors"]) == ["amount_minor"]
    assert shop.post(parcel, sent | {"shipped_at": NOON + DAY}).status_code == 409
    shop.post(refund, back | {"refund_id": "R-2"})
    undone = shop.delete(f"{refund}/R-2")
    assert (undone.status_code, undone.json()["kind"]) == (202, "undone_refund")
    assert shop.delete(f"{refund}/R-2").status_code == 202
    assert shop.delete(f"{refund}/R-3").json()["code"] == "unknown_order"
    shop.post("/orders", cast.order("9", products=[BEANS | {"requires_shipping": True}]))
    order = shop.get("/orders/ext_9").json()
    assert (order["shipped_at"], order["delivered_at"]) == ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z")
    assert order["refunded"]["amount_minor"] == 100
    assert shop.delete(f"{refund}/R-3").json()["code"] == "unknown_refund"


def test_neither_rival_nor_a_browser_may(shop, acme, rival):
    order = shop.get("/orders/ext_1001").json()
    assert secret(rival).post(f"/orders/{order['id']}/fulfilments", SENT).status_code == 404
    # By acme's own id rival speaks of an order of its own, which is not here yet.
    assert secret(rival).post("/orders/ext_1001/fulfilments", SENT).status_code == 202
    assert shop.get("/orders/ext_1001").json() == order
    assert publishable(acme).post("/orders/ext_1001/fulfilments", SENT).status_code == 403
