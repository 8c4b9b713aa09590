"""Work on what platforms sent: each message in a transaction of its own, tried again while that may help."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from advocacy import connections, failures, secrets
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.refusals import Refused
from referrals.inbound import doing, platforms
from referrals.models import InboundMessage, InboundState

ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=10)
# What comes before what it speaks of is tried for a week, as refunds are that wait for their order.
LONGEST_WAIT, MOST_BETWEEN = timedelta(days=7), timedelta(hours=1)
SECONDS = 20
FORGOTTEN_AT_ONCE = 2000


def work(*, at):
    """Work on what waits, for at most 20 s; how many messages were tried."""
    until, tried = time.monotonic() + SECONDS, 0
    for pk in _waiting(at).values_list("pk", flat=True)[:500]:
        tried += _one(pk, at)
        if time.monotonic() > until:
            break
    return tried


def try_one(pk, *, at):
    """Work on this message now, also where its time has not come."""
    InboundMessage.objects.filter(pk=pk).update(next_attempt_at=None)
    return _one(pk, at)


def replay(*, messages, at):
    """Work on these again, as if they had just come; how many."""
    again = messages.exclude(state=InboundState.RECEIVED)
    return again.update(state=InboundState.RECEIVED, attempts=0, next_attempt_at=None, note="", done_at=None)


def _waiting(at):
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    return InboundMessage.objects.filter(due, state=InboundState.RECEIVED).order_by("id")


def _one(pk, at):
    """Whether it was ours to try: another worker may have it."""
    try:
        with transaction.atomic():
            message = _waiting(at).filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
            message = message.select_related("connection__storefront").first()
            if message is None:
                return 0
            _take(message, at)
    except doing.NotYet as error:
        _note_wait(pk, error, at)
    except Exception as error:
        try:
            pass_on(error)
        except Interrupted:
            return 0
        _note_failure(pk, error, at)
    return 1


def _take(message, at):
    connection = message.connection
    platform = platforms.ALL[connection.platform]
    reading = platform.read(message.topic, secrets.open(message.raw).encode("latin-1"))
    noted = doing.do(reading, connection=connection, source=platform.SOURCE, at=at)
    message.state = InboundState.IGNORED if reading.ignored else InboundState.DONE
    message.note = (reading.ignored or " ".join(noted))[:500]
    message.done_at = at
    message.save(update_fields=["state", "note", "done_at"])


def _note_wait(pk, error, at):
    """It stays, visibly waiting; after a week nothing of it is ours."""
    with transaction.atomic():
        message = InboundMessage.objects.select_for_update().get(pk=pk)
        message.attempts = min(message.attempts + 1, 30_000)
        over = at >= message.received_at + LONGEST_WAIT
        message.state = InboundState.IGNORED if over else InboundState.RECEIVED
        message.note = f"{error} It waited for a week." if over else f"{error} It is tried again."
        message.done_at = at if over else None
        wait = min(FIRST_WAIT * 2 ** min(message.attempts - 1, 12), MOST_BETWEEN)
        message.next_attempt_at = None if over else at + wait
        message.save(update_fields=["attempts", "state", "note", "next_attempt_at", "done_at"])


def _note_failure(pk, error, at):
    sentence = failures.told(error, "The message")
    with transaction.atomic():
        message = InboundMessage.objects.select_for_update().select_related("connection").get(pk=pk)
        message.attempts += 1
        # What was refused stays refused, until its mapping or its setting is mended.
        over = isinstance(error, Refused) or message.attempts >= ATTEMPTS
        message.state = InboundState.FAILED if over else InboundState.RECEIVED
        message.note = sentence[:500]
        message.next_attempt_at = None if over else at + FIRST_WAIT * 2 ** (message.attempts - 1)
        message.save(update_fields=["attempts", "state", "note", "next_attempt_at"])
        connections.note_failure(connection=message.connection, sentence=f"{message.topic}: {sentence}", at=at)


def forget(*, before):
    """Delete what was worked on and came before this moment; how many. What failed stays until somebody looks."""
    gone = 0
    while True:
        over = InboundMessage.objects.filter(
            state__in=[InboundState.DONE, InboundState.IGNORED], received_at__lt=before
        ).order_by("received_at")[:FORGOTTEN_AT_ONCE]
        count, _ = InboundMessage.objects.filter(pk__in=list(over.values_list("pk", flat=True))).delete()
        gone += count
        if count < FORGOTTEN_AT_ONCE:
            return gone
