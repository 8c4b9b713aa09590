"""Make orders that are new, with their customers, bonds and conversions, by a few statements however many they are."""

from dataclasses import dataclass

from django.db import transaction

from advocacy import customers_at_once
from advocacy.models import bulk
from advocacy.outbox.record import record as record_events
from advocacy.outbox.record import record_alike
from referrals import attribution, conversions, events
from referrals.models import Conversion, Fulfilment, Order, OrderStatus
from referrals.orders import finding, recording, state


@dataclass(kw_only=True, slots=True)
class New:
    """A new order of checked fields, completed: see ``fields.checked`` and ``fields.completed``.

    ``person``: what is said of its customer, as ``customers.columns``; None where they are named by id.
    ``history``: it is of the past, so nobody is bound by it and nothing is converted.
    """

    values: dict
    columns: dict
    warnings: list
    names: list
    source: str
    person: dict | None
    digest: bytes
    history: bool = False


def create(*, storefront, new, at):
    """The orders, by a few statements however many they are; a ``Recorded`` for each.

    The caller has waited for the turn of their names. Several are of different customers, whom they tell: ``OneByOne``
    is raised where two are one person, or where another call speaks of one of them just now.
    """
    tell = []
    people = _customers_of(storefront, new, at=at, tell=tell)
    hidden = recording.hidden_codes(storefront, [each.columns for each in new])
    rows = [_row(each, storefront, person, hidden, at) for each, (person, _) in zip(new, people, strict=True)]
    if all(each.history for each in new):
        return _of_the_past(storefront, new, rows, tell, at)
    live = [told for told in zip(new, rows, people, strict=True) if not told[0].history]
    bound = iter(_bound(storefront, live, at=at, tell=tell))
    bindings = [_OF_THE_PAST if each.history else next(bound) for each in new]
    made = [_Made(row, binding) for row, binding in zip(rows, bindings, strict=True)]
    with bulk.inserting(rows):
        drafts = [each.draft() for each in made]
    _remember(rows, new)
    causes = record_events([*tell, *drafts], at=at)[len(tell) :]
    _convert(made, causes, at)
    return [each.recorded() for each in made]


_OF_THE_PAST = attribution.Binding(referral=None, reasons=({"key": "imported_history"},))


def _of_the_past(storefront, new, rows, tell, at):
    """The same of orders that bind and convert nobody: a file brings hundreds of thousands."""
    for row in rows:
        row.unattributed = recording.why_not(row, _OF_THE_PAST)
    with bulk.inserting(rows):
        told = [(row, row.customer_id, _facts(row), _moment_of(row)) for row in rows]
    _remember(rows, new)
    record_events(tell, at=at)
    record_alike(type=events.ORDER_IMPORTED, storefront=storefront, told=told, at=at)
    return [
        recording.Recorded(order=row, created=True, reasons=tuple(row.unattributed), warnings=tuple(row.warnings))
        for row in rows
    ]


def _facts(order):
    return state.facts(order, before=state.NOTHING, referred=False)


def _moment_of(order):
    return order.paid_at if order.status == OrderStatus.PAID else order.placed_at


def _remember(rows, new):
    remember = finding.remember_all if len(new) == 1 else finding.remember_new
    remember([(row, each.names) for row, each in zip(rows, new, strict=True)])


def _bound(storefront, told, *, at, tell):
    if not told:
        return []
    asked = [
        attribution.Asked(
            customer=person, hints=recording.hints(each.columns), occurred_at=row.placed_at, just_made=just_made
        )
        for each, row, (person, just_made) in told
    ]
    return attribution.bind_all(storefront=storefront, asked=asked, at=at, tell=tell)


def _customers_of(storefront, new, *, at, tell):
    """``[(who bought, whether they were made now)]``."""
    past, people = all(each.history for each in new), [each.person for each in new]
    if len(new) == 1:
        return [
            _customer_of_the_past(storefront, new[0], at, tell)
            if past and people[0]
            else _customer(storefront, new[0], at)
        ]
    return customers_at_once.upsert(storefront=storefront, people=people, at=at, tell=tell, past=past)


def _customer(storefront, new, at):
    return recording.customer_of(storefront, new.columns, at=at)


def _customer_of_the_past(storefront, new, at, tell):
    """Told as imported, where nothing speaks for more than a name that is new."""
    told = []
    try:
        with transaction.atomic():
            (found,) = customers_at_once.upsert(storefront=storefront, people=[new.person], at=at, tell=told, past=True)
    except customers_at_once.OneByOne:
        return _customer(storefront, new, at)
    tell += told
    return found


def _row(new, storefront, person, hidden, at):
    columns = recording.of_nobody(storefront.pk, new.columns) if person.erased_at else new.columns
    return bulk.made(
        Order,
        storefront=storefront,
        customer=person,
        recorded_at=at,
        warnings=new.warnings,
        version=1,
        digest=new.digest,
        brought_by=new.source,
        history=new.history,
        segment=min(person.segments, default=""),
        **recording.kept(columns, hidden),
    )


class _Made:
    """A new order with what its hints bound."""

    def __init__(self, order, binding):
        self.order, self.binding, self.conversions = order, binding, []
        self.paid = order.status == OrderStatus.PAID
        self.bonds = sorted(recording.bonds_then(order, binding), key=lambda bond: bond.pk) if self.paid else []
        order.unattributed = [] if self.bonds else recording.why_not(order, binding)

    def draft(self):
        return state.draft(
            self.order,
            events.ORDER_IMPORTED if self.order.history else events.ORDER_RECORDED,
            before=state.NOTHING,
            referred=bool(self.bonds),
            occurred_at=_moment_of(self.order),
        )

    def earlier(self, bond, at):
        """How many orders the friend had before, where this order made the bond; else None."""
        return self.binding.new.get(bond.pk) if self.order.placed_at <= at else None

    def recorded(self):
        order = self.order
        if not order.history:
            # What was just written need not be asked for. Nobody is shown an order of a file.
            order._prefetched_objects_cache = {
                "conversions": _known(Conversion, self.conversions),
                "fulfilments": _known(Fulfilment, []),
            }
        return recording.Recorded(
            order=order,
            conversion=min(self.conversions, key=lambda conversion: conversion.pk, default=None),
            created=True,
            reasons=tuple(order.unattributed) or self.binding.reasons,
            warnings=tuple(order.warnings),
        )


def _convert(made, causes, at):
    """The conversions of new orders: by bonds that they made, and by those that their customers had."""
    firsts, owners = [], []
    for each, cause in zip(made, causes, strict=True):
        for bond in each.bonds:
            earlier = each.earlier(bond, at)
            if earlier is None:
                each.conversions.append(conversions.record(order=each.order, referral=bond, cause=cause, at=at))
            else:
                owners.append(each)
                firsts.append(conversions.First(order=each.order, referral=bond, cause=cause, earlier=earlier))
    for each, conversion in zip(owners, conversions.begin(firsts=firsts, at=at), strict=True):
        each.conversions.append(conversion)


def _known(model, rows):
    """Rows as a relation's answer that was asked for before."""
    answer = model.objects.all()
    answer._result_cache, answer._prefetch_done = rows, True
    return answer
