"""Ask for errands: rows in the caller's transaction, which workers are woken for when it commits."""

from django.db import connection as database
from django.db import transaction

from advocacy import ids, secrets
from advocacy.models import ConnectionStatus, Errand, ErrandState
from advocacy.outbox import wake

QUEUE = "shops"
# In the order of their keys: inserting locks, too.
_ASK = """
    INSERT INTO advocacy_errand (public_id, storefront_id, connection_id, kind, subject, state, round, tries,
        next_try_at, asked_at, outcome, failure)
    SELECT public_id, storefront_id, connection_id, %s, subject, 'waiting', 1, 0, %s, %s, '', ''
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::uuid[]) AS new (
        public_id, storefront_id, connection_id, subject)
    ORDER BY connection_id, subject
    ON CONFLICT (connection_id, kind, subject) DO UPDATE SET state = 'waiting', round = advocacy_errand.round + 1,
        tries = 0, next_try_at = EXCLUDED.next_try_at, asked_at = EXCLUDED.asked_at
"""


def ask(*, kind, about, at):
    """``about``: ``{(storefront's id, connection's id, subject's public id)}``. What was done is looked at anew."""
    if not about:
        return
    storefronts, connections, subjects = map(list, zip(*sorted(about, key=str), strict=True))
    names = [ids.uuid7() for _ in subjects]
    with database.cursor() as cursor:
        cursor.execute(_ASK, [str(kind), at, at, names, storefronts, connections, subjects])
    transaction.on_commit(wake_workers)


def rename(*, kind, subject, former, at):
    """``former``, which names somebody who is erased, is to be ended wherever this was told by it. What was named
    otherwise before, and is not ended yet, stays to be. A connection that is ended is told nothing any more.
    """
    told = Errand.objects.filter(kind=kind, subject=subject, connection__status=ConnectionStatus.ACTIVE)
    told.filter(former=None).update(former=secrets.seal(former))
    ask(kind=kind, about=set(told.values_list("storefront", "connection", "subject")), at=at)


def again(*, errands, at):
    """Try these (a queryset) now, whatever became of them; returns how many. A connection that rests is tried, too."""
    with transaction.atomic():
        rows = list(errands.select_related("connection"))
        for each in {row.connection for row in rows}:
            each.rests_until = None
            each.save(update_fields=["rests_until"])
        changed = {"state": ErrandState.WAITING, "tries": 0, "next_try_at": at}
        count = Errand.objects.filter(pk__in=[row.pk for row in rows]).update(**changed)
        transaction.on_commit(wake_workers)
    return count


def wake_workers():
    from advocacy.errands.tasks import run  # noqa: PLC0415 - the task's module imports the verbs

    wake.once(run, [], queue=QUEUE)
