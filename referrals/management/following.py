"""A job's steps, done by a command that says how far it is."""

import time
import uuid

from django.core.management.base import CommandError
from django.utils import timezone

from advocacy import jobs
from advocacy.models import JobState
from advocacy.outbox.interruptions import Interrupted

_PAUSE, _EVERY = 0.5, 2


def follow(job, *, say):
    """Do its steps here; where a worker took it over, wait for that. CommandError where it fails or is stopped."""
    worker, first, told = uuid.uuid4(), True, time.monotonic()
    while job.active:
        try:
            mine = jobs.step(pk=job.pk, worker=worker, first=first, at=timezone.now())
        except Interrupted:
            continue
        first = False
        job.refresh_from_db()
        if not mine and job.active:
            time.sleep(_PAUSE)
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            say(f"{job.done} of {job.total}")
    if job.state != JobState.DONE:
        raise CommandError(f"{job.error or 'It was stopped.'} Mend it, then let the job go on in the admin.")
