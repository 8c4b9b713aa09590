"""Ask the questions: to keep the answers, to compare what is kept, or only to read."""

# ruff: noqa: S608 - statements are made of the questions' constants

import json

from django.db import connection

from referrals.rollups.asking import listed
from referrals.rollups.cells import CELL, asked

_CUTS = "('channel', 'link', 'advocate', 'segment')"


def write(question, cells):
    """Count these (program id, day) anew, whose rows of Day are there and locked: only what differs is written."""
    run(f"{question.found}, {written(question)}", cells)


def read(question, cells, *, zone=None):
    """Rows of ``[program_id, first day, last day, cut, key, column …]`` of these (program id, first day, last day)."""
    statement = f"{question.found} SELECT program_id, day, cut, key, {', '.join(question.columns)} FROM found"
    found = []
    for together in _apart(cells):
        until = {cell[:2]: cell[2] for cell in together}
        rows = run(statement, together, zone=zone)
        found += [(program_id, day, until[program_id, day], *told) for program_id, day, *told in rows]
    return found


def _apart(cells):
    """The cells in parts in which no two begin alike: by that a statement tells them apart."""
    parts = []
    for cell in cells:
        part = next((part for part in parts if cell[:2] not in part), None)
        if part is None:
            parts.append(part := {})
        part[cell[:2]] = cell
    return [list(part.values()) for part in parts]


def differing(question, cells, *, kept=None, clicks=True):
    """``(program_id, day, cut, key, [kept …], [found …])`` wherever what is kept of these cells differs.

    ``kept``: the statement of what is kept, where it is not in the columns of the question.
    """
    one, two = (listed(f"coalesce({table}.{{name}}, '{{empty}}')", question.columns) for table in ("kept", "found"))
    statement = f"""
        {question.found}, kept AS MATERIALIZED ({kept or there(question)})
        SELECT program_id, day, cut, key, jsonb_build_array({one}), jsonb_build_array({two})
        FROM kept FULL JOIN found USING (program_id, day, cut, key)
        WHERE ({one}) IS DISTINCT FROM ({two}) ORDER BY program_id, day, cut, key
        """
    # A cursor of Django's gives JSON as text.
    rows = run(statement, cells, clicks=clicks)
    return [(*cell, json.loads(before), json.loads(counted)) for *cell, before, counted in rows]


def borders(cells, *, zone=None):
    """``{(program id, day): (first moment, first moment after it)}``."""
    rows = run(f'WITH {CELL} SELECT program_id, day, cell.start, cell."end" FROM cell', cells, zone=zone)
    return {(program_id, day): (start, end) for program_id, day, start, end in rows}


def written(question, *, cuts=_CUTS):
    """What follows ``found``: days and parts that it tells otherwise than they are kept become what it tells.

    Joined fully, since the planner, which expects a row or two of each, would otherwise compare every one with every
    other. A part that is no more becomes nothing.
    """
    news = listed("coalesce(found.{name}, '{empty}') AS {name}", question.columns)
    differs = listed("kept.{name} IS DISTINCT FROM coalesce(found.{name}, '{empty}')", question.columns, between=" OR ")
    parts, sets = ", ".join(question.parted), listed("{name} = EXCLUDED.{name}", question.parted)
    days = f"""
        kept AS MATERIALIZED ({there(question, cuts=cuts)}), news AS MATERIALIZED (
            SELECT program_id, day, cut, key, {news}
            FROM found FULL JOIN kept USING (program_id, day, cut, key) WHERE {differs}
        ), whole AS (
            UPDATE referrals_day own SET {listed("{name} = news.{name}", question.columns)}
            FROM news WHERE own.program_id = news.program_id AND own.day = news.day AND news.cut = ''
        )
        """
    if not question.parted:
        return f"{days} SELECT count(*) FROM news"
    return f"""
        {days}
        INSERT INTO referrals_daycut (program_id, day, cut, key, {parts})
        SELECT program_id, day, cut, key, {parts} FROM news WHERE cut <> ''
        ON CONFLICT (program_id, cut, day, key) DO UPDATE SET {sets}
        """


def there(question, *, cuts=_CUTS):
    """The rows that are there of the cells: of a part there are no numbers but of days only, so they are nothing."""
    names = ", ".join(question.columns)
    of_parts = ", ".join(f"own.{name}" if name in question.parted else "0" for name in question.columns)
    whole = f"""
        SELECT own.program_id, own.day, '' AS cut, '' AS key, {names} FROM cell
        JOIN referrals_day own ON own.program_id = cell.program_id AND own.day BETWEEN cell.day AND cell.until
        """
    if not question.parted:
        return whole
    return f"""
        {whole} UNION ALL
        SELECT own.program_id, own.day, own.cut, own.key, {of_parts} FROM cell
        JOIN referrals_daycut own ON own.program_id = cell.program_id AND own.cut IN {cuts}
            AND own.day BETWEEN cell.day AND cell.until
        """


def run(statement, cells, *, zone=None, **more):
    with connection.cursor() as cursor:
        cursor.execute(statement, asked(cells, zone=zone) | more)
        return cursor.fetchall() if cursor.description else []
