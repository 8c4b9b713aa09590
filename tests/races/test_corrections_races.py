"""A correction is approved while somebody still decides by the mistaken version."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from advocacy.jobs import working
from advocacy.models import Job
from advocacy.outbox import drain as draining
from rewards import audit, corrections, crediting
from rewards.models import Correction
from tests import cast
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, settle, tell

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted)"


def test_what_is_being_settled_when_a_correction_is_approved_is_corrected_too(monkeypatch):
    alice, (olga, anna) = alice_of(program_of(acme())), (cast.olga(), cast.staff("anna"))
    fixed = {"friend_kind": "", "hold_days": 0, "frequency": "every_order"}
    version = rule_of(alice.program, advocate_amount_minor=5000, **fixed)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    settle()
    terms = {"benefits": {"advocate": version.benefits["advocate"] | {"amount_minor": 500}}}
    said = {"starts_at": NOW - HOUR, "ends_at": NOW + HOUR, "policy": "waive", "reason": "5000 typed for 500"}
    correction = corrections.propose(version=version, terms=terms, by=olga, at=NOW + HOUR, **said)
    tell(conversion_of(alice, person(alice.storefront, "gina")))
    has_decided, may_end, post = threading.Event(), threading.Event(), crediting.ledger.post

    def slow(postings, *, at):
        if threading.current_thread() is settling:
            has_decided.set()
            may_end.wait(20)
        return post(postings, at=at)

    monkeypatch.setattr(crediting.ledger, "post", slow)
    settling = _thread(lambda: draining.drain("money", at=NOW))
    assert has_decided.wait(20)
    correcting = _thread(lambda: _correct(correction, anna))
    _until_it_waits(correcting)
    may_end.set()
    settling.join()
    correcting.join()
    assert (Correction.objects.get().state, balances(alice.customer)) == ("done", {"available": 1000})
    assert Job.objects.get().result == {"decisions": 2}
    assert list(audit.differences()) == []


def _correct(correction, by):
    job = corrections.approve(correction=correction, by=by, at=NOW + HOUR)
    while working.step(pk=job.pk, worker=None, first=True, at=NOW + HOUR):
        pass


def _thread(work):
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _until_it_waits(thread):
    """Or has ended, where nothing makes it wait."""
    waits = False
    while thread.is_alive() and not waits:
        thread.join(0.05)
        with connection.cursor() as cursor:
            cursor.execute(_WAITS)
            (waits,) = cursor.fetchone()
