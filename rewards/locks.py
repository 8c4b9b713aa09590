"""The one order of locks: redemptions, then subjects, counters, coupons and their pools, accounts, each by id.

Before all of them, who decides says so, for an approval that waits for all who do.

Spending locks the subjects of the lots, which are the locks of the rewards; a redemption's own row comes before them,
and so does a payout's batch (or the storefront, for the batch that is being made).

What is derived (a milestone's step, a period's top-up) is known only when the counters are: its subjects are taken
after them and not waited for, then the counters of its own caps, which nothing else uses.

Two settlements that share rows meet at the first they share, so none waits for a row while holding one that the other
needs: no deadlock. Whoever needs another row locked adds its place here.

Rows that are missing are made first, in the order of their keys: inserting locks too. Plain statements, because a batch
needs thousands of rows and the compiler of querysets would take longer than the database.
"""

from django.db import OperationalError, connection

from advocacy.models import bulk
from advocacy.refusals import Conflict
from rewards.models import Account, Reward, Subject

_SUBJECT_COLUMNS = {
    "storefront_id": "bigint",
    "program_id": "bigint",
    "trigger": "text",
    "kind": "text",
    "public_id": "uuid",
    "advocate_id": "bigint",
    "friend_id": "bigint",
    "customer_id": "bigint",
    "occurred_at": "timestamptz",
}

_ASKED = "unnest(%s::bigint[], %s::text[], %s::uuid[], %s::text[]) AS asked (rule_id, cap, key, period)"
_MAKE_COUNTERS = f"""
    INSERT INTO rewards_counter (rule_id, cap, key, period, used)
    SELECT *, 0 FROM {_ASKED} ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING
    RETURNING id, used, rule_id, cap, key, period
"""  # noqa: S608 - our own names
_LOCK_COUNTERS = f"""
    SELECT counter.id, counter.used, rule_id, cap, key, period
    FROM {_ASKED} JOIN rewards_counter counter USING (rule_id, cap, key, period)
    ORDER BY counter.id FOR UPDATE OF counter
"""  # noqa: S608
_FIND_SUBJECTS = "SELECT {columns} FROM rewards_subject WHERE public_id = ANY(%s) ORDER BY id FOR UPDATE"
_FIND_ACCOUNTS = """
    WITH theirs AS (
        SELECT {columns} FROM rewards_account WHERE storefront_id = ANY(%s) AND customer_id = ANY(%s)
        ORDER BY id FOR UPDATE
    )
    SELECT {columns} FROM theirs
    UNION ALL SELECT {columns} FROM rewards_account WHERE storefront_id = ANY(%s) AND customer_id IS NULL
"""


# So long an approval waits for who decides; whoever comes meanwhile waits behind it.
_PATIENCE = "10s"


def deciding(*, storefronts):
    """Before the Book is read that is decided by, and who is one person: until the caller's transaction is over no
    correction is approved, and nobody is merged or parted (``advocacy.persons.together``).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('decides ' || id, 0)), "
            "pg_advisory_xact_lock_shared(hashtextextended('merges ' || id, 0)) "
            "FROM unnest(%s::bigint[]) AS shop (id)",
            [sorted(storefronts)],
        )


def nobody_decides(*, storefront):
    """Wait until nobody decides by a Book that was read earlier; raises ``Conflict`` where that takes too long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('decides ' || %s, 0))", [storefront])
        except OperationalError as error:
            raise Conflict(
                "rewards_being_decided", "Many rewards are being decided just now; try again in a minute."
            ) from error


def subjects(*, rows):
    """Make the subjects that are missing, lock them all; ``{(program, trigger, public id): Subject}``."""
    rows = sorted(rows, key=lambda row: (row.program_id, row.trigger, row.public_id))
    new = {"defaults": "settled_version, decisions_made, waits_for", "values": "0, 0, ''"}
    locked = _insert(Subject, _SUBJECT_COLUMNS, rows, **new)
    # What was just made is locked by that.
    if len(locked) < len(rows):
        locked = _rows(Subject, _FIND_SUBJECTS, [[row.public_id for row in rows]])
    found = {(row.program_id, row.trigger, row.public_id): row for row in locked}
    return {key: found[key] for key in ((row.program_id, row.trigger, row.public_id) for row in rows)}


def derived(*, public_ids):
    """Lock those of these subjects that exist, by public id. Waits for nobody: an OperationalError where one is busy,
    which the outbox takes as an interruption and repeats.
    """
    rows = Subject.objects.filter(public_id__in=public_ids).order_by("pk")
    return list(rows.select_related("program", "advocate").select_for_update(nowait=True, of=("self",)))


def subjects_by_id(*, ids, wait=False):
    """Lock those of these subjects that nobody else works on just now, in order; with ``wait`` all of them."""
    return list(Subject.objects.filter(pk__in=ids).order_by("pk").select_for_update(skip_locked=not wait))


def lots(*, rewards):
    """Lock the subjects of these rewards (a queryset), waiting for whoever works on them; the rewards as a queryset.

    It is read after the locks were had, so it says what the rewards hold now.
    """
    found = dict(rewards.values_list("pk", "subject_id"))
    list(Subject.objects.filter(pk__in=set(found.values())).order_by("pk").select_for_update().only("pk"))
    return Reward.objects.filter(pk__in=found).select_related("rule", "rule_version", "subject", "advocate")


def counters(*, keys):
    """Make the counters that are missing, lock them all; ``{(rule, cap, key, period): (id, used)}``."""
    if not keys:
        return {}
    columns = [list(column) for column in zip(*sorted(keys), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_COUNTERS, columns)
        rows = cursor.fetchall()
        # What was just made is locked by that.
        if len(rows) < len(keys):
            cursor.execute(_LOCK_COUNTERS, columns)
            rows = cursor.fetchall()
    return {(rule, cap, key, period): (pk, used) for pk, used, rule, cap, key, period in rows}


def accounts(*, rows):
    """Make the accounts that are missing, lock those of customers.

    ``{(storefront, kind, customer, unit, form): Account}``. The house's are not locked: they keep no balance, and every
    settlement would wait for them.
    """
    columns = {
        "storefront_id": "bigint",
        "kind": "text",
        "customer_id": "bigint",
        "unit": "text",
        "form": "text",
        "balance_minor": "bigint",
    }
    locked = _insert(Account, columns, rows)
    if len(locked) < len(rows):
        storefronts = list({row.storefront_id for row in rows})
        customers = list({row.customer_id for row in rows} - {None})
        locked = _rows(Account, _FIND_ACCOUNTS, [storefronts, customers, storefronts])
    return {(row.storefront_id, row.kind, row.customer_id, row.unit, row.form): row for row in locked}


def _insert(model, columns, rows, *, defaults="", values=""):
    """Insert those that are missing, in the order given; returns the new ones."""
    names, arrays = ", ".join(columns), ", ".join(f"%s::{kind}[]" for kind in columns.values())
    further, constant = (f", {defaults}", f", {values}") if defaults else ("", "")
    return _rows(
        model,
        f"INSERT INTO {model._meta.db_table} ({names}{further}) SELECT asked.*{constant} "  # noqa: S608 - our names
        f"FROM unnest({arrays}) AS asked ON CONFLICT DO NOTHING RETURNING {{columns}}",
        [[getattr(row, name) for row in rows] for name in columns],
    )


def _rows(model, statement, values):
    """The rows that a statement gives for the model's ``{columns}``."""
    names = [field.attname for field in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(columns=", ".join(names)), values)
        return [bulk.kept(model, names, each) for each in cursor.fetchall()]


def of_only(storefront, rows):
    """The rows of this storefront; without one, all."""
    return rows.filter(storefront=storefront) if storefront else rows
