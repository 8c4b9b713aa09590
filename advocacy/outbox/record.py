"""Write facts down in the transaction in which they happen."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from advocacy.models import Advocate, Customer, Event, Program, Storefront, bulk
from advocacy.outbox import wake
from advocacy.outbox.catalogue import EventType

DEEPEST = 5


class ChainTooLong(Exception):
    """A chain of causes longer than ``DEEPEST``: handlers answer each other's events in a circle."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event to be recorded.

    ``subject`` is a row with ``public_id`` and ``version``. Its writer holds it locked, has already raised
    ``version`` by one and saves it in the same transaction. The other rows may be given as their ids.
    """

    type: EventType
    subject: object
    storefront: Storefront | int
    facts: dict
    occurred_at: datetime
    customer: Customer | int | None = None
    program: Program | int | None = None
    advocate: Advocate | int | None = None
    friend: Customer | int | None = None
    cause: Event | None = None


def handlers():
    return import_string(settings.EVENT_HANDLERS)


def record(drafts, *, at):
    """Insert events and, for each lane that has a handler for them, a Pending row. Returns the events.

    Lane ``out`` has work only where the storefront has an active webhook endpoint, or a program that sends mails.

    Must run in the transaction of the facts. ``occurred_at`` later than ``at`` is stored as ``at``.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of its fact.")
    events, followed = [_event(draft, at) for draft in drafts], handlers()
    lanes = {event.type: [str(lane) for lane in followed.get(event.type, ())] for event in events}
    write = _write_few if 0 < len(events) <= bulk.FEW else _write
    wake.after_commit(write(events, lanes))
    return events


_TOLD = """
    WITH told AS (INSERT INTO {table} ({names}) VALUES {values} RETURNING id, type, storefront_id),
    waiting AS (
        INSERT INTO advocacy_pending (event_id, storefront_id, lane, alone, attempts, last_error)
        SELECT told.id, told.storefront_id, follows.lane, false, 0, ''
        FROM told JOIN (VALUES {lanes}) AS follows (type, lane) USING (type)
        WHERE follows.lane <> 'out' OR EXISTS (
            SELECT FROM advocacy_webhookendpoint endpoint
            WHERE endpoint.storefront_id = told.storefront_id AND endpoint.status = 'active'
        ) OR EXISTS (
            SELECT FROM advocacy_program program
            WHERE program.storefront_id = told.storefront_id AND program.mail_kinds <> '[]'
        )
        ORDER BY told.id
        RETURNING event_id, lane
    )
    SELECT told.id, array_agg(waiting.lane::text) FROM told LEFT JOIN waiting ON waiting.event_id = told.id
    GROUP BY told.id ORDER BY told.id
"""


def _write_few(events, lanes):
    """Events and what waits for them by one statement, as each order tells four; the lanes that have work."""
    table, names, values = bulk.literals(events)
    # Names of our own catalogue; no event is of the empty type.
    pairs = [f"('{type}', '{lane}')" for type, each in lanes.items() for lane in each] or ["('', '')"]
    woken = set()
    with connection.cursor() as cursor:
        cursor.execute(_TOLD.format(table=table, names=names, values=values, lanes=", ".join(pairs)))
        for event, (pk, waits) in zip(events, cursor.fetchall(), strict=True):
            bulk.inserted(event, pk)
            woken |= {lane for lane in waits if lane}
    return sorted(woken)


def _write(events, lanes):
    bulk.insert(events)
    return _wait([(event, lane) for event in events for lane in lanes[event.type]])


def record_alike(*, type, storefront, told, at):
    """Insert many events of one type that speak of no program and no advocate, and what waits for them.

    ``told``: ``[(subject, customer id, facts, when it occurred)]``; the rest is as of ``record``.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of its fact.")
    if not told:
        return
    for _, _, facts, _ in told:
        if not _are_all((*facts,), type):
            raise ValueError(f"{type.name} carries exactly the facts of its catalogue.")
    made = bulk.insert_columns(
        Event,
        same={
            "storefront_id": storefront.pk,
            "type": type.name,
            "subject_kind": type.subject,
            "depth": 0,
            "recorded_at": at,
        },
        each={
            "subject_id": [subject.public_id for subject, *_ in told],
            "version": [subject.version for subject, *_ in told],
            "customer_id": [customer for _, customer, *_ in told],
            "facts": [facts for *_, facts, _ in told],
            "occurred_at": [min(when, at) for *_, when in told],
        },
    )
    lanes = [str(lane) for lane in handlers().get(type.name, ())]
    wake.after_commit(_wait_of(storefront.pk, made, lanes))


def _wait_of(storefront, events, lanes):
    """The lanes that have work of these events, each of them of every lane."""
    asked = [[pk for pk in events for _ in lanes], [storefront] * len(events) * len(lanes), lanes * len(events)]
    return _waiting(asked) if lanes else []


# Most storefronts tell nobody: what nobody asked to be told does not wait to be told.
_WAIT = """
    INSERT INTO advocacy_pending (event_id, storefront_id, lane, alone, attempts, last_error)
    SELECT asked.event_id, asked.storefront_id, asked.lane, false, 0, ''
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS asked (event_id, storefront_id, lane)
    WHERE asked.lane <> 'out' OR EXISTS (
        SELECT FROM advocacy_webhookendpoint endpoint
        WHERE endpoint.storefront_id = asked.storefront_id AND endpoint.status = 'active'
    ) OR EXISTS (
        SELECT FROM advocacy_program program
        WHERE program.storefront_id = asked.storefront_id AND program.mail_kinds <> '[]'
    )
    ORDER BY asked.event_id
    RETURNING lane
"""


def _wait(work):
    """The lanes that have work of ``[(event, lane)]``."""
    if not work:
        return []
    events, lanes = zip(*work, strict=True)
    return _waiting([[event.pk for event in events], [event.storefront_id for event in events], lanes])


def _waiting(asked):
    with connection.cursor() as cursor:
        # Numbers and names of ours: as text the driver need not look at each.
        cursor.execute(_WAIT, [f"{{{','.join(map(str, each))}}}" for each in asked])
        return sorted({lane for (lane,) in cursor.fetchall()})


def _event(draft, at):
    if not _are_all((*draft.facts,), draft.type):
        odd = sorted(set(draft.facts) ^ set(draft.type.facts))
        raise ValueError(f"{draft.type.name} carries exactly the facts of its catalogue; look at: {', '.join(odd)}")
    depth = draft.cause.depth + 1 if draft.cause else 0
    if depth > DEEPEST:
        raise ChainTooLong(f"{draft.type.name} would be caused by a chain of more than {DEEPEST} events.")
    return bulk.made(
        Event,
        storefront_id=_id(draft.storefront),
        type=draft.type.name,
        subject_kind=draft.type.subject,
        subject_id=draft.subject.public_id,
        version=draft.subject.version,
        customer_id=_id(draft.customer),
        program_id=_id(draft.program),
        advocate_id=_id(draft.advocate),
        friend_id=_id(draft.friend),
        cause=draft.cause,
        depth=depth,
        facts=draft.facts,
        occurred_at=min(draft.occurred_at, at),
        recorded_at=at,
    )


@lru_cache(maxsize=1000)
def _are_all(names, type):
    return {*names} == type.facts.keys()


def _id(row):
    return getattr(row, "pk", row)
