"""Messages carry a lane's name and nothing else: the work is in PostgreSQL."""

import logging
import time

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from advocacy.models import Lane
from advocacy.outbox import drain as draining
from advocacy.outbox import wake

log = logging.getLogger(__name__)

# A task stays well under its time limit; what is left is taken by the next.
SECONDS = 20
REPEATS = 5


@shared_task
def drain(lane):
    """Work on a lane until it is empty or the time is over."""
    until, interruptions = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        try:
            # What was committed since has sent a message of its own.
            if draining.drain(lane, at=timezone.now()) < draining.BATCH and time.monotonic() < until:
                return
        except draining.Interrupted as interruption:
            interruptions += 1
            if interruptions > REPEATS:
                raise
            log.warning("Lane %s was interrupted (%s); taking the batch again.", lane, interruption.__cause__)
            close_old_connections()
            time.sleep(0.05 * interruptions)
    wake.now(lane)


@shared_task
def sweep():
    """Find work whose message was lost, and waiting rows whose time has come."""
    for lane in Lane.values:
        if draining.waiting(lane, timezone.now()).exists():
            wake.now(lane)
