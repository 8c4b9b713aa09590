"""Settlements that meet: real threads on PostgreSQL, each with its own connection."""

import threading

import pytest
from django.db import close_old_connections, connections, transaction

from advocacy import ids
from advocacy.models import Pending
from advocacy.outbox import drain as draining
from referrals import events as catalogue
from rewards import audit, crediting, settlement
from rewards.models import Counter, Decision, Reward, Transfer
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs):
    """Run them at the same moment; raises what any of them raised."""
    start, errors = threading.Barrier(len(jobs)), []

    def run(job):
        close_old_connections()
        start.wait()
        try:
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def drain_all():
    """Until nothing is left for it. With one order of locks nothing deadlocks, so an interruption is a failure."""
    idle = 0
    while idle < 3:
        idle = 0 if draining.drain("money", at=NOW) else idle + 1


@pytest.fixture
def alice():
    program = program_of(acme())
    rule_of(program)
    return alice_of(program)


def test_many_workers_settle_every_conversion_once(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 7)
    friends = [person(alice.storefront, f"friend {number}") for number in range(60)]
    for friend in friends:
        tell(conversion_of(alice, friend))
    together(*[drain_all] * 6)
    assert balances(alice.customer) == {"pending": 60_000}
    assert Decision.objects.count() == 60
    assert Transfer.objects.count() == 120
    assert list(audit.differences()) == []


def test_many_workers_reach_each_step_of_a_milestone_once(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 3)
    caps = [{"scope": "program", "period": "all", "measure": "count", "limit": 8, "side": ""}]
    rule_of(alice.program, name="Every 5", milestone_every=5, friend_kind="", hold_days=0, caps=caps)
    bob = alice_of(alice.program, "bob")
    for number in range(60):
        tell(conversion_of((alice, bob)[number % 2], person(alice.storefront, f"friend {number}")))
    together(*[drain_all] * 6)
    steps = Decision.objects.filter(subject__trigger="milestone")
    assert steps.count() == 12
    paid = [balances(advocate.customer)["available"] for advocate in (alice, bob)]
    assert sum(paid) == 8000, "eight of the twelve: the program's cap"
    assert list(audit.differences()) == []


def test_one_friends_twenty_orders_at_once_use_the_first_order_once(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 1)
    fred = person(alice.storefront, "fred")
    for sequence in range(1, 21):
        tell(conversion_of(alice, fred), sequence=sequence)
    together(*[drain_all] * 6)
    assert balances(alice.customer) == {"pending": 1000}
    assert Reward.objects.count() == 2
    assert Counter.objects.get().used == 1
    assert Decision.objects.count() == 20


def test_versions_of_one_conversion_settled_at_once_end_at_the_newest(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 1)
    conversions = [conversion_of(alice, person(alice.storefront, f"friend {number}")) for number in range(8)]
    for conversion in conversions:
        tell(conversion)
        for refunded in (1000, 2000, 2500):
            tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=refunded)
    together(*[drain_all] * 6)
    assert balances(alice.customer) == {"pending": 8 * 500}
    assert list(audit.differences()) == []


def test_release_and_refund_at_once_agree_on_what_is_left(alice):
    fred = person(alice.storefront, "fred")
    conversion = conversion_of(alice, fred)
    tell(conversion)
    drain_all()
    due = Reward.objects.get(side="advocate").due_at
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    together(drain_all, lambda: crediting.release(at=due), lambda: crediting.release(at=due))
    while crediting.release(at=due):
        pass
    assert balances(alice.customer) == {"available": 500}
    assert balances(fred) == {"available": 250}
    assert list(audit.differences()) == []


def test_settlements_of_the_same_new_rows_in_opposite_order_wait_for_each_other_and_do_not_deadlock(alice):
    def settle(events):
        with transaction.atomic():
            settlement.settle(events=events, at=NOW)

    for _ in range(5):
        friends = [person(alice.storefront, f"friend {ids.uuid7()}") for _ in range(60)]
        conversions = [conversion_of(alice, friend) for friend in friends]
        first = [tell(conversion) for conversion in conversions]
        second = [tell(one, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500) for one in reversed(conversions)]
        Pending.objects.all().delete()
        together(lambda events=first: settle(events), lambda events=second: settle(events))
    assert balances(alice.customer) == {"pending": 5 * 60 * 500}
    assert list(audit.differences()) == []


def test_room_that_a_refund_returns_is_taken_once(alice, monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 1)
    for _ in range(10):
        fred = person(alice.storefront, f"fred {ids.uuid7()}")
        first, *later = (conversion_of(alice, fred) for _ in range(3))
        tell(first)
        drain_all()
        tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
        drain_all()
        for sequence, conversion in enumerate(later, start=2):
            tell(conversion, sequence=sequence)
        together(drain_all, drain_all)
        assert Reward.objects.filter(recipient=fred, pending_minor__gt=0).count() == 1
    assert list(audit.differences()) == []


def test_the_same_waiting_event_is_worked_on_by_one(alice):
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    together(*[drain_all] * 10)
    assert Transfer.objects.count() == 2
    assert Pending.objects.filter(lane="money").count() == 0
