"""What was said of an order that is not here yet: kept a week, taken when the order comes."""

import json
from datetime import timedelta

from django.db import transaction

from advocacy import given
from advocacy.models import bulk
from advocacy.refusals import Refused
from referrals.models import WaitingFact, WaitingKind, WaitingState
from referrals.orders import finding, fulfilments, refunds

LONGEST = timedelta(days=7)


def keep(*, storefront, kind, names, fields, fact_id, source, at):
    """The fact, waiting; the one that waits already where it is told again. The caller waited for the names' turn."""
    names = finding.written(names)
    known = WaitingFact.objects.filter(
        storefront=storefront, kind=kind, fact_id=fact_id, source=source, state=WaitingState.WAITING
    )
    return known.filter(names__overlap=names).first() or WaitingFact.objects.create(
        storefront=storefront,
        kind=kind,
        names=names,
        fact_id=fact_id,
        fields=json.loads(given.canonical(fields)),
        source=source,
        received_at=at,
        expires_at=at + LONGEST,
    )


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
        [storefront, list(owners)],
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


def expire(*, at):
    """End the wait of those whose week is over; how many."""
    over = WaitingFact.objects.filter(state=WaitingState.WAITING, expires_at__lte=at)
    return over.update(state=WaitingState.EXPIRED)
