"""What is told of a person while they are erased: real threads on PostgreSQL."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from advocacy import consents, privacy, reports
from advocacy.models import Consent, Customer, Event, Report
from advocacy.outbox import drain as draining
from referrals import orders
from referrals.models import Order
from rewards import audit
from rewards.models import Reward
from tests import cast
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_erasure_waits_for_what_is_being_told_and_takes_its_words():
    shop = acme()
    program_of(shop)
    fred, told, erased = person(shop, "fred"), threading.Event(), threading.Event()

    def tell():
        with transaction.atomic():
            said = {"event_id": "e1", "type": "support.called", "facts": {"by": "Kerbholz"}}
            reports.report(storefront=shop, customer=fred, **said, at=NOW)
            told.set()
            while not (_waits() or erased.is_set()):
                time.sleep(0.01)

    def erase():
        told.wait()
        with transaction.atomic():
            privacy.erase_rows(customer=fred, at=NOW)
        erased.set()

    together(tell, erase)
    assert [row.facts for row in Report.objects.all()] == [{}]


def test_erasures_in_the_middle_of_a_settlement_move_nothing(monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 3)
    program = program_of(acme())
    rule_of(program)
    alice = alice_of(program)
    friends = [person(program.storefront, f"friend {number}") for number in range(6)]
    for friend in friends:
        tell(conversion_of(alice, friend))

    def erase(people):
        for each in people:
            with transaction.atomic():
                privacy.erase_rows(customer=each, at=NOW)

    together(drain_all, drain_all, lambda: erase(friends), lambda: erase([alice.customer]))
    assert sorted(Reward.objects.values_list("side").annotate(Sum("granted_minor"))) == [
        ("advocate", 6000),
        ("friend", 3000),
    ]
    assert balances(alice.customer) == {"pending": 6000}
    assert Customer.objects.filter(erased_at=None).count() == 0
    assert list(audit.differences()) == []


def test_an_order_that_waits_for_an_erasure_is_of_somebody_new():
    shop, placed = acme(), threading.Event()
    fred = person(shop, "fred")

    def erase():
        with transaction.atomic():
            Customer.objects.select_for_update().get(pk=fred.pk)
            placed.set()
            while not _waits():
                time.sleep(0.01)
            privacy.erase_rows(customer=fred, at=NOW)

    def buy():
        placed.wait()
        order = cast.order(at=NOW, customer={"external_id": "fred"}, metadata={"who": "Kerbholz"})
        orders.record(storefront=shop, orders=[order], at=NOW)

    together(erase, buy)
    assert Order.objects.get().customer == Customer.objects.get(external_id="fred") != fred


def _waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def test_of_the_same_consent_told_twice_at_once_one_is_kept():
    fred = person(acme(), "fred")
    said = {"channel": "email", "state": "confirmed"}
    later = iter(NOW.replace(microsecond=number) for number in range(4))
    tells = [lambda: consents.note(customer=fred, said=said, at=next(later)) for _ in range(4)]
    together(*tells)
    assert Consent.objects.count() == 1
    assert [event.facts["counts"] for event in Event.objects.filter(type="consent.recorded")] == [True]
