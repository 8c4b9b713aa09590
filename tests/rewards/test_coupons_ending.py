"""Codes are used, expire, are taken back and replaced, and their credit with them."""

from datetime import timedelta

import pytest

from advocacy.refusals import Refused
from rewards import adjustments, audit, expiry
from rewards.coupons import codes, ending, serving, using
from rewards.models import Coupon, Reward
from tests.rewards.coupon_stage import DAY, bring, code, pays_from, pool_of, refund, states, stock, told
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


@pytest.mark.parametrize(
    ("pool_days", "rule_days", "ends"), [(30, 10, 10), (10, 30, 10), (None, 10, 10), (None, None, None)]
)
def test_a_code_ends_by_the_sooner_of_pool_and_rule(alice, pool_days, rule_days, ends):
    pool = pool_of(alice.program, expiry_days=pool_days)
    stock(pool, [1])
    pays_from(pool, expires_days=rule_days)
    reward = bring(alice, "fred")[1]
    assert Coupon.objects.get().expires_at == reward.expires_at == (ends and NOW + ends * DAY)


def test_taken_back_unused_the_code_is_void_and_a_restored_reward_gets_another(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    conversion, reward = bring(alice, "fred")
    refund(conversion)
    assert (states(pool), balances(alice.customer)) == ({"revoked": 1, "free": 1}, {})
    assert [each["reason"] for each in told("coupon.revoked")] == ["taken_back"]
    refund(conversion, 0)
    assert codes.shown(Coupon.objects.get(reward=reward, state="assigned")) == code(1)
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


def test_taken_back_after_use_the_credit_falls_below_nothing(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    conversion, reward = bring(alice, "fred")
    using.use(coupon=Coupon.objects.get(reward=reward), at=NOW, reference="till 7")
    assert balances(alice.customer) == {}
    refund(conversion)
    assert balances(alice.customer) == {"available": -1000}
    assert Coupon.objects.get(reward=reward).state == "used"
    refund(conversion, 0)
    assert balances(alice.customer) == {}
    assert states(pool) == {"used": 1, "free": 1}
    assert list(audit.differences()) == []


def test_a_gift_card_is_used_in_parts(alice):
    pool = pool_of(alice.program, kind="gift_card")
    stock(pool, [1])
    pays_from(pool)
    bring(alice, "fred")
    card = using.use(coupon=Coupon.objects.get(), amount_minor=400, at=NOW)
    assert (card.state, card.used_minor, card.reward.available_minor) == ("assigned", 400, 600)
    with pytest.raises(Refused, match="from 1 to 600"):
        using.use(coupon=card, amount_minor=601, at=NOW)
    card = using.use(coupon=card, at=NOW)
    assert (card.state, card.used_minor, card.reward.status) == ("used", 1000, "spent")
    with pytest.raises(Refused) as refused:
        using.use(coupon=card, at=NOW)
    assert refused.value.code == "coupon_used"
    assert [each["used_minor"] for each in told("coupon.used")] == [400, 1000]
    assert list(audit.differences()) == []


def test_a_coupon_is_used_as_a_whole(alice, pool):
    stock(pool, [1])
    pays_from(pool)
    bring(alice, "fred")
    with pytest.raises(Refused, match="as a whole"):
        using.use(coupon=Coupon.objects.get(), amount_minor=1, at=NOW)
    assert states(pool) == {"assigned": 1}


def test_what_is_not_used_in_time_expires_with_its_credit(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, range(2))
    pays_from(pool)
    bring(alice, "fred")
    assert ending.expire(at=NOW + 30 * DAY - timedelta(seconds=1)) == 0
    with pytest.raises(Refused) as refused:
        using.use(coupon=Coupon.objects.get(state="assigned"), at=NOW + 30 * DAY)
    assert refused.value.code == "coupon_expired"
    assert ending.expire(at=NOW + 30 * DAY) == 1
    assert expiry.expire(at=NOW + 30 * DAY) == 1
    assert states(pool) == {"expired": 1, "free": 1}
    assert Reward.objects.get().status == "expired"
    assert balances(alice.customer) == {}
    assert [each["reason"] for each in told("coupon.expired")] == ["time"]
    assert list(audit.differences()) == []


def test_a_reward_that_is_given_more_time_prolongs_its_code(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, [1])
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    expiry.prolong(reward=reward, until=NOW + 60 * DAY, at=NOW)
    ending.expire(at=NOW + 30 * DAY)
    coupon = Coupon.objects.get()
    assert (coupon.state, coupon.expires_at) == ("assigned", NOW + 60 * DAY)
    ending.expire(at=NOW + 60 * DAY)
    assert states(pool) == {"expired": 1}


def test_a_code_that_has_expired_is_good_again_when_its_reward_is_prolonged(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, range(2))
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    at = NOW + 30 * DAY
    ending.expire(at=at)
    expiry.expire(at=at)
    adjustments.prolong(reward=reward, until=NOW + 60 * DAY, reason="Was ill", at=at)
    coupon = Coupon.objects.get(reward=reward)
    assert (coupon.state, coupon.expires_at) == ("assigned", NOW + 60 * DAY)
    assert states(pool) == {"assigned": 1, "free": 1}
    using.use(coupon=coupon, at=at)
    assert Reward.objects.get().status == "spent"


def test_a_withdrawn_code_is_replaced_and_goes_back_only_by_an_act(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    old = Coupon.objects.get(reward=reward)
    ending.revoke(coupon=old, at=NOW)
    assert serving.serve(at=NOW) == 1
    assert codes.shown(Coupon.objects.get(reward=reward, state="assigned")) == code(1)
    assert balances(alice.customer) == {"available": 1000}
    ending.put_back(coupon=old, at=NOW)
    assert states(pool) == {"assigned": 1, "free": 1}
    with pytest.raises(Refused):
        ending.put_back(coupon=old, at=NOW)


def test_a_gift_card_that_was_voided_after_a_part_was_used_is_nobody_elses_whole_one(alice):
    pool = pool_of(alice.program, kind="gift_card")
    stock(pool, [1])
    pays_from(pool)
    conversion, _ = bring(alice, "fred")
    using.use(coupon=Coupon.objects.get(), amount_minor=400, at=NOW)
    refund(conversion)
    with pytest.raises(Refused) as refused:
        ending.put_back(coupon=Coupon.objects.get(), at=NOW)
    assert (refused.value.code, states(pool)) == ("coupon_used", {"revoked": 1})
