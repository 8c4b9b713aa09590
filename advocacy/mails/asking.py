"""Make the rows of mails: for events, by a handler of lane ``out``, and for who waits in front of a page."""

import json

from django.db import connection, transaction

from advocacy import ids, secrets
from advocacy.mails import announcing, kinds
from advocacy.models import Advocate, Mail, MailKind, Program, bulk
from advocacy.outbox import wake

QUEUE = "mail"

_INSERT = """
    INSERT INTO advocacy_mail
        (public_id, storefront_id, program_id, customer_id, event_id, kind, state, reason, outcome, urgent, tries,
         failure, next_attempt_at, created_at)
    SELECT asked.public_id, asked.storefront_id, asked.program_id, asked.customer_id, asked.event_id, asked.kind,
        'waiting', '', '', false, 0, '', %s, %s
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
        AS asked (public_id, storefront_id, program_id, customer_id, event_id, kind)
    ORDER BY asked.event_id
    ON CONFLICT (event_id, customer_id, kind) DO NOTHING
"""


def follow(*, events, at):
    """The handler of lane ``out``: a mail for each event whose program sends that kind, once."""
    events = [event for event in events if event.type in kinds.EVENTS]
    if not events:
        return
    sends, people = _programs({event.storefront_id for event in events}), _advocates(events)
    rows = [each for event in events for each in _to_all(event, sends, at)] + [
        row(event, program, customer, kind.kind)
        for event in events
        for kind in kinds.asked_by(event.type)
        if (program := _program(event, kind, sends))
        and (customer := _whom(event, kind, people))
        and kind.applies(event)
    ]
    write(rows, at=at)


def row(event, program, customer, kind):
    """What ``write`` takes: a mail of this kind (its name) for an event to a customer in a program's name, by keys."""
    return ids.uuid7(), event.storefront_id, program, customer, event.pk, str(kind)


def write(rows, *, at):
    """The mails of these rows, each once; in the transaction of what asks for them."""
    if not rows:
        return
    with connection.cursor() as cursor:
        # Ids and names of ours: as text the driver need not look at each.
        cursor.execute(_INSERT, [at, at, *(bulk.array([*map(str, column)]) for column in zip(*rows, strict=True))])
    transaction.on_commit(wake_senders)


def hand_over(*, to, subject, text, html, storefront, until, at, kind=MailKind.LOGIN_CODE):
    """Send this to an address that asked for it, as soon as the caller's transaction has committed.

    Address and words are kept sealed until it is sent. ``storefront`` may be None: nobody knows the address.
    """
    said = json.dumps({"to": to, "subject": subject, "text": text, "html": html})
    mail = Mail.objects.create(
        storefront=storefront,
        kind=kind,
        content=secrets.seal(said),
        # An alert may be of the queue itself.
        urgent=kind in (MailKind.LOGIN_CODE, MailKind.ALERT),
        until=until,
        next_attempt_at=at,
        created_at=at,
    )
    transaction.on_commit(wake_senders)
    return mail


def wake_senders():
    from advocacy.mails.tasks import send  # noqa: PLC0415 - the task sends what is asked for here

    wake.send(send, [], queue=QUEUE)


def _programs(storefronts):
    """``{storefront's key: [programs that send mails]}``, the oldest first."""
    found = {}
    sending = Program.objects.filter(storefront_id__in=storefronts).exclude(mail_kinds=[])
    for program in sending.only("storefront_id", "mail_kinds").order_by("pk"):
        found.setdefault(program.storefront_id, []).append(program)
    return found


def _program(event, kind, sends):
    """The key of the program in whose name it is sent: the event's own, or the oldest of the shop that sends such."""
    mine = [program for program in sends.get(event.storefront_id, ()) if kind.kind in program.mail_kinds]
    if event.program_id:
        mine = [program for program in mine if program.pk == event.program_id]
    return mine[0].pk if mine else None


def _to_all(event, sends, at):
    """Rows to every advocate who is asked by an event, as far as no job goes on with them."""
    for kind in kinds.asked_by(event.type):
        program = _program(event, kind, sends) if kind.whose == "asked" and kind.applies(event) else None
        if program:
            for customer in announcing.first(event=event, program=program, kind=kind.kind, at=at):
                yield row(event, program, customer, kind.kind)


def _advocates(events):
    """``{advocate's key: their customer's}``, where a mail goes to the advocate of an event."""
    to_them = (event for event in events if any(kind.whose == "advocate" for kind in kinds.asked_by(event.type)))
    wanted = {event.advocate_id for event in to_them} - {None}
    return dict(Advocate.objects.filter(pk__in=wanted).values_list("pk", "customer_id")) if wanted else {}


def _whom(event, kind, people):
    if kind.whose == "asked":
        return None
    if kind.whose == "advocate":
        return people.get(event.advocate_id)
    return event.friend_id if kind.whose == "friend" else event.customer_id
