"""A real worker process: it is woken through Redis, and killing it loses and doubles nothing."""

import pytest

from advocacy.models import Pending
from advocacy.outbox import tasks
from rewards import audit
from rewards.models import Decision, Reward, Transfer
from tests.faults.workers import kill, wait_for, worker
from tests.rewards.scene import (
    acme,
    alice_of,
    balances,
    conversion_of,
    people,
    person,
    program_of,
    rule_of,
    tell,
    tell_many,
)

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 1500


@pytest.fixture
def alice():
    program = program_of(acme())
    rule_of(program, hold_days=0)
    return alice_of(program)


def test_a_conversion_is_credited_by_a_worker_that_redis_woke(alice):
    with worker():
        tell(conversion_of(alice, person(alice.storefront, "fred")))

        def credited():
            return Reward.objects.filter(status="available").count() == 2

        wait_for(credited)
    assert balances(alice.customer) == {"available": 1000}


def test_a_worker_killed_in_the_middle_loses_nothing(alice):
    tell_many([conversion_of(alice, friend) for friend in people(alice.storefront, MANY)])

    def begun():
        return Decision.objects.exists()

    def done():
        tasks.sweep()
        return not Pending.objects.filter(lane="money").exists()

    with worker() as first:
        wait_for(begun)
        kill(first)
    left = Pending.objects.filter(lane="money").count()
    assert 0 < left < MANY, "killed in the middle"
    with worker():
        wait_for(done)
    assert balances(alice.customer) == {"available": MANY * 1000}
    assert Decision.objects.count() == MANY
    assert Transfer.objects.count() == 4 * MANY
    assert list(audit.differences()) == []
