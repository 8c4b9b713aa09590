"""Recount the days that were marked, and those whose clicks are not final yet.

A cell is one day of one program. Its count is one transaction: lock the cell, delete its marks, then count, in that
order. A mark is committed after the change that it stands for, so either the count sees the change or the mark
outlives the count.
"""

import logging
import time
from datetime import timedelta

from django.db import connection, transaction

from advocacy import ids
from referrals.models import Day, Mark
from referrals.rollups import questions
from referrals.rollups.marks import mark_history

BATCH = 200
# A click carries the time at which its request came and is committed within the statement's time limit: a cell is
# counted again for so long after its last click; later nothing can come.
CLICKS_SETTLE = timedelta(minutes=5)
# How far back a worker looks for uncounted clicks, should none have run for days.
LOOK_BACK = timedelta(days=40)
log = logging.getLogger(__name__)
# Cells that failed in this process when they were last tried: they are taken last.
_failing = set()

# Cells with clicks since they were counted, or so shortly before that one may have been on its way.
_OPEN_CLICKS = """
    SELECT cell.program_id, cell.day FROM (
        SELECT program.id AS program_id, midnight::date AS day, counted.counted_at - %(settle)s AS settled_to,
            midnight AT TIME ZONE storefront.time_zone AS start,
            (midnight + interval '1 day') AT TIME ZONE storefront.time_zone AS end
        FROM advocacy_program program JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
        CROSS JOIN generate_series(
            date_trunc('day', %(at)s AT TIME ZONE storefront.time_zone) - %(look_back)s,
            %(at)s AT TIME ZONE storefront.time_zone, interval '1 day'
        ) AS midnight
        LEFT JOIN referrals_day counted ON counted.program_id = program.id AND counted.day = midnight::date
    ) cell
    WHERE (settled_to IS NULL OR settled_to < cell.end) AND EXISTS (
        SELECT FROM referrals_click click
        WHERE click.program_id = cell.program_id AND click.counted AND click.id >= %(oldest_id)s
            AND click.at >= greatest(cell.start, settled_to) AND click.at < cell.end
    )
    """


def recount(*, at, seconds=20):
    """Recount what changed, for about so many seconds at most; what is left is taken by the next call.

    Returns how many cells were counted. Safe to run any number of times at once.
    """
    until, done = time.monotonic() + seconds, 0
    for cell, has_clicks in _work(at):
        done += _tried(cell, at=at, has_clicks=has_clicks)
        if time.monotonic() >= until:
            break
    return done


def open_clicks(*, at):
    """The (program id, day) whose clicks are not final."""
    with connection.cursor() as cursor:
        # An id carries its click's time: months that are too old are not looked into. A day more for the zones.
        oldest = ids.floor_of(at - LOOK_BACK - timedelta(days=2))
        cursor.execute(_OPEN_CLICKS, {"at": at, "settle": CLICKS_SETTLE, "look_back": LOOK_BACK, "oldest_id": oldest})
        return cursor.fetchall()


def _work(at):
    """Every cell with something to count, and whether it has clicks that are not final."""
    failed_before, clicked = set(_failing), open_clicks(at=at)
    yield from ((cell, True) for cell in clicked if cell not in failed_before)
    while marked := _marked(besides=_failing):
        yield from ((cell, False) for cell in marked)
    yield from ((cell, cell in clicked) for cell in sorted(failed_before))


def _marked(*, besides):
    """Newest days first: somebody looks at them."""
    marked = Mark.objects.values_list("program_id", "day").distinct().order_by("-day", "program_id")
    return [cell for cell in marked[: BATCH + len(besides)] if cell not in besides]


def _tried(cell, *, at, has_clicks):
    """How many cells were counted, 0 or 1: one that fails keeps its marks and stops none of the others."""
    try:
        counted = _recount_cell(*cell, at=at, has_clicks=has_clicks)
    except Exception:
        _failing.add(cell)
        log.exception("Day %s of program %s could not be counted; the others go on.", cell[1], cell[0])
        return 0
    _failing.discard(cell)
    return counted


@transaction.atomic
def _recount_cell(program_id, day, *, at, has_clicks):
    row = _locked(program_id, day)
    marks, _ = Mark.objects.filter(program_id=program_id, day=day).delete()
    if not marks and not has_clicks:
        return 0  # another worker counted it while we waited for the lock
    if row.counted_at is None and not Day.objects.filter(program_id=program_id).exclude(pk=row.pk).exists():
        mark_history(program_id=program_id)
    cell = questions.borders(program_id=program_id, day=day)
    of_clicks = questions.clicks_are_kept(cell, at=at) and not _clicks_are_final(row, cell)
    counts = questions.count(cell, of_clicks=of_clicks)
    Day.objects.filter(pk=row.pk).update(**counts, counted_at=at)
    return 1


def _locked(program_id, day):
    """The cell's row, locked until the transaction ends; made where there is none."""
    Day.objects.bulk_create([Day(program_id=program_id, day=day)], ignore_conflicts=True)
    return Day.objects.select_for_update().get(program_id=program_id, day=day)


def _clicks_are_final(row, cell):
    """Whether a count saw all clicks that the day can have. They are not read again."""
    return row.counted_at is not None and row.counted_at - CLICKS_SETTLE >= cell["end"]
