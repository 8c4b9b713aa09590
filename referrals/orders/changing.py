"""Take what is new of an order: paid, cancelled, corrected."""

from advocacy import given, ids, persons
from advocacy.outbox.record import record as record_events
from referrals import attribution, conversions, events
from referrals.models import OrderStatus, Referral
from referrals.orders import fields as order_fields
from referrals.orders import finding, fulfilments, recording, state


def apply(order, values, *, at, lenient=False, warnings=()):
    """Take checked fields of an order, which is locked with its customer and whom the fields speak of.

    The newest ``updated_at`` (default: ``at``) wins; an older one changes nothing and is answered as outdated.
    Refuses another ``currency`` (``currency_changed``). ``warnings`` are noted on the order.
    """
    columns, found = order_fields.completed(values, at=at, lenient=lenient, stored=order)
    warnings = [*warnings, *found]
    if columns["updated_at"] < order.updated_at:
        return recording.answer(order, replayed=True, outdated=True)
    if columns["currency"] != order.currency:
        given.refuse("currency", f"The order's currency is {order.currency} and stays so.", code="currency_changed")
    before, was_paid = state.of(order), order.status == OrderStatus.PAID
    warnings += _take_customer(order, columns, at)
    if order.customer.erased_at:
        columns = recording.of_nobody(order.storefront_id, columns)
    warnings += _remember(order, values)
    binding = _bind(order, values, at)
    total_before = order.total_minor
    changed = recording.take(order, columns)
    changed = _warn(order, warnings) or changed
    paid = order.status == OrderStatus.PAID
    converted = set(order.conversions.filter(ended=False).values_list("program_id", flat=True))
    new = [bond for bond in recording.bonds_then(order, binding) if bond.program_id not in converted]
    new = new if paid and (binding.created or not was_paid) else []
    if not changed and not new:
        order.save(update_fields=["updated_at"])
        return recording.answer(order, replayed=True)
    order.unattributed = [] if converted or new else _why_not(order, binding, was_paid and paid)
    _follow_refunds(order, total_before)
    fulfilments.keep_moments(order)
    order.version += 1
    order.save()
    told = state.draft(
        order,
        events.ORDER_CHANGED,
        before=before,
        referred=bool(converted or new),
        occurred_at=order.paid_at if paid and not was_paid else order.updated_at,
    )
    cause = record_events([told], at=at)[0]
    conversions.adjust(order=order, cause=cause, at=at)
    recording.convert(order, new, cause=cause, at=at)
    return recording.answer(order)


def _remember(order, values):
    others = finding.remember(order, finding.names_of(values)) if "identifiers" in values else []
    return [{"code": "names_another_order", "name": name} for name in finding.written(others)]


def _take_customer(order, columns, at):
    """News of the person; an order stays with who bought it, but a guest may get a name. Answers warnings."""
    if "customer" not in columns:
        return []
    guest = order.customer if not (order.customer.external_id or order.customer.email) else None
    person, _ = recording.customer_of(order.storefront, columns, at=at, guest=guest)
    if person.person_id != order.customer.person_id:
        return [{"code": "customer_differs", "customer": ids.encode("cus", person.public_id)}]
    if person.pk == order.customer_id:
        order.customer = person
    return []


def _bind(order, values, at):
    if order.history:
        return attribution.Binding(referral=None, reasons=tuple(order.unattributed))
    if any(name in values for name in order_fields.HINTS):
        return attribution.bind(
            storefront=order.storefront,
            customer=order.customer,
            hints=recording.hints(values),
            at=at,
            occurred_at=order.placed_at,
            order=order,
        )
    bonds = Referral.objects.filter(friend__in=persons.ids_of(order.customer), ended_at=None).order_by("id")
    return attribution.Binding(referral=None, reasons=tuple(order.unattributed), referrals=tuple(bonds))


def _why_not(order, binding, paid_before):
    # A bond that came after the payment makes no conversion of it: what was said then stays said.
    return list(order.unattributed) if paid_before and binding.referrals else recording.why_not(order, binding)


def _follow_refunds(order, total_before):
    """More may have been given back than the order costs by now."""
    refunded, total = state.refunded_sum(order), order.total_minor
    order.refunded_minor = min(total, refunded)
    if total < min(refunded, total_before):
        _warn(order, [{"code": "refund_above_order", "amount_minor": refunded, "total_minor": total}])


def _warn(order, warnings):
    new = [warning for warning in warnings if warning not in order.warnings]
    order.warnings = [*order.warnings, *new]
    return bool(new)
