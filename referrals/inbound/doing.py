"""Do what a message came to: calls of the same verbs that the API calls. The caller holds a transaction."""

from django.db import transaction

from advocacy import connections, customers, merging, twins
from advocacy.models import Connection, Customer
from advocacy.refusals import Conflict, Refused
from referrals import orders
from referrals.inbound import calls, privacy, refunded_sums
from referrals.inbound.waits import NotYet
from referrals.models import Refund

__all__ = ["NotYet", "do"]


def do(reading, *, connection, source, at):
    """Do the calls of a reading in their order; answers what was odd, as sentences.

    Raises ``NotYet`` where it speaks of something that is not here, and Refused where it cannot be read.
    """
    if reading.shop and connection.shop and reading.shop != connection.shop.lower():
        said = f"It is of the shop {reading.shop!a}, and this connection of {connection.shop!a}. Nothing was done."
        raise Refused("another_shop", said)
    storefront = twins.of(connection.storefront, at=at) if reading.test else connection.storefront
    at = twins.clock(storefront, at)
    about = {"storefront": storefront, "source": source, "connection": connection, "at": at}
    noted = [_DO[type(call)](call, **about) for call in reading.calls]
    return [*reading.notes, *filter(None, noted)]


def _order(call, *, storefront, source, connection, at):
    fields = call.fields
    if _is_one_of_several(connection):
        # Each shop numbers its orders from the same number on; an invoice's number is another one than an order's.
        fields = fields | {"identifiers": dict(fields.get("identifiers", {}))}
        number = fields["identifiers"].pop("number", None)
        kind = "invoice_number" if connection.platform == "stripe" else "shop_number"
        fields["identifiers"] |= {kind: number} if number else {}
    order = orders.bring(storefront=storefront, fields=fields, unread=call.unread, source=source, at=at).order
    if order:
        refunded_sums.even_out(order=order, source=source, at=at)
    return f"No amounts, counted as 0: {', '.join(call.unread)}." if call.unread else ""


def _is_one_of_several(connection):
    others = Connection.objects.filter(storefront=connection.storefront_id).exclude(pk=connection.pk)
    return others.exclude(platform="stripe").exists()


def _refund(call, *, storefront, source, connection, at):
    names, refund = _known(call.names), call.fields
    if order := orders.named(storefront=storefront, names=names):
        refunded_sums.make_room(order=order, refund_id=refund.get("refund_id"), source=source, at=at)
    orders.bring_refund(storefront=storefront, names=names, refund=refund, source=source, at=at)
    if order := order or orders.named(storefront=storefront, names=names):
        refunded_sums.even_out(order=order, source=source, at=at)


def _all_refunds(call, *, storefront, source, connection, at):
    names = _known(call.names)
    order = orders.named(storefront=storefront, names=names)
    # An older message does not know what was given back since.
    if order and order.brought_by == source and call.told_at and call.told_at < order.updated_at:
        return "Newer news of its refunds were here."
    for refund in call.refunds:
        orders.bring_refund(storefront=storefront, names=names, refund=refund, source=source, at=at)
    gone = Refund.objects.filter(order=order, brought_by=source, undone_at=None).exclude(refund_id__in=call.there)
    for refund_id in gone.order_by("id").values_list("refund_id", flat=True) if order else ():
        orders.undo_refund(order=order, refund_id=refund_id, at=at)
    return ""


def _refunded_sum(call, *, storefront, source, connection, at):
    order = orders.named(storefront=storefront, names=_known(call.names))
    if order is None:
        raise NotYet("The order of this payment is not here yet.")
    refunded_sums.take(order=order, call=call, source=source, at=at)


def _names(call, *, storefront, source, connection, at):
    if orders.bring_names(storefront=storefront, names=_known(call.names), at=at) is None:
        raise NotYet("The order of this payment is not here yet.")


def _undo(call, *, storefront, source, connection, at):
    names = _known(call.names)
    orders.bring_undone_refund(storefront=storefront, names=names, refund_id=call.refund_id, source=source, at=at)


def _fulfilment(call, *, storefront, source, connection, at):
    names = _known(call.names)
    try:
        with transaction.atomic():
            orders.bring_fulfilment(storefront=storefront, names=names, fulfilment=call.fields, source=source, at=at)
    except Conflict:
        return "A parcel was told differently before; what was said first stays."
    return ""


def _customer(call, *, storefront, source, connection, at):
    _told_of(call.fields, storefront, source, at)


def _told_of(fields, storefront, source, at):
    """The customer. Whom the platform made known is kept, for when it asks that they are forgotten."""
    customer, created = customers.upsert(storefront=storefront, fields=fields, at=at)
    if created:
        Customer.objects.filter(pk=customer.pk).update(brought_by=source)
    return customer


def _merge(call, *, storefront, source, connection, at):
    kept, lost = (customers.find(storefront=storefront, external_id=name) for name in (call.keep, call.lose))
    if kept is None or lost is None:
        # Who was never here has nothing that could be moved; the other name is kept for whatever comes by it.
        kept = kept or _told_of({"external_id": call.keep}, storefront, source, at)
        lost = lost or _told_of({"external_id": call.lose}, storefront, source, at)
    if kept.pk != lost.pk:
        merging.merge(survivor=kept, merged=lost, source=source, at=at)


def _privacy(call, *, storefront, source, connection, at):
    said = {"kind": call.kind, "fields": call.fields, "reference": call.reference, "orders": call.orders}
    privacy.ask(storefront=storefront, connection=connection, at=at, **said)


def _end(call, *, storefront, source, connection, at):
    connections.end(connection=connection)


def _known(names):
    if not any(value for _, value in names):
        raise Refused("unreadable", "It does not say which order it is about.")
    return names


_DO = {
    calls.TakeOrder: _order,
    calls.TakeRefund: _refund,
    calls.TakeAllRefunds: _all_refunds,
    calls.TakeRefundedSum: _refunded_sum,
    calls.NameOrder: _names,
    calls.UndoRefund: _undo,
    calls.TakeFulfilment: _fulfilment,
    calls.TakeCustomer: _customer,
    calls.MergeCustomers: _merge,
    calls.AskPrivacy: _privacy,
    calls.EndConnection: _end,
}
