"""The difference that a correction would make, before anything changes."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy.jobs import working
from advocacy.models import Job
from advocacy.refusals import Refused
from rewards import audit, corrections, rates
from rewards.corrections import proposing
from rewards.models import Correction, Decision, PreviewedUse, Rate
from rewards.settlement import decided
from tests.rewards.corrections_stage import ALL, LATER, TENTH, alice, anna, friends, propose, settle_at, work_on_jobs
from tests.rewards.scene import (
    NOW,
    balances,
    rule_of,
)
from tests.terms import terms

__all__ = ["alice", "anna"]
pytestmark = pytest.mark.django_db


def test_the_difference_is_shown_before_anything_changes(alice, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 2)
    correction = propose(version, anna)
    assert correction.difference["units"] == {"EUR": -9000}
    assert (correction.difference["decisions"], correction.difference["rewards"]) == (2, 2)
    assert [(each["before"], each["after"]) for each in correction.difference["biggest"]] == [(5000, 500)] * 2
    assert balances(alice.customer) == {"available": 10_000}
    assert Decision.objects.count() == 2


@pytest.fixture
def much(monkeypatch):
    """Three are more than one call asks, and two more than a page."""
    monkeypatch.setattr(proposing, "AT_ONCE", 2)
    monkeypatch.setattr(proposing, "PAGES", 1)
    monkeypatch.setattr(decided, "PAGE", 2)


def test_a_long_period_is_worked_out_by_a_job_to_the_same_difference(alice, olga, anna, much):
    """The budget that the first page used up is not there for the second."""
    caps = [{"scope": "program", "period": "all", "measure": "amount", "limit": 12_000, "side": ""}]
    version = rule_of(alice.program, **ALL | {"advocate_percent_bp": 1000}, caps=caps)
    friends(alice, 3)
    said = {"benefits": terms(**ALL)["benefits"]}
    correction = propose(version, anna, **said)
    assert (correction.state, correction.difference) == ("counting", {})
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=olga, at=LATER)
    assert refusal.value.code == "correction_counting"
    assert working.step(pk=Job.objects.get().pk, worker=None, first=True, at=LATER)
    job = Job.objects.get()
    assert (job.kind, job.done, job.total) == ("correction_preview", 2, 3)
    assert PreviewedUse.objects.get().number == 9000, "the next page reads it, and not the job's own row"
    assert len(str(job.cursor)) < 2000
    work_on_jobs()
    correction.refresh_from_db()
    assert (correction.state, correction.needs_second) == ("proposed", True)
    assert not PreviewedUse.objects.exists()
    assert (correction.difference["units"], correction.difference["rewards"]) == ({"EUR": 10_500}, 3)
    assert balances(alice.customer) == {"available": 1500}
    corrections.approve(correction=correction, by=olga, at=LATER)
    work_on_jobs()
    assert balances(alice.customer) == {"available": 12_000}
    assert Decision.objects.count() == 6
    assert list(audit.differences()) == []


def test_one_person_does_not_approve_what_came_after_they_saw_it(alice, anna, olga, monkeypatch):
    """45.00 EUR are below the limit of 100.00, and three times 45.00 are not."""
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correction = propose(version, anna)
    assert (correction.needs_second, correction.difference["subjects"]) == (False, 1)
    for name in ("gina", "hugo"):
        settle_at(alice, NOW, name)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"
    monkeypatch.setattr(proposing, "AT_ONCE", 2)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=olga, at=LATER)
    assert refusal.value.code == "more_was_decided"
    monkeypatch.undo()
    corrections.approve(correction=correction, by=olga, at=LATER)
    assert Correction.objects.get().difference["units"] == {"EUR": -13_500}
    work_on_jobs()
    assert balances(alice.customer) == {"available": 1500}


def test_of_a_small_shop_among_large_ones_only_what_it_decided_is_walked_through(alice, anna, monkeypatch):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    with connection.cursor() as cursor:
        # From where it stands: a database that is used again has kept what it was set to before.
        cursor.execute(
            "SELECT setval(name, nextval(name) + 10000000) FROM pg_get_serial_sequence('rewards_decision', 'id') name"
        )
    settle_at(alice, NOW, "gina")
    correction = propose(version, anna)
    assert correction.state == "counting", "nobody waits for it"
    with CaptureQueriesContext(connection) as asked:
        work_on_jobs()
    assert len(asked) < 90, "not 500 stretches"
    correction.refresh_from_db()
    assert (correction.state, correction.difference["decisions"]) == ("proposed", 2)
    Correction.objects.update(state="withdrawn")
    monkeypatch.setattr(decided, "WIDE", 20_000_000)
    with CaptureQueriesContext(connection) as asked:
        assert propose(version, anna).difference["decisions"] == 2
    assert len(asked) < 60


def test_of_a_long_period_in_which_nothing_was_decided_nothing_is_left_open(alice, anna, much):
    version = rule_of(alice.program, **ALL)
    friends(alice, 3)
    other = rule_of(alice.program, name="Late", **ALL)
    propose(other, anna, benefits=TENTH)
    work_on_jobs()
    assert Correction.objects.get().state == "withdrawn"
    withdrawn = propose(version, anna)
    corrections.withdraw(correction=withdrawn, at=LATER)
    work_on_jobs()
    assert set(Correction.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_a_rate_stays_correctable_when_a_correction_only_asked_by_it(alice, anna):
    alice.program.storefront.refresh_from_db()
    version = rule_of(alice.program, **ALL)
    friends(alice, 1, currency="USD")
    said = rates.Said("line 1", NOW.date(), "USD", "EUR", Decimal("0.5"), "ecb")
    rates.put(storefront=alice.storefront, rates=[said], at=NOW)
    assert propose(version, anna, benefits=TENTH).difference["units"] == {"EUR": 250}
    assert not Rate.objects.get().used
