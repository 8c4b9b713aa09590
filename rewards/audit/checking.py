"""Ask one question of the whole database and say each row of its answer in a sentence."""

from typing import NamedTuple

from django.db import connection, transaction

_AT_ONCE = 500


class Check(NamedTuple):
    """``statement`` selects what differs; its columns fill the ``sentence``."""

    name: str
    statement: str
    sentence: str


def found(check):
    """Yield the sentences of what differs."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A recount may take longer than any page, and sorts and joins whole tables.
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        with connection.chunked_cursor() as cursor:
            cursor.execute(check.statement)
            names = None
            while rows := cursor.fetchmany(_AT_ONCE):
                names = names or [column.name for column in cursor.description]
                for row in rows:
                    yield check.sentence.format(**dict(zip(names, row, strict=True)))


def listed(values):
    """``'a', 'b'``: our own words for a statement; ``NULL`` where there are none."""
    return ", ".join(f"'{value}'" for value in values) or "NULL"
