"""Work on pending events, exactly once.

A batch is one transaction: up to ``BATCH`` rows are locked in event order, every handler gets all its events at once,
the rows are deleted. Effect and mark commit together or not at all, so a killed worker loses and doubles nothing.
"""

import logging
from datetime import timedelta

import psycopg
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from advocacy.models import Pending
from advocacy.outbox import wake
from advocacy.outbox.record import handlers

log = logging.getLogger(__name__)

BATCH = 500
ATTEMPTS = 8
STATEMENT_SECONDS = 20
# The first wait after a failure; each further one is twice as long.
FIRST_WAIT = timedelta(seconds=5)


class Interrupted(Exception):
    """A deadlock, a lost connection or a shutdown: nobody's fault, so it is no attempt. Call again."""


def drain(lane, *, at):
    """Work on one batch of a lane; returns how many rows were taken.

    Raises ``Interrupted`` where nothing was done and the call should be repeated.
    """
    try:
        return _batch(waiting(lane, at)[:BATCH], at)
    except Exception as error:
        _pass_on_interruption(error)
        log.exception("A batch of lane %s failed; taking its events one by one.", lane)
    ids = list(waiting(lane, at).values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        _single(pk, at)
    return len(ids)


def waiting(lane, at):
    """The rows of a lane that may be worked on now, in event order."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    return Pending.objects.filter(due, lane=lane, stuck_at__isnull=True).order_by("event_id")


def _batch(rows, at):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{STATEMENT_SECONDS}s"])
        taken = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("event"))
        for handler, events in _work(taken):
            handler(events=events, at=at)
        Pending.objects.filter(pk__in=[pending.pk for pending in taken]).delete()
    return len(taken)


def _work(taken):
    """Each handler with all its events in event order; handlers in the order of their registration."""
    registered, work = handlers(), {}
    for pending in taken:
        for handler in registered.get(pending.event.type, {}).get(pending.lane, ()):
            work.setdefault(handler, []).append(pending.event)
    return work.items()


def _single(pk, at):
    try:
        _batch(Pending.objects.filter(pk=pk), at)
    except Exception as error:
        _pass_on_interruption(error)
        log.exception("Pending event %s failed.", pk)
        _note_failure(pk, error, at)


def _note_failure(pk, error, at):
    with transaction.atomic():
        pending = Pending.objects.select_for_update().filter(pk=pk).first()
        if pending is None:
            return
        pending.attempts += 1
        pending.last_error = f"{type(error).__name__}: {error}"[:2000]
        pending.next_attempt_at = at + FIRST_WAIT * 2 ** (pending.attempts - 1)
        if pending.attempts >= ATTEMPTS:
            pending.stuck_at = at
        pending.save()


def _pass_on_interruption(error):
    if isinstance(error, SoftTimeLimitExceeded | InterfaceError):
        raise Interrupted from error
    # A statement that ran too long is the event's own trouble; every other loss of the server is not.
    if isinstance(error, OperationalError) and not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
        raise Interrupted from error


def retry(pendings):
    """Give stuck or waiting rows a fresh start; returns how many. For the admin."""
    lanes = sorted(set(pendings.values_list("lane", flat=True)))
    count = pendings.update(attempts=0, stuck_at=None, next_attempt_at=None)
    wake.after_commit(lanes)
    return count
