"""Codes and many workers: real threads on PostgreSQL, each with its own connection."""

import time
from datetime import timedelta

import pytest
from django.db import transaction

from advocacy.outbox import drain as draining
from advocacy.refusals import Refused
from rewards import audit, crediting, expiry
from rewards.coupons import ending, pools, telling, using
from rewards.models import Coupon, Reward
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.coupon_stage import pays_from, pool_of, states, stock
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, tell

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def bring(alice, count):
    for number in range(count):
        tell(conversion_of(alice, person(alice.storefront, f"friend {number}")))


def test_forty_rewards_and_thirty_codes_are_thirty_codes_given_and_ten_served_in_order_later(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 3)
    pool = pool_of(alice.program)
    stock(pool, range(30))
    pays_from(pool)
    bring(alice, 40)
    together(*[drain_all] * 8)
    assert states(pool) == {"assigned": 30}
    assert Coupon.objects.values("reward").distinct().count() == 30
    waiting = list(Reward.objects.filter(waits_for_code=True).order_by("due_at", "pk").values_list("pk", flat=True))
    assert len(waiting) == 10
    assert balances(alice.customer) == {"pending": 10_000, "available": 30_000}
    assert stock(pool, range(100, 104), at=NOW + DAY).served == 4
    last = Coupon.objects.order_by("id").values_list("reward", flat=True)
    assert list(last)[30:] == waiting[:4]
    assert stock(pool, range(200, 220), at=NOW + DAY).served == 6
    assert list(last.all().filter(state="assigned"))[34:] == waiting[4:]
    assert states(pool) == {"assigned": 40, "free": 14}
    assert list(audit.differences()) == []


def test_released_at_once_by_many_each_reward_has_one_code(alice):
    pool = pool_of(alice.program)
    stock(pool, range(25))
    pays_from(pool, hold_days=1)
    bring(alice, 20)
    drain_all()
    together(*[lambda: crediting.release(at=NOW + DAY, limit=7)] * 8)
    while crediting.release(at=NOW + DAY):
        pass
    assert states(pool) == {"assigned": 20, "free": 5}
    assert balances(alice.customer) == {"available": 20_000}


def test_a_code_used_in_many_places_at_once_is_used_once(alice):
    pool = pool_of(alice.program, expiry_days=10)
    stock(pool, [1])
    pays_from(pool)
    bring(alice, 1)
    drain_all()
    coupon, done = Coupon.objects.get(), []

    def use():
        try:
            done.append(using.use(coupon=coupon, at=NOW + 2 * DAY))
        except Refused as refused:
            assert refused.code in ("coupon_used", "coupon_expired")

    together(*[use] * 6, *[lambda: ending.expire(at=NOW + 10 * DAY)] * 2)
    coupon.refresh_from_db()
    assert (len(done), coupon.state) in {(1, "used"), (0, "expired")}
    # The amount that the code stood for ends by a sweep of its own.
    expiry.expire(at=NOW + 10 * DAY)
    assert balances(alice.customer) == {}
    assert list(audit.differences()) == []


def test_pools_that_run_low_together_are_warned_of_in_one_order(alice, monkeypatch):
    first, second = pool_of(alice.program), pool_of(alice.program, name="Twenty off")
    tell_of_pool = telling.tell_of_pool

    def slowly(*told, **more):
        time.sleep(0.2)
        tell_of_pool(*told, **more)

    monkeypatch.setattr(telling, "tell_of_pool", slowly)

    def warn(*said):
        with transaction.atomic():
            pools.warn(*said, at=NOW)

    together(lambda: warn(first, second), lambda: warn(second, first))
    for pool in (first, second):
        pool.refresh_from_db()
        assert (pool.low_since, pool.version) == (NOW, 1)
