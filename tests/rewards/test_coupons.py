"""A reward in codes: each gets one of its own, waits where there is none, and gives it back while it is unused."""

import pytest

from advocacy.resealing import reseal
from rewards import audit, crediting
from rewards.coupons import codes, serving, uploading
from rewards.models import Coupon, Reward
from tests.rewards.coupon_stage import DAY, bring, code, pays_from, pool_of, states, stock, told
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    balances,
    program_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def pool(alice):
    return pool_of(alice.program)


def test_a_credited_reward_has_the_oldest_code_of_its_pool(alice, pool):
    stock(pool, range(3))
    pays_from(pool)
    _, reward = bring(alice, "fred")
    mine = Coupon.objects.get(reward=reward)
    assert (mine.state, mine.customer, codes.shown(mine), mine.last_4) == ("assigned", alice.customer, code(0), "0000")
    assert (reward.status, reward.waits_for_code) == ("available", False)
    assert balances(alice.customer) == {"available": 1000}
    assert states(pool) == {"assigned": 1, "free": 2}
    [facts] = told("coupon.issued")
    assert (facts["coupon"], facts["reward"]) == (str(mine.public_id), str(reward.public_id))
    assert code(0) not in str(facts)


def test_codes_are_nowhere_in_the_database_as_they_are(alice, pool):
    stock(pool, [7])
    row = Coupon.objects.get()
    assert code(7).encode() not in bytes(row.code) + bytes(row.fingerprint)


def test_resealing_keeps_codes_findable_in_any_case(alice, pool, settings):
    uploading.numbered(pool=pool, lines=[(2, "MixedCase-1")], at=NOW)
    settings.ENCRYPTION_KEYS = ["c2VjcmV0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="]
    with pytest.raises(Exception, match="opens this"):
        reseal([Coupon])
    settings.ENCRYPTION_KEYS = []
    assert reseal([Coupon]) == {"rewards.Coupon": 1}
    assert codes.shown(Coupon.objects.get(fingerprint=codes.fingerprint("mixedcase-1"))) == "MixedCase-1"


def test_without_a_code_the_reward_waits_and_is_served_by_the_next_upload_oldest_first(alice, pool):
    pays_from(pool)
    waiting = [bring(alice, name)[1] for name in ("fred", "gina", "hans")]
    assert {(each.status, each.held_by, each.pending_minor) for each in waiting} == {("pending", "pool_empty", 1000)}
    assert crediting.release(at=NOW + DAY) == 0
    assert stock(pool, range(2), at=NOW + DAY).served == 2
    served = Coupon.objects.filter(state="assigned").order_by("id").values_list("reward", flat=True)
    assert list(served) == [waiting[0].pk, waiting[1].pk]
    assert balances(alice.customer) == {"pending": 1000, "available": 2000}
    waiting[2].refresh_from_db()
    assert (waiting[2].status, waiting[2].waits_for_code) == ("pending", True)
    assert list(audit.differences()) == []


def test_who_comes_while_others_wait_waits_behind_them(alice, pool):
    pays_from(pool)
    first = bring(alice, "fred")[1]
    Coupon.objects.bulk_create([codes.row(pool, code(1), at=NOW)])  # as if an upload had not served anybody yet
    second = bring(alice, "gina")[1]
    assert second.waits_for_code
    assert serving.serve(at=NOW) == 1
    assert Coupon.objects.get().reward == first


def test_who_waits_for_an_empty_pool_is_not_read_until_it_has_codes(alice, pool, django_assert_num_queries):
    other = pool_of(alice.program, "Nobody's")
    pays_from(pool)
    for _ in range(3):
        pays_from(other, side="friend", trigger="referral.created")
    bring(alice, "fred")
    stock(other, [1])
    with django_assert_num_queries(3):  # which pools have codes, the program's versions, which are waited for
        assert serving.serve(at=NOW) == 0
    Coupon.objects.bulk_create([codes.row(pool, code(2), at=NOW)])
    assert serving.serve(at=NOW) == 1
    assert balances(alice.customer) == {"available": 1000}


def test_who_waits_and_may_not_be_paid_keeps_nobody_waiting(alice, pool):
    pays_from(pool)
    held = bring(alice, "fred")[1]
    Reward.objects.filter(pk=held.pk).update(reviewed=True)
    stock(pool, [1])
    assert bring(alice, "gina")[1].status == "available"
