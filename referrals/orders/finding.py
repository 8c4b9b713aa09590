"""Which order is meant: by the storefront's own id of it, or by any other name that it goes by.

A payment is one order, whether it is told by its session, its charge or its invoice, and by whoever tells it.
"""

from django.db import connection
from django.db.models import Q

from advocacy.models import bulk
from referrals.models import Order, OrderIdentifier

EXTERNAL = "external_id"
# What of an order's ``identifiers`` names it.
KINDS = ("number", "payment_intent", "invoice", "charge", "session")
# The number of an order where its storefront has several shops: see ``by_number_of_a_shop``.
SHOP_NUMBER = "shop_number"
_LONGEST = 200


def names_of(values):
    """``[(kind, value)]`` of the names in an order's fields, its external id first."""
    said = values.get("identifiers") or {}
    found = [(EXTERNAL, values["external_id"])] if values.get("external_id") else []
    for kind in KINDS:
        if kind in said and (name := _name(said[kind])):
            found.append((kind, name))
    return found


def _name(value):
    """As it is kept; "" of what names nothing."""
    is_one = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip().lstrip("#")[:_LONGEST] if is_one else ""


def by_number_of_a_shop(values):
    """``[(kind, value)]`` by which an order of one of several shops is found by its number; [] without one.

    Several shops count from the same number on, so the number alone is no name: what was paid belongs to it.
    """
    number, paid = number_of(values), (values.get("total_minor"), values.get("currency"))
    return [(SHOP_NUMBER, f"{number} {paid[0]} {paid[1]}"[:_LONGEST])] if number and None not in paid else []


def number_of(values):
    """Its number, without the # that some shops write; "" without one."""
    said = values.get("identifiers") or {}
    return _name(said.get(SHOP_NUMBER) or said.get("number"))


def called(text, *, storefronts):
    """The Orders of these storefronts that go by this number, with or without its #, id of another source or name of
    a payment.

    By the external id first, which alone is asked where it is one; several shops may have used one number. What is
    found by no name as it is written is looked for without its # and in capitals and small letters.
    """
    mine, plain = Order.objects.filter(storefront__in=storefronts), text.strip().lstrip("#")[:_LONGEST]
    for spelling in dict.fromkeys(each for each in (text, plain, plain.upper(), plain.lower()) if each):
        if mine.filter(external_id=spelling).exists():
            return mine.filter(external_id=spelling)
        named = OrderIdentifier.objects.filter(_named(spelling), storefront__in=storefronts).values("order")
        if mine.filter(pk__in=named).exists():
            return mine.filter(pk__in=named)
    return mine.none()


def _named(text):
    plain = text.strip().lstrip("#")[:_LONGEST]
    of_source = Q(kind=EXTERNAL, value=text)
    if not plain:
        return of_source
    return of_source | Q(kind__in=KINDS, value=plain) | Q(kind=SHOP_NUMBER, value__startswith=f"{plain} ")


def written(names):
    """The names as they are kept with what waits for their order."""
    return [f"{kind}:{value}" for kind, value in names]


def wait_for_turn(storefront, names, *, patience=None):
    """Calls of one order go one after the other; found out at the insert, two would hold what the other needs.

    ``patience``: how long this transaction waits for any lock, such as "300ms"; else as long as it takes.
    """
    waiting = f"SET LOCAL lock_timeout = '{patience}';" if patience else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{waiting} SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",  # noqa: S608
            [bulk.array(sorted([f"order {storefront.pk} {name}" for name in written(names)]))],
        )


# Also by the external id that another source gave it.
_KNOWN = """
    SELECT 'external_id', external_id, id, 0 FROM referrals_order WHERE storefront_id = %s AND external_id = ANY(%s)
    UNION ALL
    SELECT kind, value, order_id, 1 FROM referrals_orderidentifier name
        JOIN unnest(%s::text[], %s::text[]) AS said (kind, value) USING (kind, value) WHERE name.storefront_id = %s
"""


def of(*, storefront, names):
    """The order of these names, or None. Its external id goes before the others; of several orders the oldest."""
    (known,) = ids_of(storefront, [names])
    return Order.objects.select_related("customer").get(pk=known) if known else None


def ids_of(storefront, each):
    """For each list of names the id of the order that ``of`` finds, or None."""
    if not any(each):
        return [None] * len(each)
    kinds, values = zip(*dict.fromkeys([name for names in each for name in names]), strict=True)
    own = [value for kind, value in zip(kinds, values, strict=True) if kind == EXTERNAL]
    found = {}
    with connection.cursor() as cursor:
        parameters = [storefront.pk, bulk.array(own), bulk.array(kinds), bulk.array(values), storefront.pk]
        cursor.execute(_KNOWN, parameters)
        for kind, value, order, place in cursor.fetchall():
            found[kind, value] = min(found.get((kind, value), (place, order)), (place, order))
    if not found:
        return [None] * len(each)
    return [min((found[name] for name in names if name in found), default=(0, None))[1] for names in each]


def remember(order, names):
    """Keep the names of an order; answers those that name another order already."""
    mine = remember_all([(order, names)])
    if not mine:
        return []
    known = OrderIdentifier.objects.filter(order=order).values_list("kind", "value")
    return sorted({(each.kind, each.value) for each in mine} - set(known))


def remember_all(named):
    """Keep the names of many orders, ``[(order, names)]``; those that name another order already stay so."""
    mine = _identifiers(named)
    if mine:
        table, columns, values = bulk.literals(mine)
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} ({columns}) VALUES {values} ON CONFLICT DO NOTHING")  # noqa: S608
    return mine


def remember_new(named):
    """The same of orders that nobody knew by any of these names, whose turn their caller waited for."""
    names = [(order, kind, value) for order, names in named for kind, value in _beside(order, names)]
    if 0 < len(names) <= bulk.FEW:
        bulk.insert(_identifiers(named))
    elif names:
        orders, kinds, values = (list(each) for each in zip(*names, strict=True))
        bulk.insert_columns(
            OrderIdentifier,
            same={"storefront_id": orders[0].storefront_id},
            each={"order_id": [order.pk for order in orders], "kind": kinds, "value": values},
        )


def _beside(order, names):
    """The names that are not its own external id, each once."""
    own = (EXTERNAL, order.external_id)
    return [name for name in dict.fromkeys(names) if name != own]


def _identifiers(named):
    return [
        bulk.made(OrderIdentifier, storefront_id=order.storefront_id, order=order, kind=kind, value=value)
        for order, names in named
        for kind, value in _beside(order, names)
    ]
