"""Stripe tells refunds twice: each by its own id, and what a charge gave back so far. Both together count once.

What the sum says beyond the refunds told by id stands as a refund of its own, named ``<charge>:<sum>:<rest>``, until
they are told too. Of a refund that failed the sum once knew, so undone ones count as told.
"""

from django.db import transaction

from referrals import orders
from referrals.models import RefundKind, Source
from referrals.orders import recording


def take(*, order, call, source, at):
    """So much of ``call.charge`` was given back; an older sum changes nothing."""
    even_out(order=order, source=source, at=at, told=call)


def make_room(*, order, refund_id, source, at):
    """Before a refund is told by its id: what stands for it goes first, or both would be more than the order."""
    if source != Source.STRIPE or order.refunds.filter(refund_id=refund_id).exists():
        return
    for each in order.refunds.filter(brought_by=source, kind=RefundKind.REFUND, undone_at=None).order_by("id"):
        if _is_of_a_sum(each):
            orders.undo_refund(order=order, refund_id=each.refund_id, at=at)


def even_out(*, order, source, at, told=None):
    """Let the rest be what the largest sum says beyond the refunds told by id."""
    if source != Source.STRIPE:
        return
    with transaction.atomic():
        order = recording.lock(order)
        mine = list(order.refunds.filter(brought_by=source, kind=RefundKind.REFUND).order_by("id"))
        sums = [each for each in mine if _is_of_a_sum(each)]
        if not sums and told is None:
            return
        by_id = sum(each.amount_minor for each in mine if not _is_of_a_sum(each))
        largest = max([int(each.refund_id.split(":")[1]) for each in sums] + [told.amount_minor if told else 0])
        standing = [each for each in sums if each.undone_at is None]
        rest = max(largest - by_id, 0)
        if sum(each.amount_minor for each in standing) == rest:
            return
        for each in standing:
            orders.undo_refund(order=order, refund_id=each.refund_id, at=at)
        if rest:
            charge = told.charge if told else sums[-1].refund_id.split(":")[0]
            moment = (told and told.refunded_at) or (sums[-1].refunded_at if sums else at)
            fields = {"refund_id": f"{charge[:150]}:{largest}:{rest}", "amount_minor": rest, "refunded_at": moment}
            orders.refund(order=order, refund=fields, source=source, at=at, lenient=True)


def _is_of_a_sum(refund):
    return refund.refund_id.count(":") == 2  # noqa: PLR2004 - charge, sum, rest
