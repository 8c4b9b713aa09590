"""The lines of an order: what each cost, earned and gave back, and which line another call means. No database."""

from advocacy import money

# A line may be named by any of these; the first that is said decides.
_NAMES = ("line_id", "variant_id", "product_id", "sku")


def find(products, said):
    """The place of the line that ``said`` names, or None."""
    return next(iter(places(products, said)), None)


def places(products, said):
    """The places of all lines that have the name by which ``said`` names one: a basket may hold a thing twice."""
    name = next((name for name in _NAMES if name in said), None)
    return [place for place, line in enumerate(products) if name and line.get(name) == said[name]]


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
        named = [(each, cost(products[each[0]], line)) for line in said if (each := places(products, line))]
        costs = [one for _, one in named]
        parts = shares(amount, costs) if amount < sum(costs) else costs
        for (each, _), part in zip(named, parts, strict=True):
            _fill(given, each, part, lambda place: net(products[place]))
    return given


def _fill(filled, places, amount, most):
    """Put the amount into these places, in their order, each up to its most; what has no room in any is lost."""
    for place in places:
        part = max(min(amount, most(place) - filled[place]), 0)
        filled[place] += part
        amount -= part


def pieces(products, said):
    """How many pieces of each line these lines name, at most all; one without a quantity means all of its line."""
    counted = [0] * len(products)
    for line in said:
        if each := places(products, line):
            _fill(
                counted,
                each,
                line.get("quantity", quantity(products[each[0]])),
                lambda place: quantity(products[place]),
            )
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
