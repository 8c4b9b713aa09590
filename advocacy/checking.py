"""Ask one question of the whole database and say each row of its answer in a sentence."""

from typing import NamedTuple

from django.db import connection, transaction

_AT_ONCE = 500
# A recount may take longer than any page, and sorts and joins whole tables. Few rows leave it, whatever is estimated.
_SETTINGS = """
    SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL parallel_tuple_cost = 0
"""


class Check(NamedTuple):
    """``statement`` selects what differs; its columns fill the ``sentence``, a text or a function of them by name.

    A function that answers None finds nothing wrong with its row: for what the database cannot compare (secrets).
    ``page``: a function of some hundred rows, as dictionaries, that reads at once what the sentences of all of them
    need; the sentence gets its answer as ``read``.
    """

    name: str
    statement: str
    sentence: object
    page: object = None


def found(check):
    """Yield the sentences of what differs.

    The answer waits in a table of the session, not here. It is made as a whole because the statement of a cursor would
    be worked out by one process of the server alone.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(f"CREATE TEMPORARY TABLE apart AS {check.statement}")
        yield from _said(check, "SELECT * FROM pg_temp.apart")
        cursor.execute("DROP TABLE pg_temp.apart")


def streamed(check):
    """The same by a cursor on the statement itself, for a transaction that may not write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
        yield from _said(check, check.statement)


def _said(check, statement):
    say = check.sentence if callable(check.sentence) else check.sentence.format
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        names = None
        while rows := cursor.fetchmany(_AT_ONCE):
            names = names or [column.name for column in cursor.description]
            told = [dict(zip(names, row, strict=True)) for row in rows]
            more = {"read": check.page(told)} if check.page else {}
            for row in told:
                if sentence := say(**row, **more):
                    yield sentence


def listed(values):
    """``'a', 'b'``: our own words for a statement; ``NULL`` where there are none."""
    return ", ".join(f"'{value}'" for value in values) or "NULL"
