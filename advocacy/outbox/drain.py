"""Work on pending events, exactly once.

A batch is one transaction: up to ``BATCH`` rows are locked in event order, every handler gets all its events at once,
the rows are deleted. Effect and mark commit together or not at all, so a killed worker loses and doubles nothing. The
rows of a batch that failed are marked to be taken alone, which the next call remembers.
"""

import logging
import time
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import Q

from advocacy import failures
from advocacy.models import Pending
from advocacy.outbox import wake
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.outbox.record import handlers
from advocacy.refusals import Refused

__all__ = ["BATCH", "Interrupted", "drain", "retry", "waiting"]

log = logging.getLogger(__name__)

BATCH = 500
ATTEMPTS = 8
# A batch, each statement of it, and the rows that are taken alone in one call.
SECONDS = 20
# The first wait after a failure; each further one is twice as long.
FIRST_WAIT = timedelta(seconds=5)


class TooSlow(Exception):
    """A batch took more than its time."""


def drain(lane, *, at):
    """Work on one batch of a lane and on what must be taken alone; returns how many rows were taken.

    Raises ``Interrupted`` where the call should simply be repeated.
    """
    until, batch = time.monotonic() + SECONDS, []
    try:
        taken = _work_on(waiting(lane, at).filter(alone=False)[:BATCH], at, batch)
    except Exception as error:
        pass_on(error)
        log.exception("A batch of lane %s failed; its events are taken one by one.", lane)
        taken = 0
        Pending.objects.filter(pk__in=batch).update(alone=True)
        if isinstance(error, SoftTimeLimitExceeded):
            raise Interrupted from error
    for pk in waiting(lane, at).filter(alone=True).values_list("pk", flat=True)[:BATCH]:
        taken += _single(lane, pk, at)
        if time.monotonic() > until:
            break
    return taken


def waiting(lane, at):
    """The rows of a lane that may be worked on now, in event order."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    return Pending.objects.filter(due, lane=lane, stuck_at__isnull=True).order_by("event_id")


def _work_on(rows, at, taking):
    """How many rows were worked on; ``taking`` gets their ids as soon as they are locked."""
    until = time.monotonic() + SECONDS
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])
        taken = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("event"))
        taking += [pending.pk for pending in taken]
        for handler, events in _work(taken):
            handler(events=events, at=at)
            if time.monotonic() > until:
                raise TooSlow(f"{handler.__module__}.{handler.__name__} ended after more than {SECONDS} s.")
        Pending.objects.filter(pk__in=taking).delete()
    return len(taken)


def _work(taken):
    """Each handler with all its events in event order; handlers in the order of their registration."""
    registered, work = handlers(), {}
    for pending in taken:
        lanes = registered.get(pending.event.type, {})
        if pending.lane not in lanes:
            # Recorded by a newer release than this worker's, or by an older one: somebody must look at it.
            raise Refused("nothing_follows", f"Nothing follows {pending.event.type} in lane {pending.lane}.")
        for handler in lanes[pending.lane]:
            work.setdefault(handler, []).append(pending.event)
    return work.items()


def _single(lane, pk, at):
    """Whether the row was taken: somebody else may have it, or may just have tried it."""
    try:
        return _work_on(waiting(lane, at).filter(pk=pk), at, [])
    except Exception as error:
        pass_on(error)
        _note_failure(pk, failures.told(error, f"Pending event {pk}"), at)
        if isinstance(error, SoftTimeLimitExceeded):
            raise Interrupted from error
        return 1


def _note_failure(pk, sentence, at):
    with transaction.atomic():
        pending = Pending.objects.select_for_update().filter(pk=pk).first()
        if pending is None:
            return
        pending.attempts += 1
        pending.last_error = sentence
        pending.next_attempt_at = at + FIRST_WAIT * 2 ** (pending.attempts - 1)
        if pending.attempts >= ATTEMPTS:
            pending.stuck_at = at
        pending.save()


def retry(pendings):
    """Give stuck or waiting rows a fresh start; returns how many. For the admin."""
    lanes = sorted(set(pendings.values_list("lane", flat=True)))
    count = pendings.update(attempts=0, stuck_at=None, next_attempt_at=None)
    wake.after_commit(lanes)
    return count
