"""Orders of a file, and what was given back of them."""

from advocacy import given, history
from advocacy.refusals import Refused
from referrals import orders
from referrals.imports import outcomes
from referrals.models import Order, OrderStatus, Source


def take(*, row, read, outcome, at):
    """Add to the Outcome what became of ``[(line, fields)]``."""
    read, back = _readable(read, outcome)
    if row.past_until and row.storefront.history_imported_at is None:
        history.imported(storefront=row.storefront, at=at)
    past = [_is_past(row, fields, at) for _, fields in read]
    told = orders.bring_all(
        storefront=row.storefront, orders=[fields for _, fields in read], source=Source.IMPORT, at=at, past=past
    )
    for (line, _), answer in zip(read, told, strict=True):
        if answer.created:
            _warn_of_too_much(answer.order, back[line])
    refunded = _refund_new(read, told, back, at)
    taken = zip(read, told, strict=True)
    known = _known(
        row, [fields for (line, fields), answer in taken if back[line] and line not in refunded and not answer.refusal]
    )
    for (line, fields), answer in zip(read, told, strict=True):
        if answer.refusal:
            outcome.add(line, outcomes.REFUSED, answer.refusal.message)
            continue
        try:
            more = back[line] and line not in refunded and _refund(known, back[line], fields, at)
        except Refused as refused:
            outcome.add(line, outcomes.REFUSED, f"The order is kept; what was given back is not: {refused.message}")
            continue
        changed = more or not answer.replayed
        outcome.add(line, outcomes.NEW if answer.created else outcomes.changed_if(changed))


def _readable(read, outcome):
    """``(read without the refused, {line: what was given back})``."""
    kept, back = [], {}
    for line, fields in read:
        try:
            amount = fields.pop("refunded_minor", None)
            back[line] = 0 if amount is None else given.amount("refunded_minor", amount)
            kept.append((line, fields))
        except Refused as refused:
            outcome.add(line, outcomes.REFUSED, refused.message)
    return kept, back


def _is_past(row, fields, at):
    if row.past_until is None:
        return False
    placed = fields.get("placed_at")
    try:
        return given.moment("placed_at", placed, at=at) < row.past_until if placed else True
    except Refused:
        return True


def _refund_new(read, told, back, at):
    """The lines of new orders whose refunds could be taken together."""
    new = [
        (line, answer.order, _refund_of(answer.order, back[line], fields))
        for (line, fields), answer in zip(read, told, strict=True)
        if back[line] and answer.created and answer.order.status != OrderStatus.CANCELLED
    ]
    new = [(line, order, refund) for line, order, refund in new if refund["amount_minor"] > 0]
    shared = orders.refund_new(told=[each[1:] for each in new], source=Source.IMPORT, at=at)
    return {line for (line, *_), is_shared in zip(new, shared, strict=True) if is_shared}


def _known(row, told):
    """``{external id: order}`` of those of which something was given back."""
    names = [fields["external_id"] for fields in told if fields.get("external_id")]
    if not names:
        return {}
    found = Order.objects.filter(storefront=row.storefront, external_id__in=names).select_related("customer")
    return {order.external_id: order for order in found}


def _refund(known, back, fields, at):
    """A file tells the sum: what others told of it already is no further refund."""
    order = known.get(fields["external_id"])
    if order is None or order.status == OrderStatus.CANCELLED:
        return False
    refund = _refund_of(order, back, fields)
    if refund["amount_minor"] <= 0:
        return False
    orders.refund(order=order, refund=refund, at=at, lenient=True, source=Source.IMPORT)
    # The same order may stand in a later line, with a greater sum.
    order.refunded_minor += refund["amount_minor"]
    return True


def _warn_of_too_much(order, back):
    """More given back than the order cost is taken as all of it, and told on the order."""
    if back > order.total_minor:
        said = {"code": "refund_above_order", "amount_minor": back, "total_minor": order.total_minor}
        order.warnings = [*order.warnings, said]
        Order.objects.filter(pk=order.pk).update(warnings=order.warnings)


def _refund_of(order, back, fields):
    missing = min(back, order.total_minor) - order.refunded_minor
    when = fields.get("updated_at") or fields.get("paid_at") or fields.get("placed_at")
    return {"refund_id": f"import-{back}", "amount_minor": missing, "refunded_at": when}
