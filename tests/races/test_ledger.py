"""Caps, replays, spending and crediting that meet: real threads, and the proof of the ledger afterwards."""

import contextlib
import itertools
import random
from datetime import timedelta

import pytest
from django.db import transaction

from advocacy.outbox import drain as draining
from advocacy.refusals import Refused
from referrals import events as catalogue
from rewards import audit, crediting, expiry, rebuild, redemptions, settlement
from rewards.models import Counter, Decision, Reward, Transfer
from rewards.payouts import gathering
from tests.races.test_settlement_races import together
from tests.rewards.payouts_stage import payee_of, policy_of
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, people, program_of, rule_of, tell, tell_many

pytestmark = pytest.mark.django_db(transaction=True)
ONE_EACH = {"frequency": "every_order", "friend_kind": "", "hold_days": 0, "minimum_order_minor": 0}
_ticks = itertools.count(1)


def now():
    """Each act has a moment of its own, as outside of tests."""
    return NOW + timedelta(milliseconds=next(_ticks))


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def dice():
    number = random.randrange(10**6)
    print(f"seed {number}")
    return random.Random(number)


def drain_all():
    idle = 0
    while idle < 3:
        idle = 0 if draining.drain("money", at=now()) else idle + 1


def proven():
    """Whatever met, the audit is clean, and settled again in the order of the decisions the same comes out."""
    assert list(audit.differences()) == []
    assert [said for said in rebuild.verify() if isinstance(said, str)] == []


def convert(alice, count):
    tell_many([conversion_of(alice, friend) for friend in people(alice.storefront, count)])


def capped(alice, *, conversions, limit, dice, monkeypatch):
    """So many conversions at once on a cap by count and a budget that ends in the middle of a reward."""
    monkeypatch.setattr(draining, "BATCH", dice.randint(1, 25))
    by_count = {"scope": "program", "period": "all", "measure": "count", "limit": limit, "side": ""}
    budget = {"scope": "program", "period": "all", "measure": "amount", "limit": 1000 * limit - 250, "side": ""}
    rule_of(alice.program, "By count", **ONE_EACH, caps=[by_count])
    rule_of(alice.program, "By amount", **ONE_EACH, caps=[budget])
    convert(alice, conversions)
    together(*[drain_all] * 6)
    assert Decision.objects.count() == conversions
    paid = Reward.objects.filter(available_minor__gt=0)
    assert paid.filter(rule__name="By count").count() == limit
    assert sorted(paid.filter(rule__name="By amount").values_list("available_minor", flat=True)) == [
        750,
        *[1000] * (limit - 1),
    ]
    assert {counter.cap: counter.used for counter in Counter.objects.all()} == {
        "count/program/": limit,
        "amount/program/": 1000 * limit - 250,
    }
    proven()


def test_parallel_conversions_on_a_cap_pay_exactly_the_cap(alice, dice, monkeypatch):
    capped(alice, conversions=60, limit=12, dice=dice, monkeypatch=monkeypatch)


@pytest.mark.full
def test_five_hundred_conversions_on_a_cap_of_a_hundred_pay_exactly_a_hundred(alice, dice, monkeypatch):
    capped(alice, conversions=500, limit=100, dice=dice, monkeypatch=monkeypatch)


def test_the_same_event_fifty_times_at_once_is_one_reward(alice):
    rule_of(alice.program, **ONE_EACH)
    event = tell(conversion_of(alice, people(alice.storefront, 1)[0]))

    def settle():
        for _ in range(5):
            with transaction.atomic():
                settlement.settle(events=[event], at=now())

    together(*[settle] * 10)
    assert (Reward.objects.count(), Decision.objects.count()) == (1, 1)
    assert Transfer.objects.count() == 2, "granted and credited"
    proven()


def test_settling_crediting_spending_and_paying_the_same_rewards_do_not_deadlock(alice, dice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 4)
    rule_of(alice.program, **ONE_EACH | {"hold_days": 1, "expires_days": 3})
    rule_of(alice.program, **ONE_EACH, advocate_form="cash")
    payee_of(alice.customer)
    policy = policy_of(alice.storefront, minimum_minor=1, four_eyes_above_minor=10**9)
    conversions = [conversion_of(alice, friend) for friend in people(alice.storefront, 12)]
    tell_many(conversions)
    drain_all()
    for conversion in dice.sample(conversions, 8):
        tell(conversion, catalogue.CONVERSION_ADJUSTED, at=now(), refunded_minor=dice.choice([500, 2500, 5000]))

    def credit():
        for days in (1, 2, 5):
            crediting.release(at=now() + timedelta(days=days))
            expiry.expire(at=now() + timedelta(days=days))

    def spend():
        for _ in range(4):
            with contextlib.suppress(Refused):
                asked = {"storefront": alice.storefront, "customer": alice.customer, "unit": "EUR", "amount_minor": 700}
                made = redemptions.reserve(**asked, at=now() + timedelta(days=1))
                redemptions.confirm(redemption=made, at=now() + timedelta(days=1))

    def pay():
        for _ in range(3):
            with contextlib.suppress(Refused):
                gathering.gather(policy=policy, at=now())

    together(drain_all, credit, spend, pay, drain_all, spend, credit)
    drain_all()
    proven()
