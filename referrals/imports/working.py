"""The jobs of an import: each step takes a part, in one transaction with the job's cursor. Half done, it goes on."""

import contextlib
import gc
import time
import zlib

import orjson
from django.db import transaction

from advocacy import ids, jobs, twins
from advocacy.models import Lane, Pending
from advocacy.refusals import Refused
from referrals.imports import keeping, taking
from referrals.models import Import, ImportRefusals, ImportState

# Events that may wait, and seconds that a part of an import waits then: it slows down, and never stops.
BEHIND, PAUSE = 20_000, 1.0
_NOTHING = dict.fromkeys((taking.NEW, taking.CHANGED, taking.SAME, taking.REFUSED), 0)


def check(*, job, at):
    """Takes a part and undoes it: what would be new, changed and refused is what the import itself would say."""
    return _step(job, at, of_check=True)


def step(*, job, at):
    """Takes a part; while standings and metrics are far behind it first leaves them a moment, so that news of today do
    not wait for a history of years.
    """
    if is_behind():
        time.sleep(PAUSE)
    return _step(job, at, of_check=False)


def is_behind():
    """Whether more events wait in lane ``people`` than its workers take within seconds."""
    return Pending.objects.filter(lane=Lane.PEOPLE)[BEHIND : BEHIND + 1].exists()


def _step(job, at, *, of_check):
    row = _of(job)
    at = twins.clock(row.storefront, at)
    number, counts, done = job.cursor.get("part", 0), job.cursor.get("counts", _NOTHING), job.done
    records = keeping.part(row, number)
    if records is not None:
        outcome = _taken(row, records, at, undone=of_check)
        counts = {name: counts[name] + outcome.counts[name] for name in counts}
        done += len(records)
        _report(row, number, outcome, of_check)
    result = None
    if done >= row.rows or records is None:
        result = counts
        _end(row, counts, at, of_check)
    return jobs.Progress({"part": number + 1, "counts": counts}, done=done, total=row.rows, result=result)


def _of(job):
    rows = Import.objects.select_related("storefront", "program")
    row = rows.get(public_id=ids.decode("imp", job.parameters["import"]))
    if row.state in (ImportState.DONE, ImportState.DISCARDED):
        raise Refused("import_ended", "This import has ended; send the file again.")
    return row


def _taken(row, records, at, *, undone):
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


def _report(row, number, outcome, of_check):
    if outcome.refused:
        packed = zlib.compress(orjson.dumps(outcome.refused))
        ImportRefusals.objects.create(
            of=row, of_check=of_check, number=number, count=len(outcome.refused), lines=packed
        )


def _end(row, counts, at, of_check):
    if of_check:
        mine = Import.objects.filter(pk=row.pk)
        mine.update(checked=counts)
        mine.filter(state=ImportState.CHECKING).update(state=ImportState.CHECKED)
        return
    Import.objects.filter(pk=row.pk).update(taken=counts, state=ImportState.DONE, ended_at=at)
    # What was read of people is not kept twice.
    row.parts.all().delete()
    row.refusals.filter(of_check=True).delete()
