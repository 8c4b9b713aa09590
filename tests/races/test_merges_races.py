"""Merges that meet each other, and settlements: real threads on PostgreSQL."""

import threading
import time

import pytest
from django.db import connection

from advocacy import merging
from advocacy.models import Customer, Merge
from advocacy.outbox.drain import drain
from rewards import audit, rebuild, settlement
from rewards.models import Decision
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.wallet_scene import balance

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_merged_into_the_other_at_once_while_their_rewards_are_settled():
    program = program_of(acme())
    cap = {"scope": "advocate", "period": "all", "measure": "count", "limit": 3}
    rule_of(program, caps=[cap], hold_days=0)
    alice, bella = alice_of(program), alice_of(program, "bella")
    merge = [
        lambda: merging.merge(survivor=alice.customer, merged=bella.customer, source="api", at=NOW),
        lambda: merging.merge(survivor=bella.customer, merged=alice.customer, source="api", at=NOW),
    ]
    for number in range(2):
        for each in (alice, bella):
            tell(conversion_of(each, person(program.storefront, f"{each} {number}")))
    together(*merge, drain_all, drain_all)
    drain_all()
    assert Merge.objects.count() == 1
    assert Customer.objects.filter(absorbed=True).count() == 1
    for number in range(4):
        tell(conversion_of(alice, person(program.storefront, f"later {number}")))
    together(drain_all, drain_all)
    # What was decided before the merge stays: four rewards at most; with it, as many as one person can get.
    assert balance(alice.customer) + balance(bella.customer) in (3000, 4000)
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_nobody_is_merged_while_rewards_are_decided_by_who_was_one_person(monkeypatch):
    """Else a settling that had read them as two would move the friends of a milestone that both had reached as one."""
    program = program_of(acme())
    rule_of(program, milestone_every=2, friend_kind="", hold_days=0)
    alice, bella = alice_of(program), alice_of(program, "bella")
    for each in (alice, bella):
        tell(conversion_of(each, person(program.storefront, f"{each} brought")))
    decides, begun, merged_meanwhile = settlement.settle_events, threading.Event(), []

    def merge_meanwhile(**asked):
        begun.set()
        while not (_waits_for_a_lock() or Merge.objects.exists()):
            time.sleep(0.01)
        merged_meanwhile.append(Merge.objects.exists())
        decides(**asked)

    monkeypatch.setitem(settlement.settle.__globals__, "settle_events", merge_meanwhile)

    def merge():
        begun.wait()
        merging.merge(survivor=alice.customer, merged=bella.customer, source="api", at=NOW)

    together(merge, lambda: drain("money", at=NOW))
    monkeypatch.undo()
    assert merged_meanwhile == [False]
    assert (Merge.objects.count(), Decision.objects.count()) == (1, 2)
    tell(conversion_of(alice, person(program.storefront, "later")))
    drain_all()
    assert balance(alice.customer) == 1000
    assert list(audit.differences()) == []


def _waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return cursor.fetchone()[0]
