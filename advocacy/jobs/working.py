"""Do jobs step by step, exactly once, whatever happens to a worker.

A step's effect and its cursor commit in one transaction that holds the job's row. Its lock is all that two workers
need: the second passes over the row, and between two steps the newer one takes over.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from advocacy import failures
from advocacy.jobs import kinds
from advocacy.models import Job, JobState
from advocacy.models.job import ACTIVE
from advocacy.outbox.interruptions import pass_on
from advocacy.refusals import Refused

# Of a statement inside a step.
SECONDS = 20
# So long nobody worked on a job before the sweep hands it to a worker again; a step in progress holds its lock.
PATIENCE = timedelta(seconds=10)
# Runs that may begin without one finished step: what kills its worker would otherwise kill one worker after the other.
ATTEMPTS = 8


@dataclass(frozen=True)
class Progress:
    """What a step leaves: where to go on, how much is done of how much (None: not known), and at the end the result.

    The job is done when ``result`` is not None; it is JSON without personal data.
    """

    cursor: dict
    done: int
    total: int | None = None
    result: dict | None = None


def step(*, pk, worker, first, at):
    """Do one step of the job ``pk``; returns whether there is more to do for this worker.

    ``worker`` is the run's own UUID. With ``first`` it takes the job over from another run; without, it goes on only
    while the job is still its own. Raises ``Interrupted`` where the call should simply be repeated.
    """
    try:
        if first:
            _count_attempt(pk)
        return _step(pk, worker, first, at)
    except Exception as error:
        pass_on(error)
        _fail(pk, failures.told(error, f"A step of job {pk}"), at)
        return False


def _step(pk, worker, first, at):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])
        job = _unlocked().filter(pk=pk, state__in=ACTIVE).first()
        if job is None or not (first or job.worker == worker):
            return False
        progress = kinds.step_of(job.kind)(job=job, at=at)
        _move(job, progress, worker, at)
    return job.active


def _count_attempt(pk):
    """In a transaction of its own, which outlives a worker that the step kills."""
    with transaction.atomic():
        job = _unlocked().filter(pk=pk, state__in=ACTIVE).first()
        if job is None:
            return
        if job.attempts >= ATTEMPTS:
            raise Refused("worker_died", f"Its worker died {ATTEMPTS} times in the same step; see the worker’s log.")
        job.attempts += 1
        job.save(update_fields=["attempts"])


def _move(job, progress, worker, at):
    job.cursor, job.done, job.total, job.result = progress.cursor, progress.done, progress.total, progress.result
    job.worker, job.moved_at, job.started_at = worker, at, job.started_at or at
    job.attempts = 0
    job.state = JobState.RUNNING if progress.result is None else JobState.DONE
    job.ended_at = None if job.active else at
    job.save()


def _unlocked():
    return Job.objects.select_for_update(skip_locked=True, of=("self",)).select_related("storefront")


def _fail(pk, sentence, at):
    """Nothing of the failed step is kept; say why, for somebody who may try again."""
    Job.objects.filter(pk=pk, state__in=ACTIVE).update(state=JobState.FAILED, error=sentence, ended_at=at, moved_at=at)


def forgotten(*, at):
    """The ids of jobs that nobody has worked on for a while; they count as handed to a worker now."""
    with transaction.atomic():
        rows = _unlocked().filter(state__in=ACTIVE, moved_at__lt=at - PATIENCE).order_by("moved_at")
        pks = [job.pk for job in rows[:100]]
        Job.objects.filter(pk__in=pks).update(moved_at=at)
    return pks
