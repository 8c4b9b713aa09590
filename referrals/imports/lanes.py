"""Take the parts of an import, those of two lanes side by side: its job takes them, and another worker beside it.

The parts say themselves what is left to do: whoever takes one holds its row until its orders are committed, and leaves
what became of them for the job to count. Without a worker to spare the job takes all of them.
"""

import contextlib
import gc
import logging
import time
import zlib
from datetime import timedelta

import orjson
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from advocacy import twins
from advocacy.jobs.working import SECONDS
from advocacy.models.job import ACTIVE
from advocacy.outbox.interruptions import Interrupted, pass_on
from referrals.imports import keeping, taking
from referrals.models import Import, ImportPart, ImportRefusals, ImportState

log = logging.getLogger(__name__)
# Between two looks while the other one takes the part that must be taken first.
_PAUSE = 0.02
_REPEATS = 5
# So long another worker helps; then the job asks again, as its message may have been lost, and others had their turn.
HELP = timedelta(seconds=5)

# The first part of each lane of the first block; nobody passes over one that is being taken. Rows only ever go, so what
# was first when the statement began is first, or gone.
_NEXT = """
    SELECT id FROM referrals_importpart WHERE taken IS NULL AND id IN (
        SELECT DISTINCT ON (lane) id FROM referrals_importpart
        WHERE of_id = %(of)s AND taken IS NULL AND block = (
            SELECT min(block) FROM referrals_importpart WHERE of_id = %(of)s AND taken IS NULL
        )
        ORDER BY lane, number
    ) ORDER BY lane <> %(lane)s LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def take(*, row, lane, at):
    """Take the next part, of this lane if one waits there. Answers whether there was one to take now."""
    part = _next(row, lane)
    if part is None:
        return False
    with connection.cursor() as cursor:
        # Should the database's machine lose power, the last parts are lost whole, and are taken again.
        cursor.execute("SET LOCAL synchronous_commit = off")
    outcome = taken(row, keeping.opened(part.rows), at)
    report(row, part, outcome, of_check=False)
    ImportPart.objects.filter(pk=part.pk).update(taken=outcome.counts, rows=b"")
    return True


def _next(row, lane):
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"of": row.pk, "lane": lane})
        found = cursor.fetchone()
    return found and ImportPart.objects.get(pk=found[0])


def counted(row):
    """What became of the parts that were taken and not counted yet, a dictionary each; they are dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM referrals_importpart WHERE of_id = %s AND taken IS NOT NULL RETURNING taken", [row.pk]
        )
        return [orjson.loads(counts) for (counts,) in cursor.fetchall()]


def wait():
    """For the other one."""
    time.sleep(_PAUSE)


def are_two(row):
    return row.parts.filter(lane__gt=0, taken__isnull=True).exists()


def taken(row, records, at, *, undone=False):
    """The Outcome of these records, in one transaction."""
    with _uncollected(), transaction.atomic():
        outcome = taking.take(row=row, records=records, at=at)
        if undone:
            transaction.set_rollback(True)
    return outcome


@contextlib.contextmanager
def _uncollected():
    """Without Python's search for circles: it finds none here, and took a fifth of the time of a part."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def report(row, part, outcome, *, of_check):
    if outcome.refused:
        packed = zlib.compress(orjson.dumps(outcome.refused))
        ImportRefusals.objects.create(
            of=row,
            of_check=of_check,
            number=part.number,
            block=part.block,
            count=len(outcome.refused),
            lines=packed,
        )


def help(*, pk, lasting=HELP):
    """Take parts beside the job of the import, as long as it goes on and there is time.

    A part that fails is left to the job, which fails by it and says why.
    """
    until, interruptions = time.monotonic() + lasting.total_seconds(), 0
    while time.monotonic() < until and interruptions <= _REPEATS:
        try:
            with transaction.atomic():
                took = _taken_beside(pk)
        except Exception as error:
            if not _is_interruption(error):
                log.exception("A part of import %s failed; its job will take it.", pk)
                return
            interruptions += 1
            close_old_connections()
            took = False
        if took is None:
            return
        if not took:
            wait()


def _taken_beside(pk):
    """Whether a part could be taken; None where nothing is left to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])
    goes_on = Import.objects.filter(pk=pk, state=ImportState.RUNNING, job__state__in=ACTIVE)
    if not goes_on.exists() or not ImportPart.objects.filter(of=pk, taken__isnull=True).exists():
        return None
    # Whoever discards the import waits until the part is taken.
    held = goes_on.select_for_update(no_key=True, skip_locked=True, of=["self"])
    row = held.select_related("storefront", "program").first()
    return row is not None and take(row=row, lane=1, at=twins.clock(row.storefront, timezone.now()))


def _is_interruption(error):
    try:
        pass_on(error)
    except Interrupted:
        return True
    return False
