"""What payouts leave behind: the month's journal, the year's totals, statements; and the days of the schedule."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import OperationalError
from django.db.models import Sum

from advocacy.outbox.interruptions import Interrupted
from rewards.models import Account, Payout, PayoutBatch
from rewards.payouts import gathering, journal, scheduling, statements, totals
from tests.rewards import scene
from tests.rewards.payouts_stage import LATER, cash_rule, earns, exported, payee_of, policy_of, refunded, said
from tests.rewards.scene import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def program():
    program = scene.program_of(scene.acme())
    cash_rule(program)
    return program


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
        [0, 5000, 0, 0, 0, 0, 5000],
        [5000, 0, 1250, 0, 0, 5000, -1250],
        [-1250, 2500, 0, 0, 0, -5000, 6250],
    ]
    lines = journal.of_month(storefront=acme, month=date(2026, 5, 9))
    assert [(line.program, line.form, line.unit, line.closing) for line in lines] == [
        ("Friends", "cash", "EUR", 6250),
        ("Others", "credit", "EUR", 700),
    ]
    owed = Account.objects.filter(customer__isnull=False).aggregate(total=Sum("balance_minor"))["total"]
    assert sum(line.closing for line in lines) == owed


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
