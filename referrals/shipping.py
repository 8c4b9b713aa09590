"""When an order was on its way, and when it was there: as a whole, from its fulfilments. Pure."""

from referrals import lines


def since(order, parcels, returned):
    """The moment from which everything physical of the order was in some parcel, or None.

    ``parcels``: ``[(moment, products)]``; one without products holds the whole order. ``returned``: the products that
    refunds name; what came back before it was sent is not waited for.
    """
    if lines.is_digital(order.products):
        return None
    back = lines.pieces(order.products, returned)
    missing = [
        max(lines.quantity(line) - gone, 0) if lines.needs_shipping(line) else 0
        for line, gone in zip(order.products, back, strict=True)
    ]
    for moment, products in sorted(parcels, key=lambda parcel: parcel[0]):
        sent = lines.pieces(order.products, products)
        missing = [max(wanted - part, 0) for wanted, part in zip(missing, sent, strict=True)]
        if not products or (order.products and not any(missing)):
            return moment
    return None
