"""Orders come in while several workers recount the same day."""

import threading

import pytest
from django.db import connection, transaction

from referrals import rollups
from referrals.models import Day, Mark
from referrals.rollups import recounting
from tests import cast
from tests.cast import NOON
from tests.referrals.history import bought, brought, click, converted, person

BUYERS, ORDERS, COUNTERS = 3, 20, 3


def in_threads(works):
    """Run them at once; raises what the first of them that failed raised."""
    errors, start = [], threading.Barrier(len(works))

    def run(work):
        try:
            start.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def meanwhile(monkeypatch):
    """``meanwhile(work)``: during the next count of days, after it read and before it commits, others do this."""

    def arrange(work):
        count = recounting.count

        def slow_count(cells_of):
            count(cells_of)
            monkeypatch.setattr(recounting, "count", count)
            work()

        monkeypatch.setattr(recounting, "count", slow_count)

    return arrange


def order_and_mark(program):
    """An order of a new customer, and its day's mark as the handler makes it."""
    bought(person(program.storefront, f"buyer-{Mark.objects.count()}-{Day.objects.count()}"), at=NOON)
    Mark.objects.create(program=program, day=NOON.date())


@pytest.mark.django_db(transaction=True)
def test_an_order_during_a_count_is_counted_by_the_next(meanwhile):
    program = cast.program(cast.acme())
    order_and_mark(program)
    meanwhile(lambda: in_threads([lambda: order_and_mark(program)]))
    assert rollups.recount(at=NOON) == 2
    assert Day.objects.get(program=program, day=NOON.date()).orders == 2


@pytest.mark.django_db(transaction=True)
def test_a_slow_count_does_not_overwrite_a_newer_one(meanwhile):
    """One that has no mark to delete: it counts again because a click is young."""
    program = cast.program(cast.acme())
    click(cast.alice(program).links.get(), at=NOON)
    order_and_mark(program)
    rollups.recount(at=NOON)
    second = threading.Thread(target=in_threads, args=[[lambda: rollups.recount(at=NOON)]])

    def order_and_recount():
        in_threads([lambda: order_and_mark(program)])
        second.start()
        # It passes over the cell, which is locked; otherwise the slow count would write an old number over its own.
        second.join(timeout=2)

    meanwhile(order_and_recount)
    rollups.recount(at=NOON)
    second.join()
    assert Day.objects.get(program=program, day=NOON.date()).orders == 2
    assert not Mark.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_orders_during_recounts_are_all_counted_in_the_end():
    program = cast.program(cast.acme())
    alice = cast.alice(program)
    Mark.objects.all().delete()
    bonds = [brought(alice, person(program.storefront, f"friend-{n}"), at=NOON) for n in range(BUYERS)]
    buying = threading.Event()
    buying.set()
    counts = []

    def buy(referral):
        for _ in range(ORDERS):
            with transaction.atomic():
                converted(referral, bought(referral.friend, at=NOON))
            # The handler runs in a transaction of its own, after the order's.
            Mark.objects.create(program=program, day=NOON.date())

    def buy_all():
        try:
            in_threads([lambda referral=referral: buy(referral) for referral in bonds])
        finally:
            buying.clear()

    def count():
        while buying.is_set():
            counts.append(rollups.recount(at=NOON))

    in_threads([buy_all, *[count] * COUNTERS])
    rollups.recount(at=NOON)
    row = Day.objects.get(program=program, day=NOON.date())
    assert (row.orders, row.referred_orders, row.conversions) == (BUYERS * ORDERS,) * 3
    assert row.revenue_minor == BUYERS * ORDERS * 5000
    assert list(rollups.differences(program.storefront, at=NOON)) == []
    assert sum(counts) > 1
