"""Do errands, whatever mood their platforms are in.

A claim is a conditional UPDATE with a lease, so what a killed worker had in its hands is done again when the lease
ends. A connection rests as a whole where its platform refuses our credentials, asks for patience or does not answer:
what waits for it is not tried one by one, and no thread is spent on it.
"""

import random
from datetime import timedelta

from django.db import connection as database
from django.db.models import F

from advocacy import connections, failures, platforms
from advocacy.errands import kinds
from advocacy.models import Connection, Errand, ErrandState
from advocacy.outbox.interruptions import pass_on
from advocacy.platforms import PlatformFailed
from advocacy.refusals import Refused

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 24, 24, 24)),
)
JITTER = 0.1
# Longer than the calls of one errand may take.
LEASE = timedelta(seconds=180)
# Of a connection, and of all: worker-out's threads are for webhooks and mail, too.
AT_ONCE, ALL_AT_ONCE = 2, 6
_REFUSED, _LATER = (401, 403), 429
_CREDENTIALS_REST, _LONGEST_REST = timedelta(hours=1), timedelta(minutes=15)
_LONGEST_ASKED = timedelta(hours=24)
_LATER_REST = timedelta(seconds=30)
_FIRST_BAD = 500

_CLAIM = """
    UPDATE advocacy_errand SET claimed_until = %(until)s
    WHERE id = (
        SELECT errand.id FROM advocacy_errand errand
        JOIN advocacy_connection connection ON connection.id = errand.connection_id
        WHERE errand.state = 'waiting' AND errand.next_try_at <= %(at)s
            AND (errand.claimed_until IS NULL OR errand.claimed_until <= %(at)s)
            AND connection.status = 'active' AND (connection.rests_until IS NULL OR connection.rests_until <= %(at)s)
            AND %(at_once)s > (
                SELECT count(*) FROM advocacy_errand other
                WHERE other.connection_id = errand.connection_id AND other.state = 'waiting'
                    AND other.claimed_until > %(at)s)
            AND %(all)s > (
                SELECT count(*) FROM advocacy_errand other
                WHERE other.state = 'waiting' AND other.claimed_until > %(at)s)
        ORDER BY errand.next_try_at, errand.id LIMIT 1 FOR NO KEY UPDATE OF errand SKIP LOCKED
    )
    RETURNING id
"""


def run_next(*, at):
    """Do what is due next, if anything is; whether something was."""
    with database.cursor() as cursor:
        limits = {"at_once": AT_ONCE, "all": ALL_AT_ONCE}
        cursor.execute(_CLAIM, {"at": at, "until": at + LEASE} | limits)
        found = cursor.fetchone()
    if found is None:
        return False
    errand = Errand.objects.select_related("connection", "storefront").get(pk=found[0])
    _note(errand, at, **_done(errand, at))
    return True


def due(*, at):
    """Whether anything waits whose time has come."""
    return Errand.objects.filter(state=ErrandState.WAITING, next_try_at__lte=at).exists()


def _done(errand, at):
    """The columns that say what became of it."""
    testing = errand.storefront.test_twin_of_id is not None
    try:
        # In a worker nothing sleeps: what must wait is a row with a time.
        caller = None if testing else platforms.Caller(errand.connection, patience=0)
        outcome = kinds.doing(errand.kind)(errand=errand, caller=caller, at=at)
    except PlatformFailed as failed:
        return _failed(errand, failed.message, at) | _rested(errand, failed, at)
    except Refused as refused:
        return _failed(errand, refused.message, at)
    except Exception as error:
        pass_on(error)
        return _failed(errand, failures.told(error, "The errand"), at)
    if not testing:
        Connection.objects.filter(pk=errand.connection_id).update(fails_in_row=0)
    state = ErrandState.SKIPPED if testing else ErrandState.DONE
    said = {"state": state, "outcome": outcome[:300], "done_at": at, "next_try_at": None}
    return said | {"failure": "", "failed_at": None, "tries": errand.tries + 1}


def _failed(errand, sentence, at):
    said = {"failure": sentence[:500], "failed_at": at, "tries": errand.tries + 1}
    if errand.tries >= len(WAITS):
        return said | {"state": ErrandState.FAILED, "next_try_at": None, "former": None}
    wait = WAITS[errand.tries] * (1 + JITTER * random.random())  # noqa: S311 - no secret
    return said | {"next_try_at": at + wait}


def _rested(errand, failed, at):
    """Let the connection rest where trying others of it would end alike. Such a try does not count."""
    not_counted = {"state": ErrandState.WAITING, "tries": errand.tries}
    if failed.answered in _REFUSED and not failed.forbids:
        sentence = f"{errand.connection.get_platform_display()} refuses the credentials: {failed.message}"
        _rest(errand, sentence, at, at + _CREDENTIALS_REST)
        return not_counted | {"failure": sentence[:500], "next_try_at": at}
    if failed.answered == _LATER:
        asked = min(timedelta(seconds=failed.wait), _LONGEST_ASKED) or _LATER_REST
        Connection.objects.filter(pk=errand.connection_id).update(rests_until=at + asked)
        return not_counted | {"next_try_at": at}
    if failed.answered is None or failed.answered >= _FIRST_BAD:
        rest = min(timedelta(seconds=5 * 2 ** min(errand.connection.fails_in_row, 10)), _LONGEST_REST)
        _rest(errand, failed.message, at, at + rest)
    return {}


def _rest(errand, sentence, at, until):
    Connection.objects.filter(pk=errand.connection_id).update(rests_until=until, fails_in_row=F("fails_in_row") + 1)
    connections.note_failure(connection=errand.connection, sentence=sentence, at=at)


def _note(errand, at, **columns):
    """What was asked for again meanwhile stays to be done, at once."""
    mine = Errand.objects.filter(pk=errand.pk, claimed_until=errand.claimed_until)
    if not mine.filter(round=errand.round).update(claimed_until=None, **columns):
        mine.update(claimed_until=None)
