"""The jobs of an import: each step takes a part, in one transaction with the job's cursor. Half done, it goes on."""

import time
from datetime import datetime

from django.db import transaction

from advocacy import ids, jobs, twins
from advocacy.models import Lane, Pending
from advocacy.outbox import wake
from advocacy.refusals import Refused
from referrals.imports import keeping, lanes, outcomes
from referrals.models import Import, ImportState

# Events that may wait, and seconds that a part of an import waits then: it slows down, and never stops.
BEHIND, PAUSE = 20_000, 1.0
_NOTHING = dict.fromkeys((outcomes.NEW, outcomes.CHANGED, outcomes.SAME, outcomes.REFUSED), 0)


def check(*, job, at):
    """Takes a part and undoes it: what would be new, changed and refused is what the import itself would say."""
    row = _of(job)
    at = twins.clock(row.storefront, at)
    number, counts = job.cursor.get("part", 0), job.cursor.get("counts", _NOTHING)
    part = row.parts.filter(number=number).first()
    if part:
        outcome = lanes.taken(row, keeping.opened(part.rows), at, undone=True)
        lanes.report(row, part, outcome, of_check=True)
        counts = _sum(counts, outcome.counts)
    done = sum(counts.values())
    result = counts if part is None or done >= row.rows else None
    if result:
        mine = Import.objects.filter(pk=row.pk)
        mine.update(checked=counts)
        mine.filter(state=ImportState.CHECKING).update(state=ImportState.CHECKED)
    return jobs.Progress({"part": number + 1, "counts": counts}, done=done, total=row.rows, result=result)


def step(*, job, at):
    """Takes a part; while standings and metrics are far behind it first leaves them a moment, so that news of today do
    not wait for a history of years.
    """
    row, counts = _of(job), job.cursor.get("counts", _NOTHING)
    if is_behind():
        time.sleep(PAUSE)
    cursor = job.cursor | _helped(job, row, at)
    took = lanes.take(row=row, lane=0, at=twins.clock(row.storefront, at))
    for more in lanes.counted(row):
        counts = _sum(counts, more)
    result = None
    if not row.parts.exists():
        result = counts
        _end(row, counts, twins.clock(row.storefront, at))
    elif not took:
        lanes.wait()
    done = sum(counts.values())
    return jobs.Progress(cursor | {"counts": counts}, done=done, total=row.rows, result=result)


def is_behind():
    """Whether more events wait in lane ``people`` than its workers take within seconds."""
    return Pending.objects.filter(lane=Lane.PEOPLE)[BEHIND : BEHIND + 1].exists()


def _of(job):
    rows = Import.objects.select_related("storefront", "program")
    row = rows.get(public_id=ids.decode("imp", job.parameters["import"]))
    if row.state in (ImportState.DONE, ImportState.DISCARDED):
        raise Refused("import_ended", "This import has ended; send the file again.")
    return row


def _sum(counts, more):
    return {name: counts[name] + more[name] for name in counts}


def _helped(job, row, at):
    """Ask another worker to take parts beside this one, where it is time to and there are lanes for two."""
    last = job.cursor.get("helped_at")
    if last and datetime.fromisoformat(last) > at - lanes.HELP:
        return {}
    if lanes.are_two(row):
        from referrals.imports.tasks import beside  # noqa: PLC0415 (the tasks start from the verbs)

        transaction.on_commit(lambda: wake.send(beside, [row.pk], queue="bulk"))
    return {"helped_at": at.isoformat()}


def _end(row, counts, at):
    Import.objects.filter(pk=row.pk).update(taken=counts, state=ImportState.DONE, ended_at=at)
    row.refusals.filter(of_check=True).delete()
