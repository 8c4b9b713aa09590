"""Two records turn out to be one person: found by all names, with one wallet, and parted again until money left."""

import pytest

from advocacy.models import Customer, Event, Standing
from referrals.models import Referral
from rewards.models import Decision
from tests import cast
from tests.flows.api import secret
from tests.flows.merge_calls import buys, has, merge, nothing_differs, settle, shop, undo

__all__ = ["shop"]
pytestmark = pytest.mark.django_db


def test_a_guest_and_an_account_become_one_with_one_wallet_and_are_parted_again(shop):
    buys(shop, 1, {"email": "fred@example.com"}, "alice-link", days_ago=3)
    buys(shop, 2, {"external_id": "fred"}, "alice-link", days_ago=2)
    settle()
    guest = shop.get("/orders/1").json()["customer"]
    assert (has(shop, guest), has(shop, "ext_fred")) == (([500], [500]), ([500], [500]))

    made = merge(shop, "ext_fred", guest)
    fred = shop.get("/customers/ext_fred").json()
    assert (made["into"], made["merged"], made["state"]) == (fred["id"], guest, "merged")
    assert shop.get(f"/customers/{guest}").json() == fred
    assert fred["email"] == "fred@example.com"
    assert [each["id"] for each in shop.get("/customers").json()["data"]].count(guest) == 0
    assert {each["customer"] for each in shop.get("/orders", customer=guest).json()["data"]} == {fred["id"]}
    # One friend was not brought twice: both orders count for the first bond.
    (bond,) = Referral.objects.filter(ended_at=None)
    assert bond.standing_conversions == 2
    assert has(shop, guest) == has(shop, "ext_fred") == ([1000], [1000])
    assert Standing.objects.get(customer__external_id="fred").orders == 2
    nothing_differs()

    assert undo(shop, made).json()["state"] == "undone"
    assert shop.get("/customers/ext_fred").json()["email"] is None
    assert (has(shop, guest)[0], has(shop, "ext_fred")[0]) == ([500], [500])
    assert sorted(Standing.objects.exclude(orders=0).values_list("orders", flat=True)) == [1, 1]
    assert Referral.objects.filter(ended_at=None).count() == 2
    assert list(Event.objects.filter(subject_kind="merge").values_list("type", flat=True)) == [
        "customer.merged",
        "customer.unmerged",
    ]
    assert undo(shop, made).json()["code"] == "already_undone"
    nothing_differs()


def test_one_wallet_is_spent_and_then_nobody_is_parted(shop):
    buys(shop, 1, {"external_id": "gina"}, "alice-link")
    buys(shop, 2, {"external_id": "fred"}, "alice-link")
    settle()
    made = merge(shop, "ext_fred", "ext_gina")
    only_kept = {"customer": "ext_fred", "unit": "EUR", "amount_minor": 700, "order": "8"}
    kept = shop.post("/redemptions", only_kept, HTTP_IDEMPOTENCY_KEY="0")
    assert (kept.status_code, undo(shop, made).json()["code"]) == (201, "money_left"), kept.content
    assert shop.delete(f"/redemptions/{kept.json()['id']}").status_code in (200, 204)
    assert (undo(shop, made).json()["state"], has(shop, "ext_fred")[0], has(shop, "ext_gina")[0]) == (
        "undone",
        [500],
        [500],
    )
    made = merge(shop, "ext_fred", "ext_gina")
    call = {"customer": "ext_gina", "unit": "EUR", "amount_minor": 900, "order": "9"}
    spent = shop.post("/redemptions", call, HTTP_IDEMPOTENCY_KEY="1")
    assert spent.status_code == 201, spent.content
    assert spent.json()["customer"] == shop.get("/customers/fred").json()["id"]
    assert has(shop, "ext_fred")[0] == [100]
    refused = undo(shop, made)
    assert (refused.status_code, refused.json()["code"]) == (422, "money_left")
    nothing_differs()


def test_merged_twice_the_other_way_round_with_itself_and_across_storefronts(shop, rival):
    for name in ("a", "b", "c"):
        shop.put(f"/customers/{name}", {})
    first = merge(shop, "ext_b", "ext_a")
    assert merge(shop, "ext_a", "ext_b", 200)["id"] == first["id"]
    assert merge(shop, "ext_b", "ext_b", 422)["code"] == "same_customer"
    chain = merge(shop, "ext_c", "ext_a")
    assert {shop.get(f"/customers/{name}").json()["external_id"] for name in "abc"} == {"c"}
    assert shop.put("/customers/ext_a", {"name": "Ann"}).json()["external_id"] == "c"
    undo(shop, first)
    assert [shop.get(f"/customers/{name}").json()["external_id"] for name in "abc"] == ["a", "c", "c"]
    undo(shop, chain)
    assert [shop.get(f"/customers/{name}").json()["external_id"] for name in "abc"] == ["a", "b", "c"]
    other = secret(rival)
    assert merge(other, "ext_a", "ext_b", 404)["code"] == "unknown_customer"
    assert other.get(f"/merges/{first['id']}").status_code == 404
    assert shop.get("/merges").json()["data"][0]["id"] == chain["id"]


def test_who_brought_themselves_by_another_record_loses_what_that_earned(shop):
    order = buys(shop, 1, {"email": "second@example.com"}, "alice-link")
    settle()
    assert has(shop, "ext_alice")[0] == [1000]
    made = merge(shop, "ext_alice", order["customer"])
    assert has(shop, "ext_alice")[0] == [0]
    ended = Referral.objects.get()
    assert ended.ended_reason == "self_referral"
    told = Event.objects.filter(subject_kind="conversion").last().facts
    assert (told["advocate_review"], told["rejected_because"]) == ("rejected", "self_referral")
    reasons = Decision.objects.latest("pk").verdicts[0]["reasons"]
    assert reasons == {"advocate": ["self_referral"], "friend": ["self_referral"]}
    nothing_differs()
    undo(shop, made)
    assert has(shop, "ext_alice")[0] == [1000]
    nothing_differs()


def test_a_friend_who_turns_out_to_be_an_old_customer_earned_nothing_in_a_program_for_new_ones(shop):
    old = buys(shop, 1, {"email": "old@example.com"}, days_ago=9)
    buys(shop, 2, {"external_id": "fred"}, "alice-link")
    buys(shop, 3, {"external_id": "gina"}, "alice-link")
    settle()
    later = buys(shop, 4, {"email": "late@example.com"}, days_ago=0)
    call = {"customer": "ext_alice", "unit": "EUR", "amount_minor": 1500, "order": "9"}
    assert shop.post("/redemptions", call, HTTP_IDEMPOTENCY_KEY="1").status_code == 201
    merge(shop, "ext_gina", later["customer"])
    assert has(shop, "ext_alice")[0] == [1500], "what gina bought afterwards speaks against nothing, and counts"
    made = merge(shop, "ext_fred", old["customer"])
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([500], [0])
    ended = Referral.objects.get(ended_reason="existing_customer")
    assert ended.friend.external_id == "fred"
    verdicts = Decision.objects.filter(subject__kind="conversion").latest("pk").verdicts
    assert verdicts[0]["reasons"] == {"advocate": ["existing_customer"], "friend": ["existing_customer"]}
    nothing_differs()
    undo(shop, made)
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([1500], [500])
    nothing_differs()


def test_what_a_friend_bought_by_another_record_after_the_sign_up_counts_once_they_are_one(shop):
    shop.post("/signups", {"customer": {"external_id": "fred"}, "referral_code": "alice-link"})
    settle()
    told = buys(shop, 1, {"external_id": "guest 1"}, days_ago=0)
    assert [each["key"] for each in told["reasons"]] == ["no_attribution"]
    buys(shop, 2, {"email": "fred@example.com"}, days_ago=0)
    settle()
    made = merge(shop, "ext_fred", "ext_guest 1")
    order = shop.get("/orders/1").json()
    assert (len(order["conversions"]), order["reasons"]) == (1, [])
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([1000], [500])
    shop.put("/customers/fred", {"email": "fred@example.com", "email_verified": True})
    settle()
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([2000], [1000])
    nothing_differs()
    undo(shop, made)
    assert [each["key"] for each in shop.get("/orders/1").json()["reasons"]] == ["no_attribution"]
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([1000], [500])
    nothing_differs()


def test_of_two_advocates_who_are_one_the_survivor_has_all_links(shop, program, mallory):
    buys(shop, 1, {"external_id": "fred"}, "mallory-link")
    settle()
    made = merge(shop, "ext_alice", "ext_mallory")
    alice = shop.get("/advocates", customer="ext_mallory").json()["data"]
    assert [each["customer"] for each in alice] == [made["into"]]
    assert {link["code"] for link in alice[0]["links"]} == {"ALICE-LINK", "MALLORY-LINK"}
    buys(shop, 2, {"external_id": "gina"}, "mallory-link")
    settle()
    assert [each["friend"] for each in shop.get("/referrals", advocate=alice[0]["id"]).json()["data"]] != []
    assert len(shop.get("/referrals", advocate=alice[0]["id"]).json()["data"]) == 2
    assert has(shop, "ext_alice")[0] == [2000]
    nothing_differs()
    undo(shop, made)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[1000], [1000]]
    codes = [link["code"] for each in shop.get("/advocates").json()["data"] for link in each["links"]]
    assert sorted(codes) == ["ALICE-LINK", "MALLORY-LINK"]
    nothing_differs()


def test_olga_merges_two_customers_and_parts_them_with_a_reason(shop, client, olga, acme):
    buys(shop, 1, {"email": "fred@example.com"}, "alice-link")
    fred = cast.customer(acme, "fred", email=None)
    settle()
    client.force_login(olga)
    guest = Customer.objects.get(email="fred@example.com")
    page = f"/admin/advocacy/customer/{guest.pk}/do/merge/"
    refused = client.post(page, {"confirmed": "1", "into": "nobody", "reason": "Same person"}, follow=True)
    assert "No customer of this shop is known as nobody." in refused.content.decode()
    assert 'value="nobody"' in refused.content.decode(), "what was typed stands there still"
    client.post(page, {"confirmed": "1", "into": "fred", "reason": "Same person"})
    settle()
    assert has(shop, "ext_fred")[0] == [500]
    made = fred.merges.get()
    assert (made.source, made.reason, made.by) == ("admin", "Same person", olga)
    page = client.get(f"/admin/advocacy/merge/{made.pk}/change/").content.decode()
    assert ("A colleague, here" in page, "Undone" in page) == (True, False)
    client.post(f"/admin/advocacy/merge/{made.pk}/do/undo/", {"confirmed": "1", "reason": "No"})
    made.refresh_from_db()
    assert (made.state, made.undone_reason, has(shop, "ext_fred")[0]) == ("undone", "No", [])


def test_a_ban_outlives_a_merge(shop, mallory):
    banned = shop.get("/advocates", customer="ext_mallory").json()["data"][0]["id"]
    shop.patch(f"/advocates/{banned}", {"status": "banned"})
    merge(shop, "ext_alice", "ext_mallory")
    assert [each["status"] for each in shop.get("/advocates").json()["data"]] == ["banned"]


def test_an_address_alone_takes_over_no_wallet(shop):
    order = buys(shop, 1, {"email": "fred@example.com"}, "alice-link")
    settle()
    guest = order["customer"]
    thief = shop.put("/customers/mallory2", {"email": "fred@example.com"}).json()
    assert thief["id"] != guest
    assert has(shop, "ext_mallory2")[0] == []
    # Known for sure to be theirs, it does.
    fred = shop.put("/customers/fred", {"email": "fred@example.com", "email_verified": True}).json()
    assert (fred["id"], has(shop, "ext_fred")[0]) == (guest, [500])


def test_an_account_learns_its_verified_address_and_becomes_one_with_its_guest(shop):
    buys(shop, 1, {"email": "fred@example.com"}, "alice-link")
    shop.put("/customers/fred", {"name": "Fred"})
    settle()
    shop.put("/customers/fred", {"email": "fred@example.com"})
    assert shop.get("/merges").json()["data"] == []
    shop.put("/customers/fred", {"email": "fred@example.com", "email_verified": True})
    assert has(shop, "ext_fred")[0] == [500]
    (made,) = shop.get("/merges").json()["data"]
    assert (made["source"], made["merged_external_id"]) == ("same_email", None)
    assert Customer.objects.filter(merged_into=None).count() == 2
    nothing_differs()
