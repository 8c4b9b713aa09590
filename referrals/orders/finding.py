"""Which order is meant: by the storefront's own id of it, or by any other name that it goes by.

A payment is one order, whether it is told by its session, its charge or its invoice, and by whoever tells it.
"""

from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q

from referrals.models import Order, OrderIdentifier

EXTERNAL = "external_id"
# What of an order's ``identifiers`` names it.
KINDS = ("number", "payment_intent", "invoice", "charge", "session")
_LONGEST = 200


def names_of(values):
    """``[(kind, value)]`` of the names in an order's fields, its external id first."""
    said = values.get("identifiers") or {}
    found = [(EXTERNAL, values["external_id"])] if values.get("external_id") else []
    for kind in KINDS:
        value = said.get(kind)
        if isinstance(value, str | int) and not isinstance(value, bool) and (text := str(value).strip().lstrip("#")):
            found.append((kind, text[:_LONGEST]))
    return found


def written(names):
    """The names as they are kept with what waits for their order."""
    return [f"{kind}:{value}" for kind, value in names]


def wait_for_turn(storefront, names):
    """Calls of one order go one after the other; found out at the insert, two would hold what the other needs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",
            [sorted(f"order {storefront.pk} {name}" for name in written(names))],
        )


def of(storefront, names):
    """The order of these names, or None. Its external id goes before the others; of several orders the oldest."""
    if not names:
        return None
    mine = Order.objects.filter(storefront=storefront).select_related("customer")
    order = mine.filter(external_id__in=[value for kind, value in names if kind == EXTERNAL]).first()
    if order is None:
        # Also by the external id that another source gave it.
        any_of = reduce(or_, [Q(kind=kind, value=value) for kind, value in names])
        known = OrderIdentifier.objects.filter(any_of, storefront=storefront).order_by("order_id")
        order = mine.filter(pk__in=known.values("order_id")[:1]).first()
    return order


def named(*, storefront, names):
    """The order that has one of these names, as it is now, or None."""
    return of(storefront, names)


def remember(order, names):
    """Keep the names of an order; answers those that name another order already."""
    mine = [(kind, value) for kind, value in names if (kind, value) != (EXTERNAL, order.external_id)]
    if not mine:
        return []
    OrderIdentifier.objects.bulk_create(
        [
            OrderIdentifier(storefront_id=order.storefront_id, order=order, kind=kind, value=value)
            for kind, value in mine
        ],
        ignore_conflicts=True,
    )
    known = OrderIdentifier.objects.filter(order=order).values_list("kind", "value")
    return sorted(set(mine) - set(known))
