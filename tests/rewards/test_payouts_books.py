"""What payouts leave behind: the month's journal, the year's totals, statements; and the days of the schedule."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta

import pgtrigger
import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.models import Sum

from advocacy import merging
from advocacy.outbox.interruptions import Interrupted
from rewards import adjustments, audit, crediting, exchange, redemptions
from rewards.models import Account, MonthEnd, Payout, PayoutBatch
from rewards.payouts import gathering, journal, scheduling, statements, taken_back, totals
from tests.rewards import scene
from tests.rewards.payouts_stage import (
    LATER,
    OTHER_IBAN,
    cash_rule,
    earns,
    exported,
    payee_of,
    policy_of,
    program,
    refunded,
    said,
)
from tests.rewards.scene import NOW

__all__ = ["program"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def alice(program):
    alice = scene.alice_of(program)
    payee_of(alice.customer)
    return alice


def months(storefront, *numbers):
    """Opening to closing of each month of 2026, of the only line."""
    return [journal.of_month(storefront=storefront, month=date(2026, number, 1))[0].amounts() for number in numbers]


def test_the_journal_adds_up_from_month_to_month_and_ends_at_what_the_ledger_owes(alice, program):
    acme = alice.storefront
    other = scene.program_of(acme, slug="others", name="Others")
    scene.rule_of(other, advocate_amount_minor=700, friend_kind="", frequency="every_order", hold_days=30)
    conversion = earns(alice, at=NOW)
    earns(alice, at=NOW)
    batch = exported(policy_of(acme), at=NOW + 30 * DAY)
    said(batch, at=NOW + 31 * DAY, n1="paid")
    refunded(conversion, 2500, at=NOW + 40 * DAY)
    earns(alice, at=NOW + 65 * DAY)
    said(batch, at=NOW + 66 * DAY, n1="returned")
    earns(scene.alice_of(other, "carla"), at=NOW + 66 * DAY)
    assert months(acme, 3, 4, 5) == [
        [0, 5000, 0, 0, 0, 0, 0, 0, 5000],
        [5000, 0, 1250, 0, 0, 5000, 0, 0, -1250],
        [-1250, 2500, 0, 0, 0, -5000, 0, 0, 6250],
    ]
    lines = journal.of_month(storefront=acme, month=date(2026, 5, 9))
    assert [(line.program, line.form, line.unit, line.closing) for line in lines] == [
        ("Friends", "cash", "EUR", 6250),
        ("Others", "credit", "EUR", 700),
    ]
    owed = Account.objects.filter(customer__isnull=False).aggregate(total=Sum("balance_minor"))["total"]
    assert sum(line.closing for line in lines) == owed


def test_what_is_moved_by_hand_or_exchanged_is_neither_earned_nor_spent(alice, program):
    """March: 25.00 are earned and held into April; 6.00 are given by hand and 8.00 taken, 2.00 of them beyond; 100
    points are given, and 60 become 3.00 of credit, of which 1.00 is spent. In April acts by hand are undone.
    """
    acme, by_hand = alice.storefront, {"program": program, "customer": alice.customer, "reason": "Goodwill", "at": NOW}
    program.points_per_unit = 20
    program.save()
    held = scene.program_of(acme, slug="held", name="Held")
    cash_rule(held, hold_days=30)
    earns(scene.alice_of(held, "carla"), at=NOW)
    adjustments.give(form="cash", amount_minor=100, **by_hand)
    given = adjustments.give(form="cash", amount_minor=500, hold_days=20, **by_hand)
    taken = adjustments.take(form="cash", amount_minor=300, allow_negative=True, **by_hand)
    adjustments.give(form="points", amount_minor=100, **by_hand)
    exchange.for_credit(program=program, customer=alice.customer, points=60, at=NOW)
    basket = redemptions.reserve(storefront=acme, customer=alice.customer, unit="EUR", amount_minor=100, at=NOW)
    redemptions.confirm(redemption=basket, at=NOW)
    crediting.release(at=NOW + 31 * DAY)
    for adjustment in (taken, given):
        adjustments.undo(adjustment=adjustment, reason="A mistake", at=NOW + 31 * DAY)
    books = [journal.of_month(storefront=acme, month=date(2026, number, 1)) for number in (3, 4)]
    assert [{(line.program, line.form): line.amounts() for line in lines} for lines in books] == [
        {
            ("Friends", "cash"): [0, 0, 0, 0, 0, 0, 300, 0, 300],
            ("Friends", "credit"): [0, 0, 0, 0, 100, 0, 0, 300, 200],
            ("Friends", "points"): [0, 0, 0, 0, 0, 0, 100, -60, 40],
            ("Held", "cash"): [0, 2500, 0, 0, 0, 0, 0, 0, 2500],
        },
        {
            ("Friends", "cash"): [300, 0, 0, 0, 0, 0, -200, 0, 100],
            ("Friends", "credit"): [200, 0, 0, 0, 0, 0, 0, 0, 200],
            ("Friends", "points"): [40, 0, 0, 0, 0, 0, 0, 0, 40],
            ("Held", "cash"): [2500, 0, 0, 0, 0, 0, 0, 0, 2500],
        },
    ]
    owed = Account.objects.filter(customer__isnull=False).aggregate(total=Sum("balance_minor"))["total"]
    assert sum(line.closing for line in books[1] if line.unit == "EUR") + 40 == owed


def test_stored_month_ends_change_no_journal_and_go_when_a_transfer_of_before_comes(alice):
    acme = alice.storefront
    for month in range(3):
        earns(alice, at=NOW + month * 30 * DAY)
    numbers = (3, 4, 5, 6)
    before = months(acme, *numbers)
    assert [closing for *_, closing in before] == [2500, 5000, 7500, 7500]
    zone = zoneinfo.ZoneInfo(acme.time_zone)
    over = datetime(2026, 6, 1, tzinfo=zone) + journal.SETTLED
    assert journal.close(at=over - timedelta(seconds=1)) == 2
    assert journal.close(at=over) == 1
    assert journal.close(at=over) == 0
    assert list(MonthEnd.objects.order_by("until").values_list("owed_minor", flat=True)) == [2500, 5000, 7500]
    assert months(acme, *numbers) == before
    assert list(audit.differences()) == []
    earns(alice, at=NOW + 31 * DAY)
    assert list(MonthEnd.objects.values_list("owed_minor", flat=True)) == [2500]
    assert [closing for *_, closing in months(acme, *numbers)] == [2500, 7500, 10000, 10000]
    assert journal.close(at=over) == 2
    with connection.cursor() as cursor, pgtrigger.ignore():
        cursor.execute("UPDATE rewards_monthend SET owed_minor = owed_minor + 1 WHERE owed_minor = 7500")
    (said,) = audit.differences()
    assert "ends with 7501; its transfers add up to 7500." in said


def test_a_month_costs_what_it_has_and_not_what_was_before(alice):
    """Of 24 months with 500 transfers each, 23 are stored: the next reads its own, and what lies beside them."""
    earns(alice, at=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rewards_transfer (public_id, storefront_id, source_id, target_id, amount_minor, unit, "
            "reward_id, reward_version, leg, at) SELECT gen_random_uuid(), storefront_id, source_id, target_id, 1, "
            "unit, reward_id, 100 + number, leg, at + number * INTERVAL '1 month' / 500 "
            "FROM rewards_transfer, generate_series(1, 12000) AS number WHERE leg = 'grant'"
        )
        cursor.execute("SELECT brin_summarize_new_values('transfers_by_time')")
        cursor.execute("ANALYZE rewards_transfer")
    assert journal.close(at=datetime(2028, 2, 10, tzinfo=UTC)) == 23
    seen = _rows_read(journal.question(alice.storefront, date(2028, 2, 1)))
    assert 500 < seen < 2500
    MonthEnd.objects.all().delete()
    assert _rows_read(journal.question(alice.storefront, date(2028, 2, 1))) > 11000


def _rows_read(question):
    """How many rows of transfers PostgreSQL looks at for an answer, also those that it throws away."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {question[0]}", question[1])
        ((answer,),) = cursor.fetchall()
    return sum(
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        for node in _nodes(answer[0]["Plan"])
        if node.get("Relation Name") == "rewards_transfer"
    )


def _nodes(node):
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def test_a_month_begins_at_midnight_of_the_storefront(alice):
    alice.storefront.time_zone = "Pacific/Auckland"
    since, until = journal.bounds(alice.storefront, date(2026, 12, 5))
    assert since == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert until == datetime(2026, 12, 31, 11, tzinfo=UTC)


def test_the_journal_is_one_query_and_another_storefronts_is_empty(alice, django_assert_num_queries):
    earns(alice)
    with django_assert_num_queries(1):
        assert len(list(journal.table(storefront=alice.storefront, month=date(2026, 3, 1)))) == 1
    assert journal.of_month(storefront=scene.acme("rival"), month=date(2026, 3, 1)) == []


def test_a_years_totals_count_what_was_paid_and_not_returned(alice):
    earns(alice)
    first = exported(policy_of(alice.storefront))
    said(first, n1="paid")
    earns(alice)
    policy = first.policy
    second = exported(policy)
    said(second, n2="paid")
    said(second, n2="returned")
    third = gathering.gather(policy=policy, at=LATER)
    assert third.total_minor == 2500
    (total,) = totals.of_year(storefront=alice.storefront, year=2026)
    assert (total.payouts, total.amount_minor, total.payee.name) == (1, 2500, "Alice")
    assert totals.of_year(storefront=alice.storefront, year=2025) == []
    (row,) = totals.table(storefront=alice.storefront, year=2026)
    assert [str(cell) for cell in row[2:]] == ["alice", "Alice", "DE", "private", "", "None", "1", "25.00", "EUR"]


def test_who_was_merged_is_paid_and_totalled_as_one(alice):
    bella = scene.alice_of(alice.program, "bella")
    payee_of(bella.customer, iban=OTHER_IBAN)
    earns(alice)
    earns(bella)
    first = exported(policy_of(alice.storefront))
    said(first, n1="paid", n2="paid")
    mistaken = earns(bella)
    earns(alice)
    merging.merge(survivor=alice.customer, merged=bella.customer, source="api", at=LATER)
    second = gathering.gather(policy=first.policy, at=LATER)
    assert [(each.customer, each.amount_minor) for each in second.payouts.all()] == [(alice.customer, 5000)]
    refunded(mistaken, 5000)
    assert [each.said for each in taken_back.since(second)] == ["25.00 of 50.00 EUR"]
    (total,) = totals.of_year(storefront=alice.storefront, year=2026)
    assert (total.customer, total.payouts, total.amount_minor) == (alice.customer, 2, 5000)
    assert total.payee.name == "Alice"
    assert list(audit.differences()) == []


def test_a_statement_names_each_reward_it_pays(alice):
    earns(alice)
    earns(alice)
    exported(policy_of(alice.storefront))
    statement = statements.of(Payout.objects.get())
    assert [(name, program, minor) for name, program, _at, minor in statement.lines] == [
        ("Give 10", "Friends", 2500),
        ("Give 10", "Friends", 2500),
    ]


@pytest.mark.parametrize(
    ("schedule", "day", "today", "newest"),
    [
        ("weekly", 1, date(2026, 3, 2), date(2026, 3, 2)),
        ("weekly", 7, date(2026, 3, 2), date(2026, 3, 1)),
        ("monthly", 1, date(2026, 3, 2), date(2026, 3, 1)),
        ("monthly", 28, date(2026, 3, 2), date(2026, 2, 28)),
        ("monthly", 2, date(2026, 3, 2), date(2026, 3, 2)),
    ],
)
def test_the_newest_day_of_a_schedule(alice, schedule, day, today, newest):
    assert scheduling.newest_day(policy_of(alice.storefront, schedule=schedule, day=day), today) == newest


def test_the_schedule_makes_one_draft_on_its_day_and_catches_up_a_missed_one(alice):
    policy = policy_of(alice.storefront, schedule="weekly", day=1)
    earns(alice)
    assert len(scheduling.run(at=NOW)) == 1
    earns(alice)
    assert scheduling.run(at=NOW + timedelta(hours=3)) == []
    assert scheduling.run(at=NOW + 6 * DAY) == []
    assert [batch.scheduled_for for batch in scheduling.run(at=NOW + 8 * DAY)] == [date(2026, 3, 9)]
    assert set(PayoutBatch.objects.values_list("state", "made_by", "policy")) == {("draft", None, policy.pk)}


def test_a_new_schedule_waits_for_its_next_day(alice):
    policy_of(alice.storefront, schedule="monthly", day=1)
    earns(alice)
    assert scheduling.run(at=NOW) == []
    assert len(scheduling.run(at=NOW + 30 * DAY)) == 1


def test_trouble_that_is_nobodys_fault_is_no_failure_of_a_policy(alice, monkeypatch):
    def interrupted(**_):
        error = OperationalError("trouble")
        error.__cause__ = psycopg.errors.lookup("40P01")("deadlock")
        raise error

    policy = policy_of(alice.storefront, schedule="weekly", day=1)
    monkeypatch.setattr(gathering, "gather", interrupted)
    with pytest.raises(Interrupted):
        scheduling.run(at=NOW)
    policy.refresh_from_db()
    assert policy.seen_day is None
