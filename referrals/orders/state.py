"""What an order counts for, and the facts of its events."""

from dataclasses import dataclass

from django.db.models import Sum

from advocacy import money
from advocacy.outbox.record import Draft
from referrals import lines
from referrals.models import OrderStatus


@dataclass(frozen=True)
class State:
    """How an order counts at one moment; the changes of two states add up, whatever their order."""

    counts: int = 0
    revenue_kept_minor: int = 0
    refunded_minor: int = 0


NOTHING = State()


def of(order):
    paid = order.status == OrderStatus.PAID
    # What was never paid is not given back when it is cancelled.
    returned = order.status == OrderStatus.CANCELLED and order.paid_at is not None
    return State(
        counts=int(paid),
        revenue_kept_minor=revenue_kept(order) if paid else 0,
        refunded_minor=order.total_minor if returned else order.refunded_minor,
    )


def revenue_kept(order):
    """The revenue after refunds, at the order's own rate."""
    if not order.refunded_minor:
        return order.revenue_minor
    return money.share(order.revenue_minor, order.total_minor - order.refunded_minor, order.total_minor)


def draft(order, event_type, *, before, referred, occurred_at):
    """The event of an order whose state was ``before``."""
    return Draft(
        type=event_type,
        subject=order,
        storefront=order.storefront,
        customer=order.customer,
        facts=facts(order, before=before, referred=referred),
        occurred_at=occurred_at,
    )


def facts(order, *, before, referred):
    """What the event of an order says whose state was ``before``."""
    now = of(order)
    cancelled = order.status == OrderStatus.CANCELLED
    return {
        "status": str(order.status),
        "currency": order.currency,
        "total_minor": order.total_minor,
        "basis_minor": order.total_minor,
        "revenue_minor": order.revenue_minor,
        "refunded_minor": order.total_minor if cancelled else order.refunded_minor,
        "cancelled": cancelled,
        # Rules owe nothing for an order of the past, whatever is told of it later.
        "stands": bool(now.counts) and not order.history,
        "referred": referred,
        "coupon_codes": order.coupons_used,
        "country": order.country,
        "placed_at": order.placed_at.isoformat(),
        "paid_at": _moment(order.paid_at),
        "shipped_at": _moment(order.shipped_at),
        "delivered_at": _moment(order.delivered_at),
        "digital": lines.is_digital(order.products),
        "orders_change": now.counts - before.counts,
        "revenue_change_minor": now.revenue_kept_minor - before.revenue_kept_minor,
        "refunded_change_minor": now.refunded_minor - before.refunded_minor,
    }


def _moment(value):
    return value.isoformat() if value else None


def refunded_sum(order):
    """Σ of the refunds not undone; may pass the total where a platform says so."""
    return order.refunds.counted().aggregate(sum=Sum("amount_minor"))["sum"] or 0
