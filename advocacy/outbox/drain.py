"""Work on pending events, exactly once.

A batch is one transaction: up to ``BATCH`` rows are locked, every handler gets all its events at once in event order,
the rows are deleted. Effect and mark commit together or not at all, so a killed worker loses and doubles nothing. The
rows of a batch that failed are marked to be taken alone, which the next call remembers.

Two batches of a lane never have the same advocate, whose caps and wallet both would need: advocates fall into
``SHARES``, and a batch has its shares to itself. What it leaves because another batch has that share is taken by who
had it: so whoever took something looks again.
"""

import logging
import time
from datetime import datetime, timedelta
from functools import cache

import orjson
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, models, transaction
from django.db.models import Q

from advocacy import failures
from advocacy.models import Event, Pending, bulk
from advocacy.outbox import wake
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.outbox.record import handlers
from advocacy.refusals import Refused

__all__ = ["BATCH", "Interrupted", "drain", "retry", "waiting"]

log = logging.getLogger(__name__)

BATCH = 500
# A batch chooses among this many of the oldest rows, so that it gets much of few shares.
LOOKS_AT = 4 * BATCH
SHARES = 64
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
        taken = _work_on(lane, at, batch)
    except Exception as error:
        pass_on(error)
        log.exception("A batch of lane %s failed; its events are taken one by one.", lane)
        taken = 0
        Pending.objects.filter(pk__in=batch).update(alone=True)
        if isinstance(error, SoftTimeLimitExceeded):
            raise Interrupted from error
    for pk in _alone(lane, at):
        taken += _single(lane, pk, at)
        if time.monotonic() > until:
            break
    return taken


def waiting(lane, at):
    """The rows of a lane that may be worked on now, in event order."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    return Pending.objects.filter(due, lane=lane, stuck_at__isnull=True).order_by("event_id")


# Plain statements: a lane is drained for every order, and the compiler of querysets takes longer than the database.
_DUE = """
    pending.lane = %s AND pending.stuck_at IS NULL
    AND (pending.next_attempt_at IS NULL OR pending.next_attempt_at <= %s)
"""
_ALONE = f"SELECT id FROM advocacy_pending pending WHERE {_DUE} AND pending.alone ORDER BY event_id LIMIT %s"  # noqa: S608


def _alone(lane, at):
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, (lane, at, BATCH))
        return [pk for (pk,) in cursor.fetchall()]


def _work_on(lane, at, taking, *, only=None):
    """How many rows were worked on, a batch or only this row; ``taking`` gets their ids as soon as they are locked."""
    until = time.monotonic() + SECONDS
    with transaction.atomic():
        taken = _taken(lane, at, only)
        taking += [pk for pk, _ in taken]
        for handler, events in _work(lane, [event for _, event in taken]):
            handler(events=events, at=at)
            if time.monotonic() > until:
                raise TooSlow(f"{handler.__module__}.{handler.__name__} ended after more than {SECONDS} s.")
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM advocacy_pending WHERE id = ANY(%s)", [taking])
    return len(taken)


# What is due of the shares that nobody else has: that of the oldest row first, and much of few. OFFSET 0 has them
# locked in that order, until there are enough.
_CHOSEN = f"""
    SELECT id FROM (
        SELECT id, event_id, share, min(event_id) OVER (PARTITION BY share) AS oldest FROM (
            SELECT pending.id, pending.event_id,
                (COALESCE(event.advocate_id, event.customer_id, 0) %% {SHARES})::int AS share
            FROM advocacy_pending pending JOIN advocacy_event event ON event.id = pending.event_id
            WHERE {_DUE} AND NOT pending.alone ORDER BY pending.event_id LIMIT %s
        ) looked_at ORDER BY oldest, event_id OFFSET 0
    ) sorted WHERE pg_try_advisory_xact_lock(hashtext(%s), share) LIMIT %s
"""  # noqa: S608


def share_of_lane(lane):
    """The name of the locks that a lane's shares are had by."""
    return f"share of {lane}"


def _taken(lane, at, only):
    """``[(id, Event)]``, locked: a batch, or only this row. Every further statement has ``SECONDS``."""
    columns, names, facts, moments = _columns()
    which, values = (
        ("pending.id = %s", [only])
        if only
        else (f"pending.id = ANY(ARRAY({_CHOSEN}))", [lane, at, LOOKS_AT, share_of_lane(lane), BATCH])
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH limits AS MATERIALIZED (SELECT set_config('statement_timeout', %s, true) AS said) "  # noqa: S608
            f"SELECT pending.id, {columns} FROM advocacy_pending pending "
            f"JOIN advocacy_event event ON event.id = pending.event_id "
            f"WHERE (SELECT said FROM limits) IS NOT NULL AND {_DUE} AND {which} "
            "ORDER BY pending.event_id FOR UPDATE OF pending SKIP LOCKED",
            [f"{SECONDS}s", lane, at, *values],
        )
        rows = cursor.fetchall()
    taken = []
    for pk, *values in rows:
        values[facts] = orjson.loads(values[facts])
        for place in moments:
            values[place] = datetime.fromisoformat(values[place])
        taken.append((pk, bulk.kept(Event, names, values)))
    return taken


@cache
def _columns():
    """``(SQL, names, place of the facts, places of moments)`` of an Event; these come as text, which is read faster."""
    fields = Event._meta.concrete_fields
    names = [field.attname for field in fields]
    moments = [place for place, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    columns = [f"event.{field.column}{'::text' if place in moments else ''}" for place, field in enumerate(fields)]
    return ", ".join(columns), names, names.index("facts"), moments


def _work(lane, events):
    """Each handler with all its events in event order; handlers in the order of their registration."""
    registered, work = handlers(), {}
    for event in events:
        lanes = registered.get(event.type, {})
        if lane not in lanes:
            # Recorded by a newer release than this worker's, or by an older one: somebody must look at it.
            raise Refused("nothing_follows", f"Nothing follows {event.type} in lane {lane}.")
        for handler in lanes[lane]:
            work.setdefault(handler, []).append(event)
    return work.items()


def _single(lane, pk, at):
    """Whether the row was taken: somebody else may have it, or may just have tried it."""
    try:
        return _work_on(lane, at, [], only=pk)
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
