"""What rewards became of, as the storefront reads it: rewards, balances, statements."""

from datetime import timedelta

import pytest

from advocacy.outbox import drain
from tests import cast
from tests.flows.api import publishable, secret
from tests.rewards import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, program, alice):
    scene.rule_of(program)
    return secret(acme)


def euros(amount_minor):
    return {"amount_minor": amount_minor, "currency": "EUR"}


@pytest.fixture
def order(shop):
    order = cast.order(customer={"external_id": "fred"}, referral_code="alice-link")
    answer = shop.post("/orders", order).json()
    drain.drain("money", at=cast.NOON + timedelta(hours=1))
    return answer


def test_a_reward_is_read_with_what_it_is_for(shop, order):
    rewards = {reward["side"]: reward for reward in shop.get("/rewards").json()["data"]}
    assert set(rewards) == {"advocate", "friend"}
    reward = rewards["advocate"]
    assert (reward["granted"], reward["pending"], reward["available"]) == (euros(1000), euros(1000), euros(0))
    assert (reward["status"], reward["subject"]) == ("pending", order["conversions"][0])
    assert reward["rule_name"] == "Give 10"
    assert shop.get(f"/rewards/{reward['id']}").json() == reward
    assert shop.get("/rewards", customer="ext_alice", status="pending").json()["data"] == [reward]
    assert shop.get("/rewards", status="available").json()["data"] == []


def test_a_wallet_shows_what_is_there_and_what_is_coming(shop, order):
    wallet = shop.get("/wallets/ext_alice").json()
    assert wallet["customer"].startswith("cus_")
    assert wallet["balances"] == [
        {
            "currency": "EUR",
            "form": "credit",
            "available": euros(0),
            "pending": euros(1000),
            "reserved": euros(0),
            "coming": [{"amount_minor": 1000, "due_at": "2026-03-16T12:00:00Z", "held_by": ""}],
            "expiring": [],
        }
    ]


def test_a_customer_without_rewards_has_an_empty_wallet_and_a_stranger_none(shop, acme):
    cast.customer(acme, "gina")
    assert shop.get("/wallets/gina").json()["balances"] == []
    assert shop.get("/wallets/nobody").status_code == 404


def test_all_wallets_are_listed_each_once_and_as_one_alone(shop, acme, order):
    gina, _ = cast.customer(acme, "gina"), cast.customer(acme, "guest")
    given = {"customer": "ext_guest", "kind": "given", "form": "points", "amount_minor": 7, "reason": "Sorry"}
    shop.post("/adjustments", given, HTTP_IDEMPOTENCY_KEY="sorry")
    assert shop.post("/customers/merge", {"into": "ext_gina", "merged": "ext_guest"}).status_code == 201
    cast.customer(acme, "nobody")
    first = shop.get("/wallets", limit=2).json()
    rest = shop.get("/wallets", limit=2, cursor=first["next_cursor"]).json()
    found, people = first["data"] + rest["data"], ("gina", "fred", "alice")
    assert (found, rest["next_cursor"]) == ([shop.get(f"/wallets/{name}").json() for name in people], None)
    assert [sum(one["available"]["amount_minor"] for one in each["balances"]) for each in found] == [7, 0, 0]
    for narrowed, expected in [
        ({"form": "points"}, [0]),
        ({"form": "cash"}, []),
        ({"currency": "EUR"}, [1, 2]),
        ({"currency": "EUR", "customer": "ext_alice"}, [2]),
        ({"customer": "ext_guest"}, [0]),
    ]:
        assert shop.get("/wallets", **narrowed).json()["data"] == [found[place] for place in expected], narrowed
    (alone,) = shop.get("/wallets", form="points", expand="customer").json()["data"]
    assert alone["customer"] == shop.get(f"/customers/ext_{gina.external_id}").json()
    for wrong in ({"form": "gold"}, {"currency": "eur"}, {"unit": "EUR"}):
        assert shop.get("/wallets", **wrong).status_code == 400


def test_the_statement_tells_each_movement_page_by_page(shop, order):
    shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 1350, "refunded_at": cast.NOON})
    drain.drain("money", at=cast.NOON + timedelta(hours=2))
    first = shop.get("/wallets/ext_alice/statement", limit=1).json()
    second = shop.get("/wallets/ext_alice/statement", limit=1, cursor=first["next_cursor"]).json()
    lines = first["data"] + second["data"]
    assert [(line["kind"], line["amount"]) for line in lines] == [
        ("take_pending", euros(250)),
        ("grant", euros(1000)),
    ]
    assert [(line["source"], line["target"]) for line in lines] == [("pending", "funding"), ("funding", "pending")]
    assert second["next_cursor"] is None


def test_the_why_names_the_reward(shop, order):
    why = shop.get("/orders/1001/explain").json()
    (conversion,) = why["conversions"]
    assert sorted(reward["pending"]["amount_minor"] for reward in conversion["rewards"]) == [500, 1000]


def test_a_browser_reads_the_offers_of_a_program(shop, acme, program):
    offers = {offer["side"]: offer for offer in publishable(acme).get("/offers", program="friends").json()["data"]}
    assert (offers["advocate"]["amount"], offers["friend"]["amount"]) == (euros(1000), euros(500))
    assert offers["friend"]["minimum_order"] == euros(2000)


def test_another_storefront_sees_no_wallet(shop, order, rival):
    other = secret(rival)
    alice = shop.get("/wallets/ext_alice").json()["customer"]
    for path in (f"/wallets/{alice}", "/wallets/ext_alice", f"/wallets/{alice}/statement"):
        assert other.get(path).status_code == 404
    assert other.get("/rewards").json()["data"] == []
