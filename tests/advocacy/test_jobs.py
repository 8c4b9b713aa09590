"""Long work as rows: each step once, whatever happens to its worker."""

import os
import re
import signal
import threading
import uuid
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction

from advocacy import ids, jobs
from advocacy.jobs import tasks, working
from advocacy.models import Customer, Job, JobState
from advocacy.outbox.interruptions import Interrupted
from advocacy.refusals import Refused
from config import job_kinds
from tests.cast import NOON, customer
from tests.flows.api import secret

TOTAL = 5


def welcome(*, job, at):
    """Each step makes one customer: a step that was lost or doubled would show."""
    number = job.cursor.get("next", 0)
    customer(job.storefront, f"customer-{number}", at=at)
    result = {"made": TOTAL} if number + 1 == TOTAL else None
    return jobs.Progress(cursor={"next": number + 1}, done=number + 1, total=TOTAL, result=result)


@pytest.fixture
def kinds(settings, monkeypatch):
    steps = {"welcome": welcome}
    monkeypatch.setattr(job_kinds, "JOBS", steps)
    return steps


@pytest.fixture
def job(acme, kinds):
    return jobs.start(storefront=acme, kind="welcome", parameters={"how": "warmly"}, at=NOON)


def step(job, worker=None, *, at=NOON, first=True):
    return jobs.step(pk=job.pk, worker=worker or uuid.uuid4(), first=first, at=at)


def told(job):
    job.refresh_from_db()
    return job.state, job.done, Customer.objects.count()


def test_a_job_goes_step_by_step_to_its_result(job):
    assert told(job) == ("waiting", 0, 0)
    assert step(job, at=NOON + timedelta(seconds=1)) is True
    assert told(job) == ("running", 1, 1)
    tasks.work(job.pk)
    assert told(job) == ("done", TOTAL, TOTAL)
    assert (job.result, job.total, job.started_at) == ({"made": TOTAL}, TOTAL, NOON + timedelta(seconds=1))
    assert job.ended_at is not None
    tasks.work(job.pk)
    assert told(job) == ("done", TOTAL, TOTAL)


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(job, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "SECONDS", 0)
    monkeypatch.setattr(tasks.wake, "send", lambda task, arguments, *, queue: sent.append((arguments, queue)))
    tasks.work(job.pk)
    assert sent == [([job.pk], "bulk")]


def test_a_kind_that_nobody_knows_is_not_started(acme, kinds):
    with pytest.raises(LookupError, match="No job is called dancing; known are: welcome"):
        jobs.start(storefront=acme, kind="dancing", parameters={}, at=NOON)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            ValueError("SUMMER-7QX2 is odd"),
            r"A step of job \d+ failed unexpectedly \(ValueError\)\. .* about err_\w+\.",
        ),
        (Refused("no_orders", "There is no order in these months."), r"There is no order in these months\."),
    ],
)
def test_a_failure_keeps_the_steps_before_it_and_says_why_without_what_it_was_about(
    job, kinds, error, sentence, caplog
):
    def broken(*, job, at):
        customer(job.storefront, "half", at=at)
        raise error

    step(job)
    kinds["welcome"] = broken
    assert step(job) is False
    assert told(job) == ("failed", 1, 1)
    assert re.fullmatch(sentence, job.error)
    assert job.ended_at == NOON
    if name := re.search(r"err_\w+", job.error):
        assert name[0] in caplog.text
        assert "SUMMER-7QX2" in caplog.text

    kinds["welcome"] = welcome
    jobs.retry(job=job, at=NOON)
    tasks.work(job.pk)
    assert told(job) == ("done", TOTAL, TOTAL)
    assert job.error == ""
    with pytest.raises(Refused, match="Only a job that failed"):
        jobs.retry(job=job, at=NOON)


def test_a_cancelled_job_keeps_what_it_did_and_does_no_more(job):
    step(job)
    jobs.cancel(job=job, at=NOON)
    assert step(job) is False
    assert told(job) == ("cancelled", 1, 1)
    with pytest.raises(Refused, match="has ended already"):
        jobs.cancel(job=job, at=NOON)


def test_a_job_that_was_stopped_goes_on_where_it_was(job):
    step(job)
    jobs.cancel(job=job, at=NOON)
    jobs.retry(job=job, at=NOON)
    tasks.work(job.pk)
    assert told(job) == ("done", TOTAL, TOTAL)


def test_an_interruption_is_no_failure(job, kinds):
    def interrupted(*, job, at):
        error = OperationalError("trouble")
        error.__cause__ = psycopg.errors.lookup("40P01")("deadlock")
        raise error

    kinds["welcome"] = interrupted
    with pytest.raises(Interrupted):
        step(job)
    assert told(job) == ("waiting", 0, 0)


def test_the_newer_run_takes_over_and_the_older_one_stops(job):
    older, newer = uuid.uuid4(), uuid.uuid4()
    assert step(job, older) is True
    assert step(job, newer) is True
    assert step(job, older, first=False) is False
    assert step(job, newer, first=False) is True
    assert told(job) == ("running", 3, 3)


def test_a_job_whose_message_was_lost_is_found_once(job):
    assert jobs.forgotten(at=NOON + timedelta(seconds=10)) == []
    assert jobs.forgotten(at=NOON + timedelta(seconds=11)) == [job.pk]
    assert jobs.forgotten(at=NOON + timedelta(seconds=12)) == []
    jobs.cancel(job=job, at=NOON)
    assert jobs.forgotten(at=NOON + timedelta(days=1)) == []


def test_a_step_that_kills_every_worker_is_given_up(job, kinds):
    def killed(*, job, at):
        raise KeyboardInterrupt

    kinds["welcome"] = killed
    for _ in range(8):
        with pytest.raises(KeyboardInterrupt):
            step(job)
    assert told(job) == ("waiting", 0, 0)
    assert step(job) is False
    assert told(job) == ("failed", 0, 0)
    assert job.error == "Its worker died 8 times in the same step; see the worker’s log."
    kinds["welcome"] = welcome
    jobs.retry(job=job, at=NOON)
    assert step(job) is True


def test_its_storefront_follows_it_and_nobody_else(job, acme, rival):
    while step(job):
        pass
    address = "/jobs/" + ids.encode("job", job.public_id)
    told = secret(acme).get(address).json()
    assert (told["kind"], told["status"], told["done"], told["total"]) == ("welcome", "done", TOTAL, TOTAL)
    assert (told["result"], told["error"], told["ended_at"]) == ({"made": TOTAL}, "", "2026-03-02T12:00:00Z")
    assert secret(rival).get(address).json()["code"] == "unknown_job"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_do_a_step_at_the_same_time(job, kinds):
    inside, leave = threading.Event(), threading.Event()

    def slow(*, job, at):
        inside.set()
        leave.wait(10)
        return welcome(job=job, at=at)

    def first():
        try:
            step(job)
        finally:
            connections.close_all()

    kinds["welcome"] = slow
    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    assert step(job) is False
    assert jobs.forgotten(at=NOON + timedelta(days=1)) == []
    leave.set()
    thread.join()
    assert told(job) == ("running", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_a_step_loses_and_doubles_nothing(job, kinds):
    def deadly(*, job, at):
        progress = welcome(job=job, at=at)
        if progress.done == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return progress

    kinds["welcome"] = deadly
    child = os.fork()
    if child == 0:
        # The parent's connection stays open and unused here: closing it would end the parent's too.
        kept, connection.connection = connection.connection, None
        try:
            tasks.work(job.pk)
        finally:
            os._exit(bool(kept) and 1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert told(job) == ("running", 2, 2)

    kinds["welcome"] = welcome
    while jobs.step(pk=job.pk, worker=uuid.uuid4(), first=True, at=NOON):
        pass
    assert told(job) == ("done", TOTAL, TOTAL)


def test_a_statement_of_a_step_may_not_take_for_ever(job, kinds, monkeypatch):
    monkeypatch.setattr(working, "SECONDS", 0.05)

    def endless(*, job, at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    kinds["welcome"] = endless
    assert step(job) is False
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "statement timeout" in job.error


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_when_the_start_has_committed(acme, kinds, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.wake, "send", lambda task, arguments, *, queue: sent.append((task.name, queue)))
    with transaction.atomic():
        jobs.start(storefront=acme, kind="welcome", parameters={}, at=NOON)
        assert sent == []
    assert sent == [("advocacy.jobs.tasks.work", "bulk")]
