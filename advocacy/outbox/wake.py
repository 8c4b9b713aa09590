"""Tell the workers that a lane has work. A lost message costs seconds: the sweep finds the rows."""

import logging
import time
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

# After a failure a process leaves the broker alone for so many seconds, so that requests stay fast without it.
REST_SECONDS = 5
FAILURES = (RedisError, OSError)
_silent_until = 0.0
# A worker's note that it looks again lasts so many times its pause, should the worker not come back.
_EXPIRES_AFTER = 4
_CALLED_SECONDS = 2


def after_commit(lanes):
    """Wake these lanes when the transaction has committed: each once, however often it is asked for."""
    asked = {call.lane: call for _, call, _ in connection.run_on_commit if isinstance(call, _Wake)}
    for lane in lanes:
        # Asked for again, because the savepoint of the one before may still be undone.
        transaction.on_commit(asked.get(lane) or _Wake(lane))


@dataclass
class _Wake:
    """Wakes its lane when it is first called."""

    lane: str
    done: bool = False

    def __call__(self):
        if not self.done:
            self.done = True
            now(self.lane)


def now(lane):
    """Send a message to the lane, unless one waits there: whoever takes that one sees all that is committed now."""
    from advocacy.outbox.tasks import drain  # noqa: PLC0415 - the tasks wake lanes too

    once(drain, [lane], queue=lane)


def stay(lane, seconds):
    """Pause between two looks of a worker at a lane; meanwhile nobody else need be woken.

    Who committed before the note is gone is seen by the next look. If the worker ends meanwhile, the note expires.
    """
    if settings.CELERY_TASK_ALWAYS_EAGER or resting():
        return
    try:
        broker().set(_stays(lane), 1, px=round(_EXPIRES_AFTER * seconds * 1000))
        time.sleep(seconds)
        broker().delete(_stays(lane))
    except FAILURES as error:
        rest(error)


def _stays(queue):
    return f"{queue} looks again"


def once(task, arguments, *, queue):
    """Send a message, unless one waits in the queue, which must be for this task alone, or a worker will look again."""
    if not _awaited(queue):
        send(task, arguments, queue=queue)


def call(task, *, queue):
    """Send a message without arguments, unless one was sent that has not begun: see ``begun``."""
    if not _is_called(task):
        send(task, [], queue=queue)


def begun(task):
    """What is committed from now on needs another call. The task says so before it looks for work."""
    if not (settings.CELERY_TASK_ALWAYS_EAGER or resting()):
        try:
            broker().delete(_called(task))
        except FAILURES as error:
            rest(error)


def stay_for(task, seconds):
    """Pause before ``task`` looks again; meanwhile nobody else need call it."""
    if not _is_called(task, seconds=_EXPIRES_AFTER * seconds):
        time.sleep(seconds)


def _is_called(task, seconds=_CALLED_SECONDS):
    """Whether a call is under way; if not, one is now. A call that was lost is forgotten after a while."""
    if settings.CELERY_TASK_ALWAYS_EAGER or resting():
        return False
    try:
        return not broker().set(_called(task), 1, nx=True, px=round(seconds * 1000))
    except FAILURES as error:
        rest(error)
        return False


def _called(task):
    return f"{task.name} is called"


def _awaited(queue):
    """Whether a message lies in the queue: not those that a worker has taken, which may have looked already."""
    if settings.CELERY_TASK_ALWAYS_EAGER or resting():
        return False
    try:
        # An empty list is no key.
        return broker().exists(queue, _stays(queue)) > 0
    except FAILURES as error:
        rest(error)
        return False


@cache
def broker():
    """Celery's Redis, where a queue is a list of its name."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2, retry=once)


def send(task, arguments, *, queue):
    """Send a message that may be lost: a sweep must find the work without it."""
    if resting():
        return
    try:
        task.apply_async(arguments, queue=queue, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        rest(error)


def resting():
    """Whether the broker failed a moment ago."""
    return time.monotonic() < _silent_until


def rest(error):
    """Leave the broker alone for a while, because of this failure."""
    global _silent_until  # noqa: PLW0603 - one rest per process is the point
    _silent_until = time.monotonic() + REST_SECONDS
    log.warning("The broker did not answer (%s); the sweep will find the work, and no call is counted.", error)
