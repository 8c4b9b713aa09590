"""Tell the workers that a lane has work. A lost message costs seconds: the sweep finds the rows."""

import logging
import time

from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# After a failure a process leaves the broker alone for so many seconds, so that requests stay fast without it.
REST_SECONDS = 5
_silent_until = 0.0


def after_commit(lanes):
    """Wake these lanes when the transaction has committed."""
    if lanes:
        transaction.on_commit(lambda: [now(lane) for lane in lanes])


def now(lane):
    from advocacy.outbox.tasks import drain  # noqa: PLC0415 - the tasks wake lanes too

    send(drain, [lane], queue=lane)


def send(task, arguments, *, queue):
    """Send a message that may be lost: a sweep must find the work without it."""
    global _silent_until  # noqa: PLW0603 - one rest per process is the point
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(arguments, queue=queue, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        _silent_until = time.monotonic() + REST_SECONDS
        log.warning("The broker took no message (%s); the sweep will find the work.", error)
