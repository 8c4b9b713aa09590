"""Parcels of an order: sent, and delivered. Each counts once, by its own id."""

from dataclasses import dataclass

from django.db import transaction

from advocacy import given
from advocacy.outbox.record import record as record_events
from advocacy.refusals import Conflict
from referrals import conversions, events, lines, shipping
from referrals.models import Fulfilment
from referrals.orders import fields as order_fields
from referrals.orders import recording, state

_MOMENTS = ("shipped_at", "delivered_at")


@dataclass(frozen=True, kw_only=True)
class Fulfilled:
    """``replayed``: it was known, and the call said nothing new of it."""

    fulfilment: Fulfilment
    created: bool = False
    replayed: bool = False


def fulfil(*, order, fulfilment, at, lenient=False):
    """Take what is known of a parcel: ``fulfilment_id``, shipped_at, delivered_at, products (none: the whole order).

    A new one without a moment was shipped at ``at``. A later call may add the moment that was missing; one that says
    something else of a known parcel is a Conflict. Refuses ``unknown_line``; ``lenient`` passes over such a line.
    """
    said = checked(fulfilment, at)
    with transaction.atomic():
        order = recording.lock(order)
        _check_lines(order, said, lenient)
        known = order.fulfilments.filter(fulfilment_id=said["fulfilment_id"]).first()
        news = said if known is None else _news(known, said)
        if known and not news:
            return Fulfilled(fulfilment=known, replayed=True)
        row = known or Fulfilment(order=order, recorded_at=at)
        for name, value in news.items():
            setattr(row, name, value)
        if known is None and not row.shipped_at and not row.delivered_at:
            row.shipped_at = at
        _check_order_of_moments(row, lenient)
        row.save()
        _follow(order, occurred_at=row.delivered_at or row.shipped_at, at=at)
    return Fulfilled(fulfilment=row, created=known is None)


def keep_moments(order):
    """Bring the order's own shipped_at and delivered_at up to date; the caller saves it."""
    parcels = list(order.fulfilments.values_list("shipped_at", "delivered_at", "products"))
    returned = [line for products in _returned(order) for line in products] if parcels else []
    # What was delivered had been shipped, also where nobody said when.
    shipped = [(shipped or delivered, products) for shipped, delivered, products in parcels]
    delivered = [(delivered, products) for _, delivered, products in parcels if delivered]
    order.shipped_at = shipping.since(order, shipped, returned)
    order.delivered_at = shipping.since(order, delivered, returned)


def _returned(order):
    return order.refunds.counted().values_list("products", flat=True)


def checked(fulfilment, at):
    """The fields that were given, each as it is stored."""
    checks = {
        "fulfilment_id": lambda name, value: given.text(name, value, longest=200, required=True),
        **dict.fromkeys(_MOMENTS, lambda name, value: min(given.moment(name, value, at=at), at)),
        "products": order_fields.lines,
    }
    given.known(fulfilment, checks)
    said = {name: check(name, fulfilment[name]) for name, check in checks.items() if fulfilment.get(name) is not None}
    if "fulfilment_id" not in said:
        given.refuse("fulfilment_id", "fulfilment_id is missing.", code="missing_field")
    return said


def _check_lines(order, said, lenient):
    for place, line in enumerate(said.get("products", ())):
        if not lenient and lines.find(order.products, line) is None:
            order_fields.refuse_line(f"products[{place}]")


def _news(known, said):
    """What a later call adds to a known parcel; a Conflict where it says something else."""
    different = [
        name for name, value in said.items() if getattr(known, name) != value and getattr(known, name) is not None
    ]
    if different:
        said = f"{known.fulfilment_id} was recorded with another {different[0]}; only what is missing can be added."
        raise Conflict("idempotency_conflict", said, errors={different[0]: said})
    return {name: value for name, value in said.items() if getattr(known, name) != value}


def _check_order_of_moments(row, lenient):
    if not lenient and row.shipped_at and row.delivered_at and row.delivered_at < row.shipped_at:
        said = "delivered_at is before shipped_at."
        given.refuse("delivered_at", said, code="delivered_before_shipped")


def _follow(order, *, occurred_at, at):
    """Tell the order's new state, and let its conversions follow."""
    before = state.of(order)
    keep_moments(order)
    order.version += 1
    order.save(update_fields=["shipped_at", "delivered_at", "version"])
    referred = order.conversions.exists()
    told = state.draft(order, events.ORDER_FULFILLED, before=before, referred=referred, occurred_at=occurred_at)
    cause = record_events([told], at=at)[0]
    conversions.adjust(order=order, cause=cause, at=at)
