"""What was said of an order that is not here yet: kept a week, taken when the order comes."""

import json
from datetime import timedelta

from django.db import transaction

from advocacy import given
from advocacy.models import bulk
from advocacy.refusals import Conflict, Refused
from referrals.models import WaitingFact, WaitingKind, WaitingState
from referrals.orders import finding, fulfilments, refunds

LONGEST = timedelta(days=7)


def keep(*, storefront, kind, names, fields, fact_id, source, at, lenient=True):
    """The fact, waiting; the one that waits already where it is told again. The caller waited for the names' turn.

    Told otherwise than before it is a Conflict; ``lenient`` takes what is new: of a parcel what was missing, of a
    refund all of it.
    """
    known = named(storefront=storefront, kind=kind, names=names, fact_id=fact_id, source=source)
    fields = json.loads(given.canonical(fields))
    if known is None:
        return WaitingFact.objects.create(
            storefront=storefront,
            kind=kind,
            names=finding.written(names),
            fact_id=fact_id,
            fields=fields,
            source=source,
            received_at=at,
            expires_at=at + LONGEST,
        )
    if known.fields != fields:
        known.fields = _with_news(known, fields, lenient)
        known.save(update_fields=["fields"])
    return known


def named(*, storefront, kind, names, fact_id, source):
    """The WaitingFact of this id that waits for an order of these names, locked, or None."""
    known = WaitingFact.objects.filter(
        storefront=storefront, kind=kind, fact_id=fact_id, source=source, state=WaitingState.WAITING
    )
    return known.filter(names__overlap=finding.written(names)).select_for_update().first()


def _with_news(known, fields, lenient):
    different = [name for name, value in fields.items() if known.fields.get(name, value) != value]
    if known.kind == WaitingKind.FULFILMENT and not different:
        return known.fields | fields
    if not lenient:
        first = next(iter(different or sorted(known.fields.keys() ^ fields.keys())))
        said = f"{known.fact_id} waits for its order with another {first}; use another id, or undo it first."
        raise Conflict("idempotency_conflict", said, errors={first: said})
    # A parcel that is here keeps what was said of it first, and so does one that waits.
    return fields | known.fields if known.kind == WaitingKind.FULFILMENT else fields


def take(*, order, at):
    """Take what waited for this order, in the order in which it came. What contradicts it is kept with the reason."""
    names = [(finding.EXTERNAL, order.external_id), *order.names.values_list("kind", "value")]
    take_all(named=[(order, names)], storefront=order.storefront_id, at=at)


def take_all(*, named, storefront, at):
    """The same of many orders, ``[(order, all names that it goes by)]``."""
    owners = {name: order for order, names in named for name in finding.written(names)}
    mine = bulk.fetch(
        WaitingFact,
        "WHERE storefront_id = %s AND state = 'waiting' AND names && %s::varchar[] ORDER BY id FOR UPDATE",
        [storefront, bulk.array([*owners])],
    )
    for fact in mine:
        order = next(owners[name] for name in fact.names if name in owners)
        # What was known of it without asking is so no longer.
        order._prefetched_objects_cache = {}
        try:
            with transaction.atomic():
                taken = _take(order, fact, at)
        except Refused as refusal:
            fact.state, fact.problem = WaitingState.REFUSED, refusal.message[:500]
        else:
            fact.state = WaitingState.TAKEN if taken else fact.state
        fact.save(update_fields=["state", "problem"])


def _take(order, fact, at):
    """Whether it could be taken; an undone refund may still wait for its refund."""
    if fact.kind == WaitingKind.REFUND:
        refunds.refund(order=order, refund=fact.fields, source=fact.source, at=at, lenient=True)
    elif fact.kind == WaitingKind.FULFILMENT:
        fulfilments.fulfil(order=order, fulfilment=fact.fields, at=at, lenient=True)
    elif order.refunds.filter(refund_id=fact.fact_id).exists():
        refunds.undo_refund(order=order, refund_id=fact.fact_id, at=at)
    else:
        return False
    return True


def forget(*, before, at):
    """Delete what came before then and waits no longer; how many."""
    ended = WaitingFact.objects.exclude(state=WaitingState.WAITING).filter(received_at__lt=before)
    return ended.delete()[0]


def expire(*, at):
    """End the wait of those whose week is over; how many."""
    over = WaitingFact.objects.filter(state=WaitingState.WAITING, expires_at__lte=at)
    return over.update(state=WaitingState.EXPIRED)
