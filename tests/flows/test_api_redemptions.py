"""Credit at a shop's checkout: given, reserved, confirmed, reversed, exchanged; once, however often it is sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rewards import audit
from rewards.models import Adjustment, Redemption, Reward
from tests import cast
from tests.flows.api import secret
from tests.rewards import scene
from tests.rewards.wallet_scene import DAY, lot

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, program, alice):
    type(program).objects.update(points_per_unit=50)
    yield secret(acme)
    assert list(audit.differences()) == []


def euros(amount_minor):
    return {"amount_minor": amount_minor, "currency": "EUR"}


def send(shop, path, body, key="k-1"):
    return shop.post(path, body, HTTP_IDEMPOTENCY_KEY=key)


def give(shop, amount, form="credit", **said):
    body = {"customer": "ext_alice", "kind": "given", "form": form, "amount_minor": amount, "reason": "Goodwill"}
    return send(shop, "/adjustments", body | said, key=f"give {form} {amount}")


def reserve(shop, amount=300, key="k-1", **said):
    return send(shop, "/redemptions", {"customer": "ext_alice", "unit": "EUR", "amount_minor": amount} | said, key)


def available(shop, form="credit"):
    wallet = shop.get("/wallets/ext_alice").json()
    return next(each["available"]["amount_minor"] for each in wallet["balances"] if each["form"] == form)


def test_a_basket_from_reserving_to_a_partial_return(shop):
    give(shop, 500)
    reserved = reserve(shop, order="1002")
    assert reserved.status_code == 201
    redemption = reserved.json()
    assert (redemption["state"], redemption["amount"], redemption["order"]) == ("reserved", euros(300), "1002")
    path = f"/redemptions/{redemption['id']}"
    assert (shop.get(path).json(), available(shop)) == (redemption, 200)
    confirmed = shop.post(f"{path}/confirm", {"order": "1003"}).json()
    assert (confirmed["state"], confirmed["order"], confirmed["resource_version"]) == ("confirmed", "1003", 2)
    assert shop.post(f"{path}/confirm").json() == confirmed
    reversed = send(shop, f"{path}/reverse", {"amount_minor": 100}, "k-2")
    again = send(shop, f"{path}/reverse", {"amount_minor": 100}, "k-2")
    assert (reversed.status_code, again.status_code) == (201, 200)
    assert (again.json()["state"], again.json()["reversed"], available(shop)) == ("confirmed", euros(100), 300)
    assert send(shop, f"{path}/reverse", {}, "k-3").json()["state"] == "reversed"
    assert available(shop) == 500


def test_what_one_order_spent_is_not_confirmed_for_another(shop):
    give(shop, 500)
    path = f"/redemptions/{reserve(shop, order='1002').json()['id']}/confirm"
    first, again, other = (shop.post(path, {"order": name}) for name in ("1002", "1002", "1003"))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert other.json()["errors"]["order"] == (
        "It was confirmed for the order 1002; what 1003 spends is reserved by itself."
    )
    assert (Redemption.objects.get().order_external_id, available(shop)) == ("1002", 200)


def test_what_is_sent_twice_is_reserved_once(shop):
    give(shop, 500)
    first, again = reserve(shop), reserve(shop)
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 200, "true")
    assert (first.json(), Redemption.objects.count()) == (again.json(), 1)
    assert reserve(shop, 301).json()["code"] == "idempotency_key_reused"
    assert available(shop) == 200


def test_a_basket_is_given_back_and_then_not_confirmed(shop):
    give(shop, 500)
    path = f"/redemptions/{reserve(shop).json()['id']}"
    assert shop.delete(path).json()["state"] == "returned"
    assert (shop.delete(path).status_code, available(shop)) == (200, 500)
    refused = shop.post(f"{path}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_over")


def test_too_late_is_told_in_words(shop):
    give(shop, 500)
    path = f"/redemptions/{reserve(shop).json()['id']}"
    Redemption.objects.update(reserved_until=timezone.now())
    for _ in range(2):
        refused = shop.post(f"{path}/confirm").json()
        assert refused["detail"] == "The reservation is over and its amount was given back; reserve it once more."
        assert (available(shop), shop.get(path).json()["state"]) == (500, "expired")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 501}, "not_enough_balance"),
        ({"unit": "USD"}, "not_enough_balance"),
        ({"unit": "eur"}, "invalid"),
        ({"amount_minor": 0}, "invalid"),
        ({"expires_at": (timezone.now() + timedelta(days=2)).isoformat()}, "expiry_out_of_range"),
        ({"form": "credit"}, "invalid"),
    ],
)
def test_what_cannot_be_reserved_is_refused_and_nothing_written(shop, counted, change, code):
    give(shop, 500)
    before = counted()
    refused = reserve(shop, **change)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert counted() == before


def test_points_are_told_in_money_and_exchanged_at_the_programs_rate(shop, program):
    give(shop, 100, "points")
    redemption = reserve(shop, 25, unit="PTS").json()
    assert (redemption["amount"], redemption["worth"]) == ({"amount_minor": 25, "currency": "PTS"}, euros(50))
    other = scene.program_of(program.storefront, slug="others", name="Others")
    exchanged = send(shop, "/wallets/ext_alice/exchange", {"points": 50}, "k-2")
    assert (exchanged.status_code, exchanged.json()["amount"]) == (201, euros(100))
    assert send(shop, "/wallets/ext_alice/exchange", {"points": 50}, "k-2").json() == exchanged.json()
    assert (available(shop), available(shop, "points")) == (100, 25)
    reward = shop.get(f"/rewards/{exchanged.json()['reward']}").json()
    assert (reward["rule"], reward["advocate"], reward["subject"]) == (None, None, exchanged.json()["id"])
    type(program).objects.filter(pk=other.pk).update(points_per_unit=1)
    refused = send(shop, "/wallets/ext_alice/exchange", {"points": 25}, "k-3").json()
    assert (refused["code"], list(refused["errors"])) == ("program_needed", ["program"])
    assert refused["detail"].endswith(f"whose rate it is: {program.slug}, others.")
    assert available(shop, "points") == 25


def test_an_adjustment_is_made_once_and_read_with_its_reason(shop):
    given = give(shop, 500)
    assert give(shop, 500).json() == given.json()
    taken = send(
        shop,
        "/adjustments",
        {"customer": "ext_alice", "kind": "taken", "amount_minor": 700, "reason": "A mistake", "allow_negative": True},
    ).json()
    assert available(shop) == -200
    assert shop.get("/adjustments", kind="taken").json()["data"] == [taken]
    assert (taken["reason"], taken["by"], taken["amount"]) == ("A mistake", None, euros(700))
    assert shop.get(f"/adjustments/{taken['id']}").json() == taken


@pytest.mark.parametrize(
    "change", [{"reason": ""}, {"kind": "up"}, {"form": "coupon"}, {"allow_negative": True}, {"hold_days": 366}]
)
def test_an_adjustment_that_makes_no_sense_is_refused(shop, change):
    assert give(shop, 500, **change).status_code == 422
    assert (Adjustment.objects.count(), Reward.objects.count()) == (0, 0)


def test_the_statement_runs_its_balance_and_says_what_for(shop):
    give(shop, 500)
    path = f"/redemptions/{reserve(shop, order='1002').json()['id']}"
    shop.post(f"{path}/confirm")
    first = shop.get("/wallets/ext_alice/statement", limit=2).json()
    second = shop.get("/wallets/ext_alice/statement", limit=2, cursor=first["next_cursor"]).json()
    lines = first["data"] + second["data"]
    assert [(line["text"], line["change"]["amount_minor"], line["balance"]["amount_minor"]) for line in lines] == [
        ("Spent: order 1002", 0, 200),
        ("Reserved: order 1002", -300, 200),
        ("Credited by hand: Goodwill", 500, 500),
        ("Granted by hand: Goodwill", 0, 0),
    ]
    assert lines[0]["cause"] == {"kind": "redemption", "id": path.split("/")[2]}


def test_rival_finds_and_spends_nothing_of_acme(shop, rival):
    give(shop, 500)
    path, other = f"/redemptions/{reserve(shop).json()['id']}", secret(rival)
    alice = shop.get("/wallets/ext_alice").json()["customer"]
    cast.program(rival, points_per_unit=50)
    answers = [
        other.get(path),
        other.post(f"{path}/confirm"),
        other.delete(path),
        send(other, f"{path}/reverse", {}),
        send(other, "/redemptions", {"customer": alice, "unit": "EUR", "amount_minor": 1}),
        send(other, f"/wallets/{alice}/exchange", {"points": 1}),
        send(other, "/adjustments", {"customer": alice, "kind": "given", "amount_minor": 1, "reason": "Mine"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert available(shop) == 200


def test_what_is_past_its_time_is_neither_shown_nor_spent_before_it_is_taken_away(shop, program, alice):
    long_ago = timezone.now() - 2 * DAY
    for form in ("credit", "points"):
        lot(program, alice.customer, 500, form=form, expires_in=1, at=long_ago)
    lot(program, alice.customer, 300)
    assert (available(shop), available(shop, "points")) == (300, 0)
    assert shop.get("/wallets/ext_alice").json()["balances"][0]["expiring"] == []
    assert (reserve(shop, 301).json()["code"], reserve(shop, 300, "k-2").status_code) == ("not_enough_balance", 201)
    exchanged = send(shop, "/wallets/ext_alice/exchange", {"points": 100}, "k-3")
    assert (exchanged.json()["code"], available(shop, "points")) == ("not_enough_balance", 0)
    assert available(shop) == 0


def test_what_is_past_its_time_pays_debts_and_nothing_else(shop, program, alice):
    debt = {"customer": "ext_alice", "kind": "taken", "amount_minor": 200, "allow_negative": True, "reason": "Twice"}
    assert send(shop, "/adjustments", debt).status_code == 201
    lot(program, alice.customer, 500, expires_in=1, at=timezone.now() - 2 * DAY)
    lot(program, alice.customer, 300)
    assert available(shop) == 300
    assert (reserve(shop, 301, "k-2").status_code, reserve(shop, 300, "k-3").status_code) == (422, 201)
