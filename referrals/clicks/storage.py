"""The table of clicks by months: three made ahead, old ones dropped whole. A click's id carries its time."""

import logging
import re
from datetime import UTC, datetime, timedelta

import psycopg
from django.conf import settings
from django.db import OperationalError, connection

from advocacy import ids
from advocacy.periodic import alone

_AHEAD = 3
# Visits wait behind us while we wait for a lock: rather give up and come back at the next beat.
LOCK_TIMEOUT = "2s"
log = logging.getLogger(__name__)
_NAME = re.compile(r"referrals_click_(\d{4})_(\d{2})").fullmatch


def keep_partitions(*, at):
    """Make this month's partition and three more; clicks that came before theirs existed move in."""
    months = [_month(at)]
    for _ in range(_AHEAD):
        months.append(_next(months[-1]))
    for month in sorted(set(months) - _partitions()):
        if not _briefly(_make, month):
            return


def prune(*, at):
    """Forget the clicks of months that ended before ``CLICK_RETENTION_DAYS``, and the old ones outside any month."""
    oldest = at - timedelta(days=settings.CLICK_RETENTION_DAYS)
    for month in sorted(_partitions()):
        if _next(month) <= oldest and not _briefly(_drop, month):
            return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM referrals_click_rest WHERE id < %s", [ids.floor_of(oldest)])


def _briefly(change, month):
    """Change the table for one month, in a transaction of its own; False where somebody is in the way."""
    try:
        with alone("click storage") as mine, connection.cursor() as cursor:
            if mine:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
                change(cursor, month)
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise
        log.warning("The clicks of %s wait for the next beat: their table is in use.", _name(month))
        return False
    return mine


def _make(cursor, month):
    if month in _partitions():
        return
    name, start, end = _name(month), ids.floor_of(month), ids.floor_of(_next(month))
    cursor.execute(f"CREATE TABLE {name} (LIKE referrals_click INCLUDING ALL)")
    # Nobody may add to the rest while its clicks of this month move, or the month could not be attached.
    cursor.execute("LOCK TABLE referrals_click_rest IN ACCESS EXCLUSIVE MODE")
    cursor.execute(
        f"INSERT INTO {name} SELECT * FROM referrals_click_rest WHERE id >= %s AND id < %s",  # noqa: S608 - a month
        [start, end],
    )
    cursor.execute("DELETE FROM referrals_click_rest WHERE id >= %s AND id < %s", [start, end])
    cursor.execute(f"ALTER TABLE referrals_click ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')")


def _drop(cursor, month):
    cursor.execute(f"DROP TABLE IF EXISTS {_name(month)}")


def _partitions():
    """The months that have a partition, by their first moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'referrals_click'::regclass")
        found = [_NAME(name) for (name,) in cursor.fetchall()]
    return {datetime(int(name[1]), int(name[2]), 1, tzinfo=UTC) for name in found if name}


def _month(at):
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month):
    return _month(month + timedelta(days=32))


def _name(month):
    return f"referrals_click_{month:%Y_%m}"
