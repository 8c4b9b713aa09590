"""Work on what platforms sent: each message in a transaction of its own, tried again while that may help."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from advocacy import connections, customers, failures, secrets, twins
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.refusals import Refused
from referrals import orders
from referrals.inbound import calls, platforms
from referrals.models import InboundMessage, InboundState, Refund

ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=10)
SECONDS = 20


def work(*, at):
    """Work on what waits, for at most 20 s; how many messages were tried."""
    until, tried = time.monotonic() + SECONDS, 0
    for pk in _waiting(at).values_list("pk", flat=True)[:500]:
        tried += _one(pk, at)
        if time.monotonic() > until:
            break
    return tried


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
    storefront = twins.of(connection.storefront, at=at) if reading.test else connection.storefront
    for call in reading.calls:
        _DO[type(call)](call, storefront=storefront, source=platform.SOURCE, connection=connection, at=at)
    message.state = InboundState.IGNORED if reading.ignored else InboundState.DONE
    message.note = (reading.ignored or " ".join(reading.notes))[:500]
    message.done_at = at
    message.save(update_fields=["state", "note", "done_at"])


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


def _order(call, *, storefront, source, connection, at):
    orders.bring(storefront=storefront, fields=call.fields, source=source, at=at)


def _refund(call, *, storefront, source, connection, at):
    orders.bring_refund(storefront=storefront, names=call.names, refund=call.fields, source=source, at=at)


def _all_refunds(call, *, storefront, source, connection, at):
    for refund in call.refunds:
        orders.bring_refund(storefront=storefront, names=call.names, refund=refund, source=source, at=at)
    order = orders.named(storefront=storefront, names=call.names)
    there = {refund["refund_id"] for refund in call.refunds}
    gone = Refund.objects.filter(order=order, brought_by=source, undone_at=None).exclude(refund_id__in=there)
    for refund_id in gone.order_by("id").values_list("refund_id", flat=True) if order else ():
        orders.undo_refund(order=order, refund_id=refund_id, at=at)


def _undo(call, *, storefront, source, connection, at):
    orders.bring_undone_refund(storefront=storefront, names=call.names, refund_id=call.refund_id, source=source, at=at)


def _fulfilment(call, *, storefront, source, connection, at):
    orders.bring_fulfilment(storefront=storefront, names=call.names, fulfilment=call.fields, source=source, at=at)


def _customer(call, *, storefront, source, connection, at):
    customers.upsert(storefront=storefront, fields=call.fields, at=at)


def _end(call, *, storefront, source, connection, at):
    connections.end(connection=connection)


_DO = {
    calls.TakeOrder: _order,
    calls.TakeRefund: _refund,
    calls.TakeAllRefunds: _all_refunds,
    calls.UndoRefund: _undo,
    calls.TakeFulfilment: _fulfilment,
    calls.TakeCustomer: _customer,
    calls.EndConnection: _end,
}
