"""Count anew who was marked, and add what that changed to the sums: one statement, in one transaction.

A storefront's people are counted by one worker at a time, so the sums move by exactly what its rows do. A mark is
committed after the change that it stands for, and deleted before the count looks: either the count sees the change or
the mark outlives it.
"""

# ruff: noqa: S608 - statements are made of the constants here

import contextlib
import logging
import time

from django.db import connection
from django.db.models import Exists, OuterRef

from advocacy.models import Customer, Storefront
from advocacy.periodic import alone, in_turn
from referrals.buyers import cells, counting
from referrals.models import BuyerMark, CohortMonth, WorthDay

BATCH = 1000
log = logging.getLogger(__name__)
# Storefronts that failed in this process when they were last tried: they are taken last.
_failing = set()

_TAKE = """
    DELETE FROM referrals_buyermark WHERE id IN (
        SELECT id FROM referrals_buyermark WHERE storefront_id = %(storefront)s ORDER BY id LIMIT %(batch)s
    ) RETURNING customer_id
    """
_COLUMNS = ", ".join(counting.COLUMNS)
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in counting.COLUMNS) for row in ("old", "fresh"))
_SET = ", ".join(f"{name} = EXCLUDED.{name}" for name in counting.COLUMNS[1:])
_ADD_DAYS = cells.added(cells.days("moved"), "referrals_worthday", cells.DAY_KEY, cells.DAY_NUMBERS)
_ADD_MONTHS = cells.added(cells.months("moved"), "referrals_cohortmonth", cells.MONTH_KEY, cells.MONTH_NUMBERS)


def _counting(people, theirs, then):
    """The whole recount of ``people``; ``theirs``: which rows may be of one of them, also of who is none any more;
    ``then``: what is done with the rows that ``moved``.
    """
    return f"""
    WITH {counting.fresh(people)}, old AS MATERIALIZED (SELECT * FROM referrals_buyer old WHERE {theirs}),
    changed AS MATERIALIZED (
        SELECT fresh.* FROM fresh LEFT JOIN old USING (customer_id)
        WHERE old.customer_id IS NULL OR ({_OLD}) IS DISTINCT FROM ({_NEW})
    ),
    over AS MATERIALIZED (
        SELECT old.* FROM old LEFT JOIN fresh USING (customer_id)
        WHERE fresh.customer_id IS NULL OR ({_OLD}) IS DISTINCT FROM ({_NEW})
    ),
    gone AS (
        DELETE FROM referrals_buyer
        WHERE customer_id IN (SELECT customer_id FROM over EXCEPT SELECT customer_id FROM changed)
    ),
    stored AS (
        INSERT INTO referrals_buyer ({_COLUMNS}) SELECT {_COLUMNS} FROM changed
        ON CONFLICT (customer_id) DO UPDATE SET {_SET}
    ),
    moved AS MATERIALIZED (
        SELECT -1 AS sign, {_COLUMNS} FROM over UNION ALL SELECT 1, {_COLUMNS} FROM changed
    ){then}
    SELECT count(*) FROM moved
    """


_SUMS_TOO = f", days AS ({_ADD_DAYS}), months AS ({_ADD_MONTHS})"
_COUNT_MARKED = _counting(
    counting.OF_MARKED,
    "customer_id IN (SELECT unnest(%(customers)s::bigint[]) UNION SELECT id FROM someone)",
    then=_SUMS_TOO,
)
_COUNT_RANGE = _counting(counting.OF_RANGE, counting.STORED_OF_RANGE, then=_SUMS_TOO)


def recount(*, at, seconds=20, storefront=None):
    """Count who was marked, for about so many seconds at most; what is left is taken by the next call.

    Returns how many marks were worked on. Safe to run any number of times at once.
    """
    until, done = time.monotonic() + seconds, 0
    for each in _waiting(storefront):
        while (taken := _tried(each)) and time.monotonic() < until:
            done += taken
        done += taken
        if time.monotonic() >= until:
            break
    return done


def _waiting(storefront):
    marked = Storefront.objects.filter(Exists(BuyerMark.objects.filter(storefront=OuterRef("pk"))))
    found = marked.filter(pk=storefront.pk) if storefront else marked
    return sorted(found.order_by("pk"), key=lambda each: each.pk in _failing)


def _tried(storefront):
    """How many marks were worked on; a storefront that fails keeps them and stops none of the others."""
    try:
        taken = _batch(storefront)
    except Exception:
        _failing.add(storefront.pk)
        log.exception("The buyers of storefront %s could not be counted; the others go on.", storefront.pk)
        return 0
    _failing.discard(storefront.pk)
    return taken


def _batch(storefront):
    with alone(_turn(storefront)) as mine, connection.cursor() as cursor:
        if not mine:
            return 0
        cursor.execute(_TAKE, {"storefront": storefront.pk, "batch": BATCH})
        taken = [customer for (customer,) in cursor]
        if taken:
            cursor.execute(_COUNT_MARKED, counting.parameters(storefront) | {"customers": list(set(taken))})
        return len(taken)


def _turn(storefront):
    return f"buyers of {storefront.pk}"


def rebuild(*, storefront, at, told=None):
    """Count everybody of a storefront anew, and then the sums; ``told(done, total)``: customers so far."""
    total, done, after = Customer.objects.filter(storefront=storefront).count() if told else None, 0, 0
    while after is not None:
        after, customers = rebuild_part(storefront=storefront, after=after)
        done += customers
        if told:
            told(done, total)
    sum_anew(storefront=storefront)


def rebuild_part(*, storefront, after=0):
    """Count the next customers anew, those whose keys follow ``after``; returns ``(the last key, how many)``.

    The sums move by what their rows do. The key is None once nobody is left; then ``sum_anew`` is due.
    """
    with _anew(storefront) as cursor:
        for portion, customers in counting.portions(storefront, after=after):
            cursor.execute(_COUNT_RANGE, counting.parameters(storefront) | portion)
            return portion["end"] - 1, customers
    return None, 0


def sum_anew(*, storefront):
    """The sums of a storefront from its buyers, should they have been wrong. Until its end everybody reads the old."""
    with _anew(storefront) as cursor:
        for model, adding in ((WorthDay, _ADD_DAYS), (CohortMonth, _ADD_MONTHS)):
            model.objects.filter(storefront=storefront).delete()
            cursor.execute(f"WITH {cells.EVERYBODY} {adding}", counting.parameters(storefront))


@contextlib.contextmanager
def _anew(storefront):
    """Meanwhile its marks wait."""
    with in_turn(_turn(storefront)), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'")
        yield cursor
