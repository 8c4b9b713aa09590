"""Start, stop and try again: what people do with jobs."""

from django.db import transaction

from advocacy.jobs import kinds
from advocacy.models import Job, JobState
from advocacy.models.job import ACTIVE, AGAIN
from advocacy.outbox import wake
from advocacy.refusals import Refused


def start(*, storefront, kind, parameters, at, by=None):
    """A new job, which a worker begins when the transaction has committed. ``parameters``: JSON without personal data.

    ``by`` is the staff user who asked for it, None where a program did.
    """
    kinds.step_of(kind)
    job = Job.objects.create(
        storefront=storefront, kind=kind, parameters=parameters, started_by=by, created_at=at, moved_at=at
    )
    _wake(job)
    return job


def cancel(*, job, at):
    """Stop a job that goes on; a step that is being done ends first. Raises Refused where it has ended."""
    if not Job.objects.filter(pk=job.pk, state__in=ACTIVE).update(state=JobState.CANCELLED, ended_at=at):
        raise Refused("job_ended", "This job has ended already; there is nothing to stop.")


def retry(*, job, at):
    """Let a job that failed or was stopped go on after the last step that succeeded. Raises Refused for any other."""
    again = {"state": JobState.WAITING, "ended_at": None, "error": "", "attempts": 0, "moved_at": at}
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, state__in=AGAIN).update(**again):
            raise Refused("job_not_failed", "Only a job that failed or was stopped can be tried again.")
        _wake(job)


def _wake(job):
    from advocacy.jobs.tasks import work  # noqa: PLC0415 - the tasks start from the verbs

    transaction.on_commit(lambda: wake.send(work, [job.pk], queue="bulk"))
