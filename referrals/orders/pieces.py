"""Pieces of an order's lines that come back: never more of a line than were bought."""

from advocacy import given
from referrals import lines
from referrals.orders import fields as order_fields


def left(order):
    """How many pieces of each line did not come back yet, by place.

    A refund that names a line without a quantity means all of it; one of less money than that brings no piece back.
    """
    back = [0] * len(order.products)
    for amount, said in order.refunds.counted().order_by("id").values_list("amount_minor", "products"):
        known = [line for line in said if lines.find(order.products, line) is not None]
        whole = amount >= sum(lines.cost(order.products[lines.find(order.products, line)], line) for line in known)
        counted = known if whole else [line for line in known if "quantity" in line]
        back = [more + so_far for more, so_far in zip(lines.pieces(order.products, counted), back, strict=True)]
    return [max(lines.quantity(line) - gone, 0) for line, gone in zip(order.products, back, strict=True)]


def fit(order, products, *, by_amount, lenient):
    """``(products, warnings)``: the lines of a refund with at most what remains of each.

    Refuses more; ``lenient`` cuts it, with a warning. Not ``by_amount``: the lines say what the refund costs, so each
    must be one of the order's, and one without a quantity means all that remains of it.
    """
    remaining, fitted, warnings = left(order), [], []
    for number, line in enumerate(products):
        name, places = f"products[{number}]", lines.places(order.products, line)
        if not places and not by_amount:
            order_fields.refuse_line(name)
        if not places or ("quantity" not in line and by_amount):
            fitted.append(line)
            continue
        room = sum(remaining[place] for place in places)
        asked = line.get("quantity", max(min(room, remaining[places[0]] or room), 1))
        if asked > room and not lenient:
            _refuse(f"{name}.quantity", asked, room, sum(lines.quantity(order.products[place]) for place in places))
        if asked > room:
            warnings.append({"line": order_fields.name_of(line), "quantity": asked, "remaining": room})
        taken = min(asked, room)
        _take(remaining, places, taken)
        if taken:
            fitted.append(line | {"quantity": taken} if _says_less(order, line, places, taken) else line)
    return fitted, warnings


def _says_less(order, line, places, taken):
    return taken != line.get("quantity", lines.quantity(order.products[places[0]]))


def _take(remaining, places, pieces):
    for place in places:
        part = min(remaining[place], pieces)
        remaining[place] -= part
        pieces -= part


def _refuse(name, asked, room, bought):
    remain = "none remains" if not room else f"{room} remains" if room == 1 else f"{room} remain"
    given.refuse(name, f"{name}: {asked} came back, but {remain} of the {bought} that were bought.")
