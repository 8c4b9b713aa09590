"""Money of an order given back, and taken back again. Each refund counts once, by its own id."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from advocacy import given, money
from advocacy.outbox.record import record as record_events
from advocacy.refusals import Conflict, NotFound, Refused
from referrals import conversions, events, lines
from referrals.models import Refund, RefundKind, Source
from referrals.orders import fields as order_fields
from referrals.orders import fulfilments, pieces, recording, state

# Two sources tell of one refund within so long.
_TOLD_WITHIN = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """``remaining_minor``: how much of the order can still be refunded."""

    refund: Refund
    remaining_minor: int
    created: bool


def refund(*, order, refund, at, lenient=False, source=Source.API):
    """Give back money of an order: ``refund_id``, ``amount_minor`` or ``products``; kind, reason, refunded_at.

    Without an amount it is what the named lines cost. The same refund again is replayed, another one under its id a
    Conflict. Refuses ``refund_above_order`` and more pieces than remain; ``lenient`` stores the former, cuts the
    latter, and warns on the order. What another source told already, the same amount at about the same time, is kept
    and counts once.
    """
    said = checked(refund, at)
    digest = given.digest(said)
    columns = {"refunded_at": at} | said
    columns["refunded_at"] = min(columns["refunded_at"], at)
    with transaction.atomic():
        order = recording.lock(order)
        if order.customer.erased_at:
            columns["reason"] = ""
        known = order.refunds.filter(refund_id=columns["refund_id"]).first()
        if known:
            return _replay(order, known, digest, lenient)
        # What another source told of too came back already, by its amount.
        same = _told_elsewhere(order, columns, source) if "amount_minor" in columns else None
        if columns.get("products") and same is None:
            _fit_pieces(order, columns, lenient)
        if "amount_minor" not in columns:
            columns["amount_minor"] = _cost(order, columns["products"])
            same = _told_elsewhere(order, columns, source)
        remaining = _remaining(order)
        if same is None and columns["amount_minor"] > remaining:
            _too_much(order, columns, remaining, lenient)
        if columns["refunded_at"] < order.placed_at - order_fields.CLOCKS_DIFFER:
            told = {"code": "refund_before_order", "refund_id": columns["refund_id"]}
            order.warnings = [*order.warnings, told]
        made = Refund.objects.create(
            order=order, recorded_at=at, digest=digest, brought_by=source, same_as=same, **columns
        )
        _follow(order, occurred_at=made.refunded_at, at=at)
    return Refunded(refund=made, remaining_minor=_remaining(order), created=True)


def undo_refund(*, order, refund_id, at):
    """A refund did not happen after all. Undone before: nothing changes. NotFound where the order has no such one."""
    with transaction.atomic():
        order = recording.lock(order)
        undone = order.refunds.filter(refund_id=refund_id).first()
        if undone is None:
            raise NotFound("unknown_refund", "This order has no such refund.")
        if undone.undone_at is None:
            first = undone.same_as or undone
            for each in [first, *first.told_again.all()]:
                each.undone_at = at
                each.save(update_fields=["undone_at"])
            undone.undone_at = at
            _follow(order, occurred_at=at, at=at)
    return Refunded(refund=undone, remaining_minor=_remaining(order), created=False)


def checked(refund, at):
    """The fields that were given, each as it is stored."""
    checks = {
        "refund_id": lambda name, value: given.text(name, value, longest=200, required=True),
        "kind": lambda name, value: given.choice(name, value, RefundKind),
        "reason": lambda name, value: given.text(name, value, longest=200),
        "refunded_at": lambda name, value: given.moment(name, value, at=at),
        "products": order_fields.lines,
        "amount_minor": given.amount,
    }
    given.known(refund, checks)
    said = {name: check(name, refund[name]) for name, check in checks.items() if refund.get(name) is not None}
    if "refund_id" not in said:
        given.refuse("refund_id", "refund_id is missing.", code="missing_field")
    if "amount_minor" not in said and not said.get("products"):
        given.refuse("amount_minor", "Say amount_minor, or the products that came back.", code="missing_field")
    return said


def _fit_pieces(order, columns, lenient):
    """Only what was bought comes back, and each piece once."""
    fitted, cut = pieces.fit(order, columns["products"], by_amount="amount_minor" in columns, lenient=lenient)
    columns["products"] = fitted
    told = {"code": "pieces_above_order", "refund_id": columns["refund_id"]}
    order.warnings = [*order.warnings, *(told | each for each in cut)]


def _cost(order, products):
    """What the named lines cost: price × quantity, minus their share of the line's discount."""
    return sum(lines.cost(order.products[lines.find(order.products, line)], line) for line in products)


def _told_elsewhere(order, columns, source):
    """The refund of another source that these fields tell of too, which nobody of this source told of yet."""
    moment, told = columns["refunded_at"], order.refunds.filter(brought_by=source, same_as__isnull=False)
    others = order.refunds.counted().filter(
        amount_minor=columns["amount_minor"],
        refunded_at__range=(moment - _TOLD_WITHIN, moment + _TOLD_WITHIN),
    )
    return others.exclude(brought_by=source).exclude(pk__in=told.values("same_as")).order_by("id").first()


def _replay(order, known, digest, lenient):
    if bytes(known.digest) != digest and not lenient:
        said = f"Another refund of this order was recorded as {known.refund_id}."
        raise Conflict("idempotency_conflict", said, errors={"refund_id": said})
    return Refunded(refund=known, remaining_minor=_remaining(order), created=False)


def _remaining(order):
    return max(order.total_minor - state.refunded_sum(order), 0)


def _too_much(order, columns, remaining, lenient):
    amount = columns["amount_minor"]
    if not lenient:
        shown = f"{remaining} ({money.plain(remaining, order.currency)})"
        said = f"The refund of {amount} is more than remains of the order: {shown}."
        raise Refused("refund_above_order", said, errors={"amount_minor": said})
    warning = {"code": "refund_above_order", "refund_id": columns["refund_id"], "amount_minor": amount}
    order.warnings = [*order.warnings, warning | {"remaining_minor": remaining}]


def _follow(order, *, occurred_at, at):
    """Bring the order to the sum of its refunds, tell it, and let its conversions follow."""
    before = state.of(order)
    order.refunded_minor = min(order.total_minor, state.refunded_sum(order))
    fulfilments.keep_moments(order)
    order.version += 1
    order.save(update_fields=["refunded_minor", "shipped_at", "delivered_at", "warnings", "version"])
    referred = order.conversions.exists()
    told = state.draft(order, events.ORDER_REFUNDED, before=before, referred=referred, occurred_at=occurred_at)
    cause = record_events([told], at=at)[0]
    conversions.adjust(order=order, cause=cause, at=at)
