"""Messages carry a lane's name and nothing else: the work is in PostgreSQL."""

import logging
import time

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from advocacy.models import Lane
from advocacy.outbox import drain as draining
from advocacy.outbox import forgetting, sending, telling, wake, webhooks

log = logging.getLogger(__name__)

# A task stays well under its time limit; what is left is taken by the next.
SECONDS = 20
REPEATS = 5
# After a batch of fewer events than these a worker waits so many seconds for more: a batch costs about as much as ten
# orders, and under load the next ones are there already.
MANY, PAUSE = 500, 0.025
# An endpoint may have more calls at once when its first one was answered.
CALLING = 3


@shared_task
def drain(lane):
    """Work on a lane until it is empty or the time is over."""
    until, interruptions = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        try:
            # Also after a batch that was not full: somebody else may have left rows because their share was taken.
            taken = draining.drain(lane, at=timezone.now())
            if not taken:
                return
            if taken < MANY:
                wake.stay(lane, PAUSE)
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
    if sending.due(at=timezone.now()):
        telling.wake_senders()


@shared_task
def send():
    """Send webhooks until none may be sent now. Whoever begins calls a colleague while there is more, as far as there
    are threads; what must wait for its time or for room is found by the sweep, or by who made the room.
    """
    until, calling = time.monotonic() + SECONDS, 0 if settings.CELERY_TASK_ALWAYS_EAGER else CALLING
    while sending.send_next(at=timezone.now(), before=_colleague if calling else None):
        calling = max(calling - 1, 0)
        if time.monotonic() > until:
            telling.wake_senders()
            return


def _colleague():
    if sending.due(at=timezone.now()):
        telling.wake_senders()


@shared_task
def keep_endpoints():
    """What can wait a minute: what still waits for endpoints that were disabled."""
    webhooks.cancel_left(at=timezone.now())


@shared_task
def forget_deliveries():
    """Delete deliveries, with their tries, that ended longer ago than DELIVERY_RETENTION_DAYS."""
    forgetting.forget(at=timezone.now())
