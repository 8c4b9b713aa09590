"""What is counted of one person with several records: caps, first orders, tiers and milestones."""

import pytest
from django.utils import timezone

from referrals.models import LinkMove
from rewards import earnings
from rewards.models import Decision
from rewards.settlement import closing
from tests.flows.api import secret
from tests.flows.merge_calls import DAY, brings, buys, has, merge, nothing_differs, refund, settle, shop, undo
from tests.rewards import scene

__all__ = ["shop"]
pytestmark = pytest.mark.django_db


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
    moves = LinkMove.objects.order_by("until").values_list("link__code", "advocate__customer__external_id")
    assert list(moves) == [("MALLORY-LINK", "mallory"), ("MALLORY-LINK", "alice")]
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
