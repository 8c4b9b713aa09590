"""Merges that meet each other, and settlements: real threads on PostgreSQL."""

import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from advocacy import merging
from advocacy.models import Customer, Merge
from advocacy.outbox.drain import drain
from referrals import merging as bonds
from referrals.attribution import byhand
from referrals.models import Referral
from rewards import audit, crediting, rebuild, settlement
from rewards.coupons import debts, serving
from rewards.models import Decision
from rewards.settlement import closing
from tests import cast
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.coupon_stage import pays_from, pool_of
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
    _nobody_is_merged_meanwhile(monkeypatch, (alice, bella), (settlement.settle.__globals__, "settle_events"), settled)
    assert (Merge.objects.count(), Decision.objects.count()) == (1, 2)
    tell(conversion_of(alice, person(program.storefront, "later")))
    drain_all()
    assert balance(alice.customer) == 1000
    assert list(audit.differences()) == []


def test_nobody_is_merged_while_a_period_is_closed_by_who_was_one_person(monkeypatch):
    program = program_of(acme())
    whole = {"measure": "conversions", "period": "month", "reading": "whole"}
    whole["steps"] = [{"from": 1, "percent_bp": 500}, {"from": 3, "percent_bp": 1000}]
    tiers = {"friend_kind": "", "advocate_kind": "tiered", "advocate_tiers": whole, "minimum_order_minor": 0}
    rule_of(program, **tiers, hold_days=0)
    alice, bella = alice_of(program), alice_of(program, "bella")
    for number in range(3):
        tell(conversion_of(alice, person(program.storefront, f"friend {number}")))
    settled()
    close = partial(closing.close, at=NOW + timedelta(days=31))
    _nobody_is_merged_meanwhile(monkeypatch, (alice, bella), (vars(closing), "_settle"), close)
    assert balance(alice.customer) == 1500
    assert list(audit.differences()) == []


def test_nobody_is_merged_while_what_somebody_owes_in_codes_is_read(monkeypatch):
    program = program_of(acme())
    codes = pool_of(program)
    pays_from(codes, hold_days=14)
    alice, bella = alice_of(program), alice_of(program, "bella")
    tell(conversion_of(alice, person(program.storefront, "fred")))
    settled()
    later = NOW + timedelta(days=14)
    release, serve = partial(crediting.release, at=later), partial(serving.serve_pool, pool=codes, at=later)
    _nobody_is_merged_meanwhile(monkeypatch, (alice, bella), (vars(debts), "split"), release)
    gina = person(program.storefront, "gina")
    _nobody_is_merged_meanwhile(monkeypatch, (alice, gina), (vars(debts), "split"), serve)
    assert Merge.objects.count() == 2


def test_a_merge_of_whom_another_is_parted_from_just_then_waits_and_both_are_done(monkeypatch):
    """Else it would wait for the friend's row, and the parted one's steps, in the same transaction, for its merge."""
    program = program_of(acme())
    alice, bella = (cast.advocate(program, name, at=NOW) for name in ("alice", "bella"))
    fred, guest, gina = (person(program.storefront, name) for name in ("fred", "guest", "gina"))
    for advocate, friend in ((alice, fred), (bella, guest)):
        byhand.attribute(advocate=advocate, friend=friend, reason="Said so", at=NOW)
    made, _ = merging.merge(survivor=fred, merged=guest, source="api", at=NOW)
    drain_all()
    assert Referral.objects.get(ended_by_merge=made.public_id).friend == guest
    merging.undo(merge=made, reason="Two people", at=NOW)
    part = partial(drain, "money", at=NOW)
    _merged_meanwhile(monkeypatch, (gina, guest), (vars(bonds), "_give_back"), part, afterwards=True)
    drain_all()
    assert list(Merge.objects.order_by("pk").values_list("undone_at", flat=True)) == [NOW, None]
    assert list(Referral.objects.filter(ended_at=None, friend=guest).values_list("advocate", flat=True)) == [bella.pk]


def settled():
    drain("money", at=NOW)


def _nobody_is_merged_meanwhile(monkeypatch, pair, place, work):
    before = Merge.objects.count()
    there = _merged_meanwhile(monkeypatch, pair, place, work)
    assert (there, Merge.objects.count()) == (before, before + 1)


def _merged_meanwhile(monkeypatch, pair, place, work, *, afterwards=False):
    """Merge them while ``work`` is at (``afterwards``: just after) the function that ``place`` names: how
    many merges there were as it went on, because the new one was done or waits for a lock.
    """
    names, name = place
    goes_on, begun, found = names[name], threading.Event(), []
    survivor, merged = [getattr(row, "customer", row) for row in pair]
    before = Merge.objects.count()

    def stop(*values, **asked):
        answer = goes_on(*values, **asked) if afterwards else None
        if not found:
            begun.set()
            while not (_waits_for_a_lock() or Merge.objects.count() > before):
                time.sleep(0.01)
            found.append(Merge.objects.count())
        return answer if afterwards else goes_on(*values, **asked)

    def merge():
        begun.wait()
        merging.merge(survivor=survivor, merged=merged, source="api", at=NOW)

    monkeypatch.setitem(names, name, stop)
    together(merge, work)
    monkeypatch.undo()
    return found[0]


def _waits_for_a_lock():
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    waits = f"SELECT FROM pg_locks WHERE NOT granted AND COALESCE(database, {here}) = {here}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({waits})")
        return cursor.fetchone()[0]
