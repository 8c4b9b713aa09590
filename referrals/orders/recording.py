"""Take an order, bind its customer, make its conversion.

Locks, in this order: the customers' rows by id, the order, the referral, the conversion.
"""

from dataclasses import dataclass
from datetime import timedelta

from advocacy import customers, given, secret_codes
from advocacy.models import bulk
from advocacy.outbox.record import record as record_events
from advocacy.refusals import Refused
from referrals import attribution, conversions, events
from referrals.attribution.candidates import click_uuid
from referrals.models import Conversion, Fulfilment, Order, OrderStatus
from referrals.orders import fields as order_fields
from referrals.orders import finding, state

_LONGEST_CODE = 40
# The shop's clock is not ours, and a checkout may make the account a while after the order that it belongs to.
BOUND_SHORTLY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of one order.

    ``conversion``: the first of its conversions. ``replayed``: it was known, and nothing changed.
    ``reasons``: why it brought no conversion, or why its hints bound nobody. ``refusal``: set, and the rest empty,
    for an order of a list that was refused.
    """

    order: Order | None = None
    conversion: Conversion | None = None
    created: bool = False
    replayed: bool = False
    reasons: tuple = ()
    warnings: tuple = ()
    refusal: Refused | None = None


def lock(order, *, beside=None):
    """The order as it is now, with its customer's row, and that of whom else one speaks, locked before its own."""
    people = {person.pk: person for person in (order.customer, beside) if person}
    locked = {pk: customers.lock(people[pk]) for pk in sorted(people)}
    customer = locked[order.customer_id]
    order = Order.objects.select_for_update(no_key=True, of=["self"]).select_related("storefront").get(pk=order.pk)
    order.customer = customer
    return order


def answer(order, **said):
    conversion = order.conversions.filter(ended=False).select_related("referral", "program").order_by("id").first()
    said = {"reasons": tuple(order.unattributed), "warnings": tuple(order.warnings)} | said
    return Recorded(order=order, conversion=conversion, **said)


def create(*, storefront, values, names, source, at, lenient):
    """A new order of checked fields. The caller has waited for the turn of its names."""
    columns, warnings = order_fields.completed(values, at=at, lenient=lenient)
    person, just_made = customer_of(storefront, columns, at=at)
    order = Order(storefront=storefront, customer=person, recorded_at=at, warnings=warnings, version=1)
    order.digest, order.brought_by = given.digest(values), source
    take(order, columns)
    binding = attribution.bind(
        storefront=storefront,
        customer=person,
        hints=hints(columns),
        at=at,
        occurred_at=order.placed_at,
        just_made=just_made,
    )
    paid = order.status == OrderStatus.PAID
    bonds = bonds_then(order, binding) if paid else []
    order.unattributed = [] if bonds else why_not(order, binding)
    bulk.insert([order])
    finding.remember(order, names)
    told = state.draft(
        order,
        events.ORDER_RECORDED,
        before=state.NOTHING,
        referred=bool(bonds),
        occurred_at=order.paid_at if paid else order.placed_at,
    )
    cause = record_events([told], at=at)[0]
    made = convert(order, bonds, cause=cause, at=at, new=binding.new if order.placed_at <= at else {})
    # What was just written need not be asked for.
    order._prefetched_objects_cache = {"conversions": _known(Conversion, made), "fulfilments": _known(Fulfilment, [])}
    return Recorded(
        order=order,
        conversion=min(made, key=lambda conversion: conversion.pk, default=None),
        created=True,
        reasons=tuple(order.unattributed) or binding.reasons,
        warnings=tuple(order.warnings),
    )


def _known(model, rows):
    """Rows as a relation's answer that was asked for before."""
    answer = model.objects.all()
    answer._result_cache, answer._prefetch_done = rows, True
    return answer


def customer_said(storefront, said, *, at):
    """Who is named or told, as far as they are known yet; not locked."""
    if isinstance(said, str):
        return customers.named(storefront=storefront, name=said)
    return customers.known(storefront=storefront, fields=said, at=at)


def customer_of(storefront, columns, *, at, guest=None):
    """``(who bought, whether they were made now)``: named by id, or told in the order; a guest where nobody is told.

    Who was told is locked.
    """
    said = columns.get("customer", {})
    if isinstance(said, str):
        return customers.named(storefront=storefront, name=said), False
    # An order says how its customer was then: newer news of the customer stay.
    said = {"updated_at": columns["updated_at"]} | said
    return customers.upsert(storefront=storefront, fields=said, at=at, guest=guest)


def hints(columns):
    return attribution.Hints(
        code=columns.get("referral_code"),
        coupon_codes=tuple(columns.get("coupon_codes", ())),
        click_id=columns.get("click_id"),
    )


def take(order, columns):
    """Write the columns into the row; answers whether anything but the time of the news changed."""
    columns = {name: value for name, value in columns.items() if name != "customer"} | _codes(order, columns)
    if "click_id" in columns:
        columns["click_id"] = click_uuid(columns["click_id"])
    changed = {name for name, value in columns.items() if getattr(order, name) != value}
    for name in changed:
        setattr(order, name, columns[name])
    return bool(changed - {"updated_at"})


def _codes(order, columns):
    """As they are kept: a code that is worth money only by its coupon's id, wherever it was typed."""
    coupons, typed = columns.get("coupon_codes", ()), columns.get("referral_code", "")
    *coupons, typed = secret_codes.hidden(storefront=order.storefront_id, codes=[*coupons, typed])
    kept = {"coupon_codes": coupons, "referral_code": typed[:_LONGEST_CODE]}
    return {name: value for name, value in kept.items() if name in columns}


def bonds_then(order, binding):
    """The bonds that held when the order was placed: whoever came later did not bring it."""
    return [bond for bond in binding.referrals if bond.bound_at <= order.placed_at + BOUND_SHORTLY_AFTER]


def why_not(order, binding):
    """The reasons why an order is no conversion."""
    waiting = {
        OrderStatus.PENDING: [{"key": "order_unpaid"}],
        OrderStatus.CANCELLED: [{"key": "order_cancelled"}],
    }
    if bonds_then(order, binding):
        return waiting.get(order.status, [])
    return [{"key": "before_binding"}] if binding.referrals else list(binding.reasons)


def convert(order, referrals, *, cause, at, new=()):
    """The conversions by these bonds; ``new``: those made in this transaction, as ``Binding.new``."""
    return [
        conversions.record(order=order, referral=referral, cause=cause, at=at, earlier=dict(new).get(referral.pk))
        for referral in sorted(referrals, key=lambda referral: referral.pk)
    ]
