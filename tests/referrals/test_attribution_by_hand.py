"""Olga says who brought a friend: what was earned before is taken back, and the orders are decided anew."""

import pytest
from django.utils import timezone

from advocacy import ids, merging
from advocacy.models import Event
from advocacy.refusals import Conflict, Refused
from referrals import attribution, orders, rollups, signups
from referrals import audit as referrals_audit
from referrals.models import Conversion, Order, Referral
from rewards import audit
from tests import cast
from tests.cast import DAY, HOUR, NOON
from tests.flows.api import secret
from tests.rewards.scene import balances, rule_of, settle


def buy(acme, number="1001", at=NOON, **changes):
    fields = cast.order(number, at=at, **{"customer": {"external_id": "fred"}} | changes)
    return orders.record(storefront=acme, orders=[fields], at=at)[0]


def give(advocate, friend, **said):
    return attribution.by_hand(advocate=advocate, friend=friend, reason="He told us.", at=NOON + DAY, **said)


def test_a_friend_whom_nobody_brought_gets_an_advocate_and_past_orders_count(acme, alice):
    first, second = buy(acme), buy(acme, "1002", at=NOON + HOUR)
    assert first.order.unattributed == [{"key": "no_attribution"}]
    referral = give(alice, first.order.customer)
    assert (referral.method, referral.bound_at, referral.candidates[0]["won"]) == ("manual", NOON, True)
    told = [
        (each.order.external_id, each.sequence, each.frozen["new_customer"])
        for each in referral.conversions.order_by("sequence")
    ]
    assert told == [("1001", 1, True), ("1002", 2, True)]
    assert Order.objects.get(pk=second.order.pk).unattributed == []
    assert buy(acme, "1003", at=NOON + 2 * DAY).conversion.sequence == 3


def test_only_orders_since_the_given_moment_count(acme, alice):
    person = buy(acme).order.customer
    buy(acme, "1002", at=NOON + HOUR)
    referral = give(alice, person, since=NOON + HOUR)
    assert [each.order.external_id for each in referral.conversions.all()] == ["1002"]


def test_a_friend_moves_from_one_advocate_to_another_and_back(acme, program, alice, mallory):
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="MALLORY-LINK", at=NOON)
    order = buy(acme, at=NOON + HOUR).order
    theirs = Referral.objects.get()
    referral = give(alice, order.customer)
    theirs.refresh_from_db()
    assert (theirs.ended_at, theirs.ended_reason, theirs.standing_conversions) == (NOON + DAY, "He told us.", 0)
    assert (referral.bound_at, referral.standing_conversions) == (NOON, 0)
    old, new = Conversion.objects.order_by("pk")
    assert (old.ended, old.stands, old.friend_review) == (True, False, "rejected")
    assert (new.ended, new.stands, new.referral, new.sequence) == (False, True, referral, 1)
    assert [each["reason"] for each in referral.candidates] == ["", "attributed_to_other"]
    ended = Event.objects.get(type="referral.ended")
    assert (ended.advocate, ended.facts["stands"]) == (mallory, False)
    back = attribution.by_hand(advocate=mallory, friend=order.customer, reason="Wrong.", at=NOON + 2 * DAY)
    assert (Referral.objects.filter(ended_at=None).get(), Conversion.objects.get(ended=False).referral) == (back, back)
    rollups.recount(at=NOON + 3 * DAY, seconds=20)
    assert list(referrals_audit.differences()) == []


def test_a_friend_of_two_records_that_were_just_merged_has_one_advocate(acme, alice, mallory):
    old, new = cast.customer(acme, "old"), cast.customer(acme, "new")
    give(mallory, old)
    give(alice, new)
    # Nobody has followed the merge yet: both bonds stand.
    merging.merge(survivor=new, merged=old, source="admin", at=NOON + DAY)
    given = give(alice, new)
    assert list(Referral.objects.filter(ended_at=None)) == [given]


def test_what_cannot_be_is_refused_and_nothing_is_written(acme, rival, program, alice):
    person = buy(acme).order.customer
    give(alice, person)
    before = Event.objects.count()
    with pytest.raises(Conflict):
        give(alice, person)
    with pytest.raises(Refused, match="themselves"):
        give(alice, alice.customer)
    with pytest.raises(Refused, match="different storefronts"):
        give(alice, cast.fred(rival))
    with pytest.raises(Refused, match="reason"):
        attribution.by_hand(advocate=alice, friend=person, reason=" ", at=NOON)
    assert Event.objects.count() == before + 1, "rival's fred"


def test_the_api_says_it_for_its_own_storefront(acme, rival, alice):
    person = buy(acme).order.customer
    name = ids.encode("adv", alice.public_id)
    said = {"advocate": name, "friend": "ext_fred", "reason": "He wrote to us."}
    answer = secret(acme).post("/referrals", said)
    assert (answer.status_code, answer.json()["method"], answer.json()["conversions"]) == (201, "manual", 1)
    assert secret(acme).post("/referrals", said).json()["code"] == "attributed_already"
    assert secret(rival).post("/referrals", said).status_code == 404
    assert Referral.objects.get().friend == person


def test_olga_gives_a_friend_to_another_advocate_on_its_page(client, olga, acme, alice, mallory):
    order = buy(acme, referral_code="MALLORY-LINK").order
    client.force_login(olga)
    page = f"/admin/referrals/referral/{Referral.objects.get().pk}/do/another/"
    assert "taken back" in client.get(page).content.decode()
    client.post(page, {"confirmed": "yes", "code": "nobody", "reason": "He told us."})
    assert Referral.objects.filter(ended_at=None).get().advocate == mallory
    client.post(page, {"confirmed": "yes", "code": "alice-link", "reason": "He told us."})
    assert Referral.objects.filter(ended_at=None).get().advocate == alice
    by_order = f"/admin/referrals/order/{order.pk}/do/attribute/"
    client.post(by_order, {"confirmed": "yes", "code": "mallory-link", "reason": "No."})
    assert Referral.objects.filter(ended_at=None).get().advocate == mallory


def test_the_money_follows(acme, program, alice, mallory):
    rule_of(program, hold_days=0)
    order = buy(acme, at=timezone.now(), referral_code="MALLORY-LINK").order
    settle(at=timezone.now())
    assert (balances(mallory.customer), balances(alice.customer)) == ({"available": 1000}, {})
    attribution.by_hand(advocate=alice, friend=order.customer, reason="He told us.", at=timezone.now())
    settle(at=timezone.now())
    assert (balances(mallory.customer), balances(alice.customer)) == ({}, {"available": 1000})
    assert balances(order.customer) == {"available": 500}
    assert list(audit.differences()) == []
