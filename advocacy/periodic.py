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
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [0x7065, zlib.crc32(job.encode()) & 0x7FFFFFFF])
            mine = cursor.fetchone()[0]
        yield mine
