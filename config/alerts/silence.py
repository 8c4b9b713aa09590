"""Connections to platforms that are silent, refuse us, or cannot be asked for what was missed."""

from datetime import timedelta

from django.db import connection as database
from django.db.models import Q

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming, Connection, ConnectionStatus
from referrals.models import InboundMessage

_SEES, _MINDS = "advocacy.view_connection", "advocacy.change_connection"
QUIET = Kind(
    name="silent_connection",
    label="A silent connection",
    todo="Send a test from the platform, look whether its webhooks still lead here, and ask for what was missed.",
    sees=_SEES,
    minds=_MINDS,
    timing=AlertTiming.AT_ONCE,
)
NO = Kind(
    name="connection_refused",
    label="A shop refuses us",
    todo="Look at what it answered; enter new API credentials where it refuses those.",
    sees=_SEES,
    minds=_MINDS,
    timing=AlertTiming.AT_ONCE,
)
UNASKED = Kind(
    name="asking_failed",
    label="A shop is not asked for what was missed",
    todo="The daily question to the platform fails: look at the last job on the connection’s page.",
    sees=_SEES,
    minds=_MINDS,
)
# The usual gap is that of the last messages: a shop that sells once a week is not silent on a Tuesday.
_MOST, _FEWEST = 30, 10
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_GAPS = f"""
    SELECT one.id, one.public_id, one.storefront_id, one.name, max(sent.received_at),
        extract(epoch FROM max(sent.received_at) - min(sent.received_at)) / (count(*) - 1)
    FROM advocacy_connection one
    JOIN advocacy_storefront shop ON shop.id = one.storefront_id AND shop.test_twin_of_id IS NULL
    CROSS JOIN LATERAL (
        SELECT received_at FROM referrals_inboundmessage message
        WHERE message.connection_id = one.id ORDER BY message.id DESC LIMIT {_MOST}
    ) sent
    WHERE one.status = 'active' GROUP BY one.id HAVING count(*) >= {_FEWEST}
"""  # noqa: S608 - our own numbers


def silent(*, at, limits):
    with database.cursor() as cursor:
        cursor.execute(_GAPS)
        rows = cursor.fetchall()
    for pk, public_id, storefront, name, last, gap in rows:
        usual = timedelta(seconds=float(gap))
        quiet = at - last > max(timedelta(hours=limits["hours"]), usual * limits["gaps"])
        if quiet and _used_to_send(pk, last, at):
            hours = int((at - last).total_seconds() // 3600)
            often = max(1, round(usual.total_seconds() / 60))
            text = f"“{name}” has sent nothing for {hours} hours; it used to send every {often} minutes."
            yield _found(QUIET, pk, public_id, storefront, text, hours=hours, usual_minutes=often)


def _used_to_send(pk, since, until):
    """In the same hours of a week ago, or of yesterday where a week is not known: shops sleep, and close on Sundays."""
    messages = InboundMessage.objects.filter(connection=pk)
    known_so_long = messages.filter(received_at__lt=since - _WEEK).exists()
    before = _WEEK if known_so_long else _DAY
    return messages.filter(received_at__gt=since - before, received_at__lte=until - before).exists()


def _found(kind, pk, public_id, storefront, text, **facts):
    return Found(
        kind=kind.name,
        subject=ids.encode("con", public_id),
        storefront=storefront,
        text=text[:300],
        place=f"/admin/advocacy/connection/{pk}/change/",
        facts=facts,
    )


def _active():
    return Connection.objects.filter(status=ConnectionStatus.ACTIVE, storefront__test_twin_of=None)


def refused(*, at, limits):
    failing = Q(fails_in_row__gte=limits["fails"], last_failure_at__gt=at - timedelta(days=1))
    credentials = Q(fails_in_row__gt=0, rests_until__isnull=False, last_failure__contains="refuses the credentials")
    for one in _active().filter(failing | credentials):
        often = f" failed {one.fails_in_row} times in a row" if one.fails_in_row > 1 else ""
        text = f"“{one.name}”{often}: {one.last_failure}"
        yield _found(NO, one.pk, one.public_id, one.storefront_id, text, fails=one.fails_in_row)


def unasked(*, at, limits):
    long_ago = at - timedelta(hours=limits["hours"])
    waits = Q(asked_until__lt=long_ago) | Q(asked_until=None, created_at__lt=long_ago)
    for one in _active().filter(waits, asked_daily=True, credentials__isnull=False):
        since = one.asked_until or one.created_at
        text = f"“{one.name}” was last asked with success for what happened until {since:%Y-%m-%d}."
        hours = int((at - since).total_seconds() // 3600)
        yield _found(UNASKED, one.pk, one.public_id, one.storefront_id, text, hours=hours)


SILENT = Check(name="silent_connection", kinds=(QUIET,), find=silent, limits={"hours": 6, "gaps": 10})
REFUSED = Check(name="connection_refused", kinds=(NO,), find=refused, limits={"fails": 5})
ASKING = Check(name="asking_failed", kinds=(UNASKED,), find=unasked, limits={"hours": 72})
