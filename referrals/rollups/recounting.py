"""Recount what was marked of days, and the clicks and shares that are not final yet.

A cell is one day of one program. Many are counted in one transaction: lock the cells, delete their marks, then count,
in that order. A mark is committed after the change that it stands for, so either the count sees the change or the mark
outlives the count. Cells that another worker is counting are passed over, so that any number of workers share the work.
"""

# ruff: noqa: S608 - statements are made of the constants here

import logging
import time
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from advocacy import ids
from referrals.models import Day, Question
from referrals.rollups import clicking, converting, counting, questions
from referrals.rollups.asking import together
from referrals.rollups.marks import mark_history

# How many cells are counted at once; of clicks, of which a day has many, fewer.
AT_ONCE = 50
CLICKS_AT_ONCE = 10
# A click carries the time at which its request came and is committed within the statement's time limit: a cell is
# counted again for so long after its last click; later nothing can come.
CLICKS_SETTLE = timedelta(minutes=5)
# How far back a worker looks for uncounted clicks, should none have run for days.
LOOK_BACK = timedelta(days=40)
log = logging.getLogger(__name__)
# Cells that failed in this process when they were last tried: they are taken last.
_failing = set()

# Cells with clicks or shares since these were counted, or so shortly before that one may have been on its way.
_OPEN_CLICKS = """
    SELECT cell.program_id, cell.day FROM (
        SELECT program.id AS program_id, program.storefront_id, midnight::date AS day,
            counted.clicks_at - %(settle)s AS settled_to,
            midnight AT TIME ZONE storefront.time_zone AS start,
            (midnight + interval '1 day') AT TIME ZONE storefront.time_zone AS end
        FROM advocacy_program program JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
        CROSS JOIN generate_series(
            date_trunc('day', %(at)s AT TIME ZONE storefront.time_zone) - %(look_back)s,
            %(at)s AT TIME ZONE storefront.time_zone, interval '1 day'
        ) AS midnight
        LEFT JOIN referrals_day counted ON counted.program_id = program.id AND counted.day = midnight::date
    ) cell
    WHERE (settled_to IS NULL OR settled_to < cell.end) AND (
        EXISTS (
            SELECT FROM referrals_click click
            WHERE click.program_id = cell.program_id AND click.counted AND click.id >= %(oldest_id)s
                AND click.at >= greatest(cell.start, settled_to) AND click.at < cell.end
        ) OR EXISTS (
            SELECT FROM referrals_share share JOIN referrals_link link ON link.id = share.link_id
            WHERE share.storefront_id = cell.storefront_id AND link.program_id = cell.program_id
                AND share.at >= greatest(cell.start, settled_to) AND share.at < cell.end
        )
    )
    """


def recount(*, at, seconds=20):
    """Recount what changed, for about so many seconds at most; what is left is taken by the next call.

    Returns how many cells were counted. Safe to run any number of times at once: each takes other cells.
    """
    until, done = time.monotonic() + seconds, 0
    for cells, clicked in _work(at):
        done += _tried(cells, at=at, clicked=clicked)
        if time.monotonic() >= until:
            break
    return done


def recount_part(*, storefront, at):
    """Recount the oldest marked days of a storefront that nobody is counting, as many as are counted at once.

    Returns how many that were.
    """
    cells = _free(storefront=storefront)
    return _recounted(cells, at=at, clicked=set()) if cells else 0


def open_clicks(*, at):
    """The (program id, day) whose clicks and shares are not final."""
    with connection.cursor() as cursor:
        # An id carries its click's time: months that are too old are not looked into. A day more for the zones.
        oldest = ids.floor_of(at - LOOK_BACK - timedelta(days=2))
        cursor.execute(_OPEN_CLICKS, {"at": at, "settle": CLICKS_SETTLE, "look_back": LOOK_BACK, "oldest_id": oldest})
        return cursor.fetchall()


def _work(at):
    """Cells with something to count, some at a time, and those that have clicks which are not final."""
    failed_before, clicked = set(_failing), set(open_clicks(at=at))
    for cells in _parts(sorted(clicked - failed_before), CLICKS_AT_ONCE):
        yield cells, clicked
    while marked := _free(besides=_failing):
        yield marked, set()
    for cell in sorted(failed_before):
        yield [cell], clicked


def _parts(cells, size):
    return [cells[first : first + size] for first in range(0, len(cells), size)]


_MARKED = """
    SELECT DISTINCT program_id, day FROM referrals_mark
    WHERE %(storefront)s::bigint IS NULL
        OR program_id IN (SELECT id FROM advocacy_program WHERE storefront_id = %(storefront)s)
    """
_NEW = f"""
    INSERT INTO referrals_day (program_id, day)
    SELECT program_id, day FROM ({_MARKED}) marked LEFT JOIN referrals_day own USING (program_id, day)
    WHERE own.id IS NULL ON CONFLICT DO NOTHING
    """
_FREE = f"""
    SELECT program_id, day FROM ({_MARKED}) marked JOIN referrals_day own USING (program_id, day)
    ORDER BY CASE WHEN %(storefront)s::bigint IS NULL THEN day END DESC, day, program_id
    LIMIT %(most)s FOR UPDATE OF own SKIP LOCKED
    """


def _free(*, storefront=None, besides=()):
    """Marked cells that nobody is counting: of a storefront the oldest, of all the newest, which somebody looks at."""
    named = {"storefront": storefront and storefront.pk, "most": AT_ONCE + len(besides)}
    with connection.cursor() as cursor:
        cursor.execute(_NEW, named)
        cursor.execute(_FREE, named)
        return [cell for cell in cursor.fetchall() if cell not in besides][:AT_ONCE]


def _tried(cells, *, at, clicked):
    """How many cells were counted: one that fails is found by taking each alone, keeps its marks and stops no other."""
    try:
        counted = _recounted(cells, at=at, clicked=clicked)
    except Exception:
        if len(cells) > 1:
            return sum(_tried([cell], at=at, clicked=clicked) for cell in cells)
        _failing.update(cells)
        log.exception("Day %s of program %s could not be counted; the others go on.", cells[0][1], cells[0][0])
        return 0
    _failing.difference_update(cells)
    return counted


# The planner takes a day, whose borders it does not know, for a ninth of all rows: it would read whole tables for it. A
# large shop's days take their time and are sorted out in memory.
_PLANS = """
    SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'
    """


@transaction.atomic
def _recounted(cells, *, at, clicked):
    with connection.cursor() as cursor:
        cursor.execute(_PLANS)
    rows = _locked(cells)
    asked, changed = _asked(rows)
    # Of the others somebody took the marks before us.
    due = [cell for cell in rows if cell in asked or cell in changed or cell in clicked]
    for program_id in sorted({cell[0] for cell in due}):
        _begin(program_id, rows)
    count(_questions(due, asked, clicked, rows, at))
    old = [cell for cell in due if Question.ALL in asked.get(cell, ()) and rows[cell].clicks_at is None]
    if gone := without_clicks(old, at=at):
        clicking.write(gone, clicks=False)
    whole = {Question.ALL.value, Question.CONVERSIONS.value}
    if moving := {cell: changed[cell] for cell in due if cell in changed and not asked.get(cell, set()) & whole}:
        converting.move(list(moving), set().union(*moving.values()))
    Day.objects.filter(pk__in=[rows[cell].pk for cell in due]).update(counted_at=at)
    return len(due)


def count(cells_of):
    """Count anew what is asked: ``{question: cells}``."""
    for question, cells in cells_of.items():
        if question is questions.OF_CLICKS:
            clicking.write(cells)
            continue
        if "revenue_minor" in question.columns:
            converting.keep(cells)
        counting.write(question, cells)


def _locked(cells):
    """The rows of those cells that nobody is counting, by cell; locked until the transaction ends."""
    missing = [Day(program_id=program_id, day=day) for program_id, day in sorted(cells)]
    Day.objects.bulk_create(missing, ignore_conflicts=True)
    chosen = Q(*[Q(program=program_id, day=day) for program_id, day in cells], _connector=Q.OR)
    rows = Day.objects.select_for_update(skip_locked=True).filter(chosen).order_by("program_id", "day")
    return {(row.program_id, row.day): row for row in rows}


def _asked(cells):
    """``{cell: questions}`` and ``{cell: conversions that changed}`` of the cells' marks, which are deleted."""
    asked, changed = defaultdict(set), defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM referrals_mark USING unnest(%s::bigint[], %s::date[]) AS cell (program_id, day) "
            "WHERE referrals_mark.program_id = cell.program_id AND referrals_mark.day = cell.day "
            "RETURNING referrals_mark.program_id, referrals_mark.day, question, conversion_id",
            [[cell[0] for cell in cells], [cell[1] for cell in cells]],
        )
        for program_id, day, question, conversion in cursor:
            if conversion is None:
                asked[program_id, day].add(question)
            else:
                changed[program_id, day].add(conversion)
    return asked, changed


def _begin(program_id, rows):
    """With the first days that are counted of it a program gets those from before it was made."""
    own = [row for row in rows.values() if row.program_id == program_id]
    if any(row.counted_at for row in own):
        return
    if not Day.objects.filter(program_id=program_id, counted_at__isnull=False).exists():
        mark_history(program_id=program_id)


def _questions(due, asked, clicked, rows, at):
    """What is asked of the same days is asked together."""
    alike = defaultdict(list)
    for cell in due:
        wanted = asked.get(cell, set())
        alike[tuple(name for name in questions.QUESTIONS if wanted & {name.value, Question.ALL.value})].append(cell)
    found = {
        together([each for name in names for each in questions.QUESTIONS[name]]): cells
        for names, cells in alike.items()
        if names
    }
    every = [cell for cell in due if cell in clicked or Question.ALL in asked.get(cell, ())]
    if every and (kept := _with_clicks(every, rows, at)):
        found[questions.OF_CLICKS] = kept
        Day.objects.filter(pk__in=[rows[cell].pk for cell in kept]).update(clicks_at=at)
    return found


def _with_clicks(cells, rows, at):
    """Those whose clicks are all still there and not final: they are not read again once a count saw all of them, but
    for a rebuild.
    """
    gone = set(without_clicks(cells, at=at))
    return [
        cell
        for cell, (_, end) in counting.borders(cells).items()
        if cell not in gone
        and (
            rows[cell].counted_at is None or rows[cell].clicks_at is None or rows[cell].clicks_at - CLICKS_SETTLE < end
        )
    ]


def without_clicks(cells, *, at):
    """Those of whose clicks some may be deleted by now; of their shares none is."""
    kept_since = at - timedelta(days=settings.CLICK_RETENTION_DAYS)
    found = counting.borders(cells).items() if cells else ()
    return [cell for cell, (start, _) in found if start - timedelta(days=1) <= kept_since]
