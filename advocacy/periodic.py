"""Periodic jobs: one runs at a time, however many beats and workers there are."""

import zlib
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def alone(job):
    """A transaction that yields True for the one who may do the job now, False for everybody else.

    The lock is PostgreSQL's and ends with the transaction, also when the process dies.
    """
    with transaction.atomic():
        yield _asked("pg_try_advisory_xact_lock", job)


@contextmanager
def in_turn(job):
    """The same transaction for whoever waits until the others are done."""
    with transaction.atomic():
        _asked("pg_advisory_xact_lock", job)
        yield


def _asked(function, job):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [0x7065, zlib.crc32(job.encode()) & 0x7FFFFFFF])
        return cursor.fetchone()[0]
