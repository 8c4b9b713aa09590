"""Give back money of orders that were made in this very transaction: of many by a few statements."""

from django.db import connection

from advocacy import given
from advocacy.models import bulk
from advocacy.outbox.record import record as record_events
from advocacy.refusals import Refused
from referrals import events
from referrals.models import Refund
from referrals.orders import fields as order_fields
from referrals.orders import refunds, state


def refund(*, told, source, at):
    """``refunds.refund``, ``lenient``, for each ``(order, fields)`` where it can be shared; answers whether it was.

    Shared are refunds of an amount that the order has, of an order of the past that this transaction made and of which
    nothing else is known: nothing of it converts, arrived or came back, and its rows are this transaction's own.
    """
    untouched = _untouched([order for order, _ in told])
    ready = [_made(order, fields, source, at) if order.pk in untouched else None for order, fields in told]
    shared = [(row.order, row, state.of(row.order)) for row in ready if row]
    for order, row, _ in shared:
        order.refunded_minor = row.amount_minor
        order.version += 1
    bulk.insert([row for _, row, _ in shared])
    bulk.update([order for order, *_ in shared], ("refunded_minor", "version"))
    drafts = [
        state.draft(order, events.ORDER_REFUNDED, before=before, referred=False, occurred_at=row.refunded_at)
        for order, row, before in shared
    ]
    if drafts:
        record_events(drafts, at=at)
    return [row is not None for row in ready]


def _untouched(made):
    """The ids of those to which nothing happened since they were made, such as what had waited for them."""
    if not made:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_AT_FIRST, [bulk.array([str(order.pk) for order in made])])
        return {pk for (pk,) in cursor.fetchall()}


_AT_FIRST = "SELECT id FROM referrals_order WHERE id = ANY(%s) AND version = 1 AND history"


def _made(order, fields, source, at):
    try:
        said = refunds.checked(fields, at)
    except Refused:
        # By itself it says why.
        return None
    moment = min(said.get("refunded_at", at), at)
    is_odd = said.get("products") or said["amount_minor"] > order.total_minor
    if is_odd or moment < order.placed_at - order_fields.CLOCKS_DIFFER:
        return None
    columns = said | {"refunded_at": moment}
    return bulk.made(Refund, order=order, recorded_at=at, digest=given.digest(said), brought_by=source, **columns)
