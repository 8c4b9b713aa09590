"""Ask the questions: to keep the answers, to compare what is kept, or only to read."""

# ruff: noqa: S608 - statements are made of the questions' constants

import json

from django.db import connection

from referrals.rollups.cells import CELL, asked

_CUTS = "('channel', 'link', 'advocate', 'segment')"


def write(question, cells):
    """Count these (program id, day) anew, whose rows of Day are there and locked: only what differs is written."""
    _run(_statement(question), cells)


def read(question, cells, *, zone=None):
    """Rows of ``[program_id, first day, last day, cut, key, column …]`` of these (program id, first day, last day)."""
    statement = f"{question.found} SELECT program_id, day, cut, key, {', '.join(question.columns)} FROM found"
    found = []
    for together in _apart(cells):
        until = {cell[:2]: cell[2] for cell in together}
        rows = _run(statement, together, zone=zone)
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


def differing(question, cells):
    """``(program_id, day, cut, key, [stored …], [found …])`` wherever what is kept of these cells differs."""
    columns = question.listed("{name}")
    stored = f"""
        SELECT own.program_id, own.day, '' AS cut, '' AS key, {columns}
        FROM referrals_day own JOIN cell ON cell.program_id = own.program_id AND cell.day = own.day
        """
    if question.cuts:
        stored += f"""
            UNION ALL SELECT own.program_id, own.day, own.cut, own.key, {columns} FROM referrals_daycut own
            JOIN cell ON cell.program_id = own.program_id AND cell.day = own.day AND own.cut IN {_CUTS}
            """
    one, two = (question.listed(f"coalesce({table}.{{name}}, '{{empty}}')") for table in ("stored", "found"))
    statement = f"""
        {question.found}, stored AS (SELECT * FROM ({stored}) every WHERE {question.something})
        SELECT program_id, day, cut, key, jsonb_build_array({one}), jsonb_build_array({two})
        FROM stored FULL JOIN found USING (program_id, day, cut, key)
        WHERE ({one}) IS DISTINCT FROM ({two}) ORDER BY program_id, day, cut, key
        """
    # A cursor of Django's gives JSON as text.
    return [(*cell, json.loads(kept), json.loads(counted)) for *cell, kept, counted in _run(statement, cells)]


def borders(cells, *, zone=None):
    """``{(program id, day): (first moment, first moment after it)}``."""
    rows = _run(f'WITH {CELL} SELECT program_id, day, cell.start, cell."end" FROM cell', cells, zone=zone)
    return {(program_id, day): (start, end) for program_id, day, start, end in rows}


def _statement(question):
    """One statement, so that all is counted once. Of parts what is no more becomes nothing; the others are inserted, or
    updated where they differ.
    """
    if not question.cuts:
        return f"{question.found} {_of_days(question)}"
    names, kept = question.listed("{name}"), question.listed("own.{name}")
    return f"""
        {question.found}, whole AS ({_of_days(question)}), gone AS (
            UPDATE referrals_daycut own SET {question.listed("{name} = '{empty}'")}
            FROM cell
            WHERE own.program_id = cell.program_id AND own.day = cell.day AND own.cut IN {_CUTS}
                AND ({question.listed("own.{name} <> '{empty}'", between=" OR ")})
                -- Hashed, however few rows are expected.
                AND (own.program_id, own.day, own.cut, own.key) NOT IN (SELECT program_id, day, cut, key FROM found)
        )
        INSERT INTO referrals_daycut AS own (program_id, day, cut, key, {names})
        SELECT program_id, day, cut, key, {names} FROM found WHERE cut <> ''
        ON CONFLICT (program_id, cut, day, key) DO UPDATE SET {question.listed("{name} = EXCLUDED.{name}")}
        WHERE ({kept}) IS DISTINCT FROM ({question.listed("EXCLUDED.{name}")})
        """


def _of_days(question):
    return f"""
        UPDATE referrals_day own SET {question.listed("{name} = coalesce(found.{name}, '{empty}')")}
        FROM cell LEFT JOIN found ON found.program_id = cell.program_id AND found.day = cell.day AND found.cut = ''
        WHERE own.program_id = cell.program_id AND own.day = cell.day
        """


def _run(statement, cells, *, zone=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, asked(cells, zone=zone))
        return cursor.fetchall() if cursor.description else []
