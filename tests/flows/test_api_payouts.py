"""Payouts through the API: a payee, a batch, its file, its results; and what another storefront sees."""

import pytest
from django.utils import timezone

from rewards import audit
from tests import cast
from tests.flows.api import secret
from tests.rewards import payouts_stage

pytestmark = pytest.mark.django_db
KEY = {"HTTP_IDEMPOTENCY_KEY": "november"}


def euros(amount_minor):
    return {"amount_minor": amount_minor, "currency": "EUR"}


@pytest.fixture
def shop(acme, program, alice):
    """alice has 25.00 EUR in cash."""
    payouts_stage.cash_rule(program)
    payouts_stage.policy_of(acme)
    payouts_stage.earns(alice)
    return secret(acme)


def put_payee(shop, **fields):
    known = {"name": "Alice Example", "country": "DE", "iban": payouts_stage.IBAN}
    return shop.put("/payees/ext_alice", known | fields)


def test_a_payee_is_put_and_its_account_never_read_in_full(shop):
    assert shop.get("/payees/ext_alice").json()["code"] == "unknown_payee"
    first = put_payee(shop)
    assert (first.status_code, first.json()["destination_end"], first.json()["held_until"]) == (201, "3000", None)
    second = put_payee(shop, iban=payouts_stage.OTHER_IBAN)
    assert (second.status_code, second.json()["destination_end"]) == (200, "4300")
    assert second.json()["held_until"] > timezone.now().isoformat()
    assert "0532" not in first.content.decode() + second.content.decode()


def test_a_payee_with_a_mistake_is_refused_by_field(shop):
    answer = put_payee(shop, iban="DE89 3704 0044 0532 0130 01")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["iban"])
    assert list(shop.put("/payees/ext_alice", {"name": "Alice"}).json()["errors"]) == ["country"]
    assert shop.get("/payees/ext_alice").status_code == 404


def test_a_batch_is_made_once_exported_and_its_results_told(shop):
    put_payee(shop)
    made = shop.post("/payout_batches", {"currency": "EUR"}, **KEY)
    again = shop.post("/payout_batches", {"currency": "EUR"}, **KEY)
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    assert (made.json()["total"], made.json()["state"]) == (euros(2500), "draft")
    batch = f"/payout_batches/{made.json()['id']}"
    assert shop.post(f"{batch}/approve").json()["state"] == "approved"
    file = shop.post(f"{batch}/export").json()
    assert "DE89370400440532013000,25.00,EUR" in file["text"]
    (payout,) = shop.get("/payouts", batch=made.json()["id"]).json()["data"]
    assert (payout["state"], payout["number"], payout["amount"]) == ("sent", 1, euros(2500))
    told = {"results": [{"number": 1, "result": "paid", "reference": "TX-9"}]}
    assert shop.post(f"{batch}/results", told).json()["state"] == "settled"
    assert shop.post(f"{batch}/results", told).status_code == 200
    now = shop.get(f"/payouts/{payout['id']}").json()
    assert (now["state"], now["reference"]) == ("paid", "TX-9")
    (total,) = shop.get("/payee_totals").json()["data"]
    assert (total["name"], total["amount"], total["payouts"]) == ("Alice Example", euros(2500), 1)


def test_where_nobody_is_due_the_answer_says_what_they_wait_for(shop):
    answer = shop.post("/payout_batches", {"currency": "EUR"}, **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_pay")
    assert "1 for payee_missing" in answer.json()["detail"]
    assert shop.post("/payout_batches", {"currency": "USD"}, **KEY).json()["code"] == "no_payout_policy"
    assert shop.post("/payout_batches", {"currency": "EUR"}).json()["code"] == "idempotency_key_missing"


def test_above_the_limit_two_people_approve(shop, acme):
    put_payee(shop)
    acme.payout_policies.update(four_eyes_above_minor=2499)
    made = shop.post("/payout_batches", {"currency": "EUR"}, **KEY).json()
    assert made["needs_second"] is True
    assert shop.post(f"/payout_batches/{made['id']}/approve").json()["code"] == "four_eyes"
    assert shop.post(f"/payout_batches/{made['id']}/cancel").json()["state"] == "cancelled"
    assert shop.get("/wallets/ext_alice").json()["balances"][0]["available"] == euros(2500)


def test_the_journal_of_a_month_is_read(shop):
    (line,) = shop.get("/journal", month="2026-03").json()["data"]
    moved = {name: euros(0) for name in ("opening", "reversed", "expired", "spent", "paid", "adjusted", "exchanged")}
    named = {"program": line["program"], "form": "cash"}
    assert line == named | moved | {"earned": euros(2500), "closing": euros(2500)}
    assert shop.get("/journal", month="2026-02").json()["data"] == []
    assert shop.get("/journal", month="March").json()["code"] == "invalid_parameter"


@pytest.fixture
def refunded_draft(shop, program, alice):
    """alice is to get 50.00 and mallory 25.00 EUR; meanwhile a fifth of one of alice's orders comes back."""
    conversion = payouts_stage.earns(alice)
    mallory = cast.mallory(program)
    payouts_stage.earns(mallory)
    for name in ("alice", "mallory"):
        assert (
            shop.put(f"/payees/ext_{name}", {"name": name, "country": "DE", "iban": payouts_stage.IBAN}).status_code
            < 300
        )
    made = shop.post("/payout_batches", {"currency": "EUR"}, **KEY).json()
    payouts_stage.refunded(conversion, 1000)
    return f"/payout_batches/{made['id']}"


def available(shop, name):
    (cash,) = shop.get(f"/wallets/ext_{name}").json()["balances"]
    return cash["available"]["amount_minor"]


def test_whoever_approves_is_told_what_was_taken_back_since_and_drops_it(shop, refunded_draft):
    asked = shop.post(f"{refunded_draft}/approve")
    assert (asked.status_code, asked.json()["code"]) == (409, "taken_back_since")
    assert asked.json()["errors"] == {"1": "5.00 of 50.00 EUR"}
    assert shop.get(refunded_draft).json()["state"] == "draft"
    approved = shop.post(f"{refunded_draft}/approve", {"taken_back": "drop"}).json()
    assert (approved["state"], approved["total"], approved["payouts"]) == ("approved", euros(2500), 1)
    states = {each["number"]: each["state"] for each in shop.get("/payouts").json()["data"]}
    assert (states, available(shop, "alice")) == ({1: "cancelled", 2: "frozen"}, 4500)
    again = shop.post("/payout_batches", {"currency": "EUR"}, HTTP_IDEMPOTENCY_KEY="next").json()
    assert (again["total"], shop.post(f"/payout_batches/{again['id']}/approve").json()["state"]) == (
        euros(4500),
        "approved",
    )
    assert list(audit.differences()) == []


def test_what_was_taken_back_is_paid_all_the_same_when_they_say_so(shop, refunded_draft):
    approved = shop.post(f"{refunded_draft}/approve", {"taken_back": "pay"}).json()
    assert (approved["state"], approved["total"], available(shop, "alice")) == ("approved", euros(7500), -500)
