"""Two records turn out to be one person: found by all names, with one wallet, and parted again until money left."""

import pytest
from django.utils import timezone

from advocacy import audit as of_people
from advocacy.models import Customer, Event, Standing
from advocacy.outbox.drain import drain
from referrals import audit as of_referrals
from referrals.models import Referral
from rewards import audit as of_rewards
from rewards import earnings, rebuild
from rewards.models import Decision
from rewards.settlement import closing
from tests import cast
from tests.flows.api import secret
from tests.rewards import scene

pytestmark = pytest.mark.django_db
DAY = cast.DAY


@pytest.fixture
def shop(acme, program, alice):
    scene.rule_of(program, frequency="every_order", hold_days=0)
    return secret(acme)


def settle():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def buys(shop, number, customer, code=None, *, days_ago=1, **changes):
    hint = {"referral_code": code} if code else {}
    order = cast.order(str(number), at=timezone.now() - days_ago * DAY, customer=customer, **hint | changes)
    answer = shop.post("/orders", order)
    assert answer.status_code == 201, answer.content
    return answer.json()


def merge(shop, into, merged, status=201):
    answer = shop.post("/customers/merge", {"into": into, "merged": merged, "reason": "One person"})
    assert answer.status_code == status, answer.content
    settle()
    return answer.json()


def undo(shop, made):
    answer = shop.post(f"/merges/{made['id']}/undo", {"reason": "Two people"})
    settle()
    return answer


def has(shop, name):
    """What is available, and what the statement says last."""
    found = shop.get(f"/wallets/{name}").json()["balances"]
    lines = shop.get(f"/wallets/{name}/statement").json()["data"]
    amounts = [each["available"]["amount_minor"] for each in found]
    return amounts, [line["balance"]["amount_minor"] for line in lines][:1]


def nothing_differs():
    found = [*of_people.differences(), *of_referrals.differences(), *of_rewards.differences()]
    *again, done = rebuild.verify()
    assert [*found, *again] == []
    return done


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
    assert has(shop, "ext_alice")[0] == [500], "what gina bought afterwards speaks against nothing"
    made = merge(shop, "ext_fred", old["customer"])
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([-500], [0])
    ended = Referral.objects.get(ended_reason="existing_customer")
    assert ended.friend.external_id == "fred"
    verdicts = Decision.objects.filter(subject__kind="conversion").latest("pk").verdicts
    assert verdicts[0]["reasons"] == {"advocate": ["existing_customer"], "friend": ["existing_customer"]}
    nothing_differs()
    undo(shop, made)
    assert (has(shop, "ext_alice")[0], has(shop, "ext_fred")[0]) == ([500], [500])
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
    client.post(page, {"confirmed": "1", "into": "fred", "reason": "Same person"})
    settle()
    assert has(shop, "ext_fred")[0] == [500]
    made = fred.merges.get()
    assert (made.source, made.reason, made.by) == ("admin", "Same person", olga)
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


def brings(shop, code, *numbers, **changes):
    """Friends who come by the code, one order each."""
    for number in numbers:
        buys(shop, number, {"external_id": f"friend {number}"}, code, **changes)
    settle()


def refund(shop, number, part=1):
    """One part of the order, such as 2 for a half."""
    amount = shop.get(f"/orders/{number}").json()["total"]["amount_minor"] // part
    answer = shop.post(f"/orders/{number}/refunds", {"refund_id": f"r{number}", "amount_minor": amount})
    assert answer.status_code == 201, answer.content
    settle()


def test_caps_count_both_advocates_together_until_they_are_parted(acme, program, alice, mallory):
    cap = {"scope": "advocate", "period": "all", "measure": "count", "limit": 3}
    scene.rule_of(program, caps=[cap], hold_days=0)
    shop = secret(acme)
    brings(shop, "alice-link", 1)
    brings(shop, "mallory-link", 2, 3)
    made = merge(shop, "ext_alice", "ext_mallory")
    brings(shop, "mallory-link", 4, days_ago=0)
    assert has(shop, "ext_alice")[0] == [3000], "as many as one person can get"
    refund(shop, 2)
    assert has(shop, "ext_alice")[0] == [2000]
    brings(shop, "alice-link", 5, days_ago=0)
    assert has(shop, "ext_alice")[0] == [3000]
    nothing_differs()

    undo(shop, made)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[2000], [1000]]
    brings(shop, "alice-link", 6, days_ago=0)
    brings(shop, "mallory-link", 7, 8, 9, days_ago=0)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[3000], [3000]]
    nothing_differs()
    # More than one can get, each had it before: that stays, also what is kept after a refund.
    merge(shop, "ext_alice", "ext_mallory")
    brings(shop, "alice-link", 10, days_ago=0)
    refund(shop, 1, part=2)
    assert has(shop, "ext_alice")[0] == [5500]
    nothing_differs()


def test_a_friend_who_bought_as_a_guest_and_by_an_account_has_no_second_first_order(acme, program, alice, mallory):
    scene.rule_of(program, hold_days=0)
    shop = secret(acme)
    order = buys(shop, 1, {"email": "fred@example.com"}, "alice-link")
    shop.put("/customers/fred", {})
    settle()
    made = merge(shop, "ext_fred", order["customer"])
    buys(shop, 2, {"external_id": "fred"}, "mallory-link", days_ago=0)
    settle()
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[1000], []]
    assert has(shop, "ext_fred")[0] == [500]
    nothing_differs()
    undo(shop, made)
    nothing_differs()


def test_tiers_go_on_from_what_both_names_reached(acme, program, alice, mallory):
    steps = [{"from": 1, "amount_minor": 100}, {"from": 3, "amount_minor": 1000}]
    tiers = {"measure": "conversions", "period": "month", "reading": "whole", "steps": steps}
    scene.rule_of(program, friend_kind="", advocate_kind="tiered", advocate_tiers=tiers, hold_days=0)
    shop = secret(acme)
    brings(shop, "alice-link", 1, days_ago=0)
    brings(shop, "mallory-link", 2, days_ago=0)
    made = merge(shop, "ext_alice", "ext_mallory")
    brings(shop, "mallory-link", 3, days_ago=0)
    assert has(shop, "ext_alice")[0] == [1200]
    # When the month is over all of it is raised to the tier that both reached together.
    after = timezone.now() + 32 * DAY
    while closing.close(at=after):
        pass
    assert has(shop, "ext_alice")[0] == [3000]
    nothing_differs()
    refund(shop, 2)
    while closing.close(at=after + DAY):
        pass
    assert has(shop, "ext_alice")[0] == [1100]
    undo(shop, made)
    nothing_differs()


def test_milestones_go_on_from_what_both_names_brought_until_they_are_parted(acme, program, alice, mallory):
    scene.rule_of(program, name="Every 3", milestone_every=3, friend_kind="", hold_days=0)
    shop = secret(acme)
    brings(shop, "alice-link", 1, 2)
    brings(shop, "mallory-link", 3, 4, 5, 6, 7)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[], [1000]]
    made = merge(shop, "ext_alice", "ext_mallory")
    assert has(shop, "ext_alice")[0] == [1000], "what was decided stays until the next friend"
    assert [(each.friends, each.threshold) for each in earnings.milestones(advocate=alice, at=timezone.now())] == [
        (7, 8)
    ]
    brings(shop, "mallory-link", 8, days_ago=0)
    assert has(shop, "ext_alice")[0] == [2000], "8 friends: two steps of 3"
    brings(shop, "alice-link", 9, days_ago=0)
    assert has(shop, "ext_alice")[0] == [3000]
    refund(shop, 3)
    assert has(shop, "ext_alice")[0] == [2000], "8 again, whoever had brought the friend"
    refund(shop, 4)
    refund(shop, 5)
    assert has(shop, "ext_alice")[0] == [2000]
    brings(shop, "alice-link", 10, 11, 12, days_ago=0)
    assert has(shop, "ext_alice")[0] == [3000]
    nothing_differs()
    # 7 of the 9 friends who stand are hers, two the other's.
    undo(shop, made)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[2000], [0]]
    brings(shop, "mallory-link", 13, days_ago=0)
    brings(shop, "alice-link", 14, 15, days_ago=0)
    assert [has(shop, name)[0] for name in ("ext_alice", "ext_mallory")] == [[3000], [1000]]
    nothing_differs()


def test_an_order_with_only_a_code_is_attributed_by_it(shop):
    order = buys(shop, 1, {}, "alice-link")
    settle()
    assert has(shop, "ext_alice")[0] == [1000]
    (bond,) = shop.get("/referrals").json()["data"]
    assert bond["friend"] == order["customer"]


def test_what_a_merged_friend_had_speaks_against_the_code_as_it_does_at_the_order(acme, program, alice):
    first = {"frequency": "first_order", "friend_kind": "fixed", "friend_amount_minor": 500, "minimum_order_minor": 0}
    scene.rule_of(program, hold_days=0, **first)
    shop = secret(acme)
    buys(shop, 1, {"email": "fred@example.com"}, "alice-link", days_ago=3)
    settle()
    shop.put("/customers/fred", {})
    merge(shop, "ext_fred", shop.get("/orders/1").json()["customer"])
    told = shop.post("/codes/validate", {"code": "alice-link", "customer": "ext_fred"}).json()
    assert (told["valid"], [reason["key"] for reason in told["reasons"]]) == (False, ["not_first_order"])
    buys(shop, 2, {"external_id": "fred"}, "alice-link", days_ago=0)
    settle()
    assert Decision.objects.order_by("pk").last().verdicts[0]["refusal"] == ["not_first_order"]
