"""A code that its customer enters after the order, where the program takes one so late."""

from datetime import timedelta

from django.db import transaction

from advocacy import persons, reasons
from advocacy.refusals import NotFound, Refused
from referrals import attribution
from referrals.attribution.byhand import convert_since
from referrals.models import Order, OrderStatus
from referrals.orders import changing, recording

_REASON = "The code was entered after the order."


def enter(*, customer, code, order=None, at):
    """The Referral: the order counts as if the code had come with it, and is decided by the rules of its own day.

    ``order``: one of the customer's; without it the first in time that counts for nobody. Refuses ``unknown_code``,
    ``late_codes_closed`` (the program takes none), ``no_order_in_time``, ``late_code_over``, and what speaks against
    the code by the reason's key. Nothing is written then.
    """
    link = attribution.link_of(storefront=customer.storefront, code=code)
    if link is None:
        raise NotFound("unknown_code", "No advocate has this code.")
    days = link.program.late_code_days
    if not days:
        raise Refused("late_codes_closed", "This program takes codes only with the order; see its late_code_days.")
    since = at - timedelta(days=days)
    order = order or _first(customer, link.program, since) or _counted(customer, link, since)
    if order is None:
        said = f"The customer has no order of the last {days} days that counts for nobody yet."
        raise Refused("no_order_in_time", said)
    age = (at - order.placed_at).days
    if at - order.placed_at > timedelta(days=days):
        raise Refused("late_code_over", reasons.staff("late_code_over", days=age, threshold=days))
    if over := _is_over(order):
        raise Refused(over, reasons.staff(over))
    with transaction.atomic():
        return _bring(order, link, at)


def _first(customer, program, since):
    mine = Order.objects.filter(customer__in=persons.ids_of(customer), placed_at__gte=since)
    open_ones = mine.exclude(status=OrderStatus.CANCELLED).exclude(
        conversions__program=program, conversions__ended=False
    )
    rows = open_ones.select_related("customer", "storefront").order_by("placed_at", "pk")
    return next((order for order in rows if not _is_over(order)), None)


def _counted(customer, link, since):
    """The order that this code brought already: the same said again is no news."""
    mine = Order.objects.filter(customer__in=persons.ids_of(customer), placed_at__gte=since)
    counted = mine.filter(conversions__referral__advocate=link.advocate_id, conversions__ended=False)
    return counted.select_related("customer", "storefront").order_by("placed_at", "pk").first()


def _is_over(order):
    """The reason key for which nothing of it can count, or ""."""
    if order.status == OrderStatus.CANCELLED:
        return "order_cancelled"
    return "wholly_refunded" if order.total_minor and order.refunded_minor >= order.total_minor else ""


def _bring(order, link, at):
    order = recording.lock(order)
    bond = attribution.bond_of(program=link.program, customer=order.customer)
    if bond is None:
        # Its own time stays: news of the shop that is under way is not older by it.
        said = {"referral_code": link.code, "updated_at": order.updated_at}
        taken = changing.apply(order, said, at=at, lenient=True)
        bond = attribution.bond_of(program=link.program, customer=order.customer)
        if bond is None:
            _refuse(taken.reasons)
        # What they ordered since then counts like what a bound friend orders.
        convert_since(bond, at)
        return bond
    if bond.advocate.person_id != link.advocate.person_id:
        _refuse([{"key": "attributed_to_other"}])
    if order.placed_at < bond.bound_at:
        since = order.placed_at.isoformat()
        return attribution.by_hand(advocate=link.advocate, friend=order.customer, reason=_REASON, since=since, at=at)
    return bond


def _refuse(said):
    first = next(iter(said), {"key": "no_attribution"})
    numbers = {name: value for name, value in first.items() if name != "key"}
    raise Refused(first["key"], reasons.staff(first["key"], **numbers))
