"""Messages carry a job's number and nothing else: what is to be done is in its row."""

import logging
import time
import uuid

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from advocacy.jobs import working
from advocacy.outbox import wake
from advocacy.outbox.interruptions import Interrupted

log = logging.getLogger(__name__)

# A run stays well under its time limit; what is left is taken by the next.
SECONDS = 20
REPEATS = 5


@shared_task
def work(pk):
    """Do steps of a job until it ends, somebody else takes it over, or the time is over."""
    worker, first, interruptions = uuid.uuid4(), True, 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            if not working.step(pk=pk, worker=worker, first=first, at=timezone.now()):
                return
            first = False
        except Interrupted as interruption:
            interruptions += 1
            if interruptions > REPEATS:
                raise
            log.warning("Job %s was interrupted (%s); doing the step again.", pk, interruption.__cause__)
            close_old_connections()
            time.sleep(0.05 * interruptions)
    wake.send(work, [pk], queue="bulk")


@shared_task
def sweep():
    """Find jobs whose message was lost or whose worker died."""
    for pk in working.forgotten(at=timezone.now()):
        wake.send(work, [pk], queue="bulk")
