"""The lines of an order: what each cost, earned and gave back, and which line another call means. No database."""

from advocacy import money

# A line may be named by any of these; the first that is said decides.
_NAMES = ("line_id", "variant_id", "product_id", "sku")


def find(products, said):
    """The place of the line that ``said`` names, or None."""
    name = next((name for name in _NAMES if name in said), None)
    places = (place for place, line in enumerate(products) if name and line.get(name) == said[name])
    return next(places, None)


def quantity(line):
    return line.get("quantity", 1)


def net(line):
    """Price × quantity − the line's discount."""
    return max(line.get("price_minor", 0) * quantity(line) - line.get("discount_minor", 0), 0)


def cost(line, returned):
    """What a part of this line cost, by ``returned``: its quantity, price and discount, or else the line's own."""
    pieces = returned.get("quantity", quantity(line))
    price = returned.get("price_minor", line.get("price_minor", 0))
    discount = returned.get("discount_minor", money.share(line.get("discount_minor", 0), pieces, quantity(line)))
    return max(price * pieces - discount, 0)


def shares(amount_minor, weights):
    """The amount spread by weight; the shares add up to it. Nothing where nothing has weight."""
    whole, so_far, given = sum(weights), 0, []
    if not whole:
        return [0] * len(weights)
    for weight in weights:
        before = money.share(amount_minor, so_far, whole)
        so_far += weight
        given.append(money.share(amount_minor, so_far, whole) - before)
    return given


def refunded(products, refunds):
    """What refunds that name lines gave back of each line, in the net amounts of the lines, at most all of it.

    ``refunds``: ``[(amount_minor, products)]``. One of less than its lines cost is spread over them.
    """
    given = [0] * len(products)
    for amount, said in refunds:
        named = [(place, cost(products[place], line)) for line in said if (place := find(products, line)) is not None]
        costs = [one for _, one in named]
        parts = shares(amount, costs) if amount < sum(costs) else costs
        for (place, _), part in zip(named, parts, strict=True):
            given[place] = min(given[place] + part, net(products[place]))
    return given


def pieces(products, said):
    """How many pieces of each line these lines name; one that says no quantity means all of its line."""
    counted = [0] * len(products)
    for line in said:
        place = find(products, line)
        if place is not None:
            counted[place] += line.get("quantity", quantity(products[place]))
    return counted


def needs_shipping(line):
    return line.get("requires_shipping", True)


def is_digital(products):
    return bool(products) and not any(needs_shipping(line) for line in products)


def facts(order, refunds):
    """The lines as events carry them."""
    nets = [net(line) for line in order.products]
    revenues, returned = shares(order.revenue_minor, nets), refunded(order.products, refunds)
    return [
        {
            "line": line.get("line_id", ""),
            "product": line.get("product_id", ""),
            "variant": line.get("variant_id", ""),
            "sku": line.get("sku", ""),
            "category": line.get("category", ""),
            "quantity": quantity(line),
            "net_minor": nets[place],
            "revenue_minor": revenues[place],
            "refunded_minor": returned[place],
        }
        for place, line in enumerate(order.products)
    ]
