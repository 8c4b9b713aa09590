"""Take what is said of orders, by the storefront's server, a platform or an import: each order once, whoever tells it.

The storefront's own calls are refused where they contradict themselves. What a platform or an import says is taken as
it is, with warnings.
"""

from django.db import transaction

from advocacy import given
from advocacy.refusals import Conflict, Refused
from referrals.models import Source
from referrals.orders import adding, changing, finding, recording, waiting
from referrals.orders import fields as order_fields


def record(*, storefront, orders, at, lenient=False):
    """Take a list of orders, each in a transaction of its own; answers a ``Recorded`` for each, in order.

    An order alone raises its refusal; one of several carries it, and the others are taken. The same order again is
    replayed; another one under the same external id is a Conflict ``idempotency_conflict``. To an order that another
    source told of first, it adds what was missing.
    """
    if len(orders) == 1:
        return [_record(storefront=storefront, fields=orders[0], at=at, lenient=lenient)]
    answers = []
    for fields in orders:
        try:
            answers.append(_record(storefront=storefront, fields=fields, at=at, lenient=lenient))
        except Refused as refusal:
            answers.append(recording.Recorded(refusal=refusal))
    return answers


def change(*, storefront, external_id, fields, at, lenient=False):
    """Take what is new of an order, or the order if it is new. What is not said stays.

    The newest ``updated_at`` (default: ``at``) wins; an older one changes nothing and is answered as replayed.
    Refuses another ``currency`` (``currency_changed``), and what ``record`` refuses.
    """
    if fields.get("external_id", external_id) != external_id:
        given.refuse("external_id", f"external_id differs from the order's own, {external_id}.")
    said = _Said(storefront, fields | {"external_id": external_id}, Source.API, at)
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create(lenient=lenient)
        if said.is_of_another_source(known):
            return said.add(known)
        order = said.locked(known)
        return changing.apply(order, said.values, at=at, lenient=lenient)


def bring(*, storefront, fields, source, at):
    """One order as a platform or an import tells it: new, changed, or known from elsewhere. Answers a ``Recorded``.

    Refuses only what cannot be read (``invalid_field``, ``missing_field``): its arithmetic is stored with warnings.
    """
    said = _Said(storefront, fields, source, at)
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create(lenient=True)
        if said.is_of_another_source(known):
            return said.add(known)
        order = said.locked(known)
        values, warnings = adding.in_its_currency(order, said.values | adding.kept_groups(order, said.values))
        return changing.apply(order, values, at=at, lenient=True, warnings=warnings)


def _record(*, storefront, fields, at, lenient):
    said = _Said(storefront, fields, Source.API, at)
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create(lenient=lenient)
        if said.is_of_another_source(known):
            return said.add(known)
        return _replay(known, given.digest(said.values))


def _replay(order, digest):
    if bytes(order.digest) != digest:
        said = f"Another order was recorded as {order.external_id}. Send changes of an order with PUT."
        raise Conflict("idempotency_conflict", said, errors={"external_id": said})
    return recording.answer(order, replayed=True)


class _Said:
    """The fields of one order, checked, with whom they come from."""

    def __init__(self, storefront, fields, source, at):
        self.storefront, self.source, self.at = storefront, source, at
        self.values = order_fields.checked(fields, at=at)
        self.names = finding.names_of(self.values)

    def known(self):
        """The order that is meant, if it is here; from now on nobody else makes it."""
        finding.wait_for_turn(self.storefront, self.names)
        return finding.of(storefront=self.storefront, names=self.names)

    def is_of_another_source(self, order):
        return order.brought_by != self.source or order.external_id != self.values.get("external_id")

    def create(self, *, lenient):
        made = recording.create(
            storefront=self.storefront,
            values=self.values,
            names=self.names,
            source=self.source,
            at=self.at,
            lenient=lenient,
        )
        waiting.take(order=made.order, at=self.at, names=self.names)
        return made

    def locked(self, order):
        said = self.values.get("customer")
        beside = said and recording.customer_said(self.storefront, said, at=self.at)
        return recording.lock(order, beside=beside)

    def add(self, order):
        order = self.locked(order)
        answer = adding.add(order, self.values, source=self.source, at=self.at)
        adding.name(order, self.names)
        waiting.take(order=order, at=self.at)
        return answer
