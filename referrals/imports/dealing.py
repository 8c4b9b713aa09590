"""Deal the rows of a file to lanes that may be taken side by side: rows of one order or one person share a lane. Pure.

Rows are dealt block by block. Within a block two lanes have no order and no person in common; whoever takes them
begins no block before the one before it is done, so that the rows of an order or a person are taken as they stand.
"""

from itertools import islice

from advocacy import emails
from referrals.orders import finding

LANES = 2
# Rows of a block; a lane that ends first waits for the other, so there are some parts of each.
BLOCK = 20_000
# No text that names something is cut to less.
_SHORTEST = 190
# Before a number, and before what a spreadsheet is to take for text.
_MARKS = "#'"


def blocks(records, *, words_of, size):
    """Yields blocks: lists of ``(lane, records)``, each a part of at most ``size`` records in their order.

    ``words_of(record)``: what two records of one order or person have in common, more rather than less; None in its
    place deals all to one lane.
    """
    records = iter(records)
    while rows := list(islice(records, BLOCK if words_of else size)):
        dealt = _dealt(rows, words_of) if words_of and len(rows) > size else [rows]
        parts = [
            (start, lane, mine[start : start + size])
            for lane, mine in enumerate(dealt)
            for start in range(0, len(mine), size)
        ]
        yield [(lane, part) for _, lane, part in sorted(parts, key=lambda part: part[:2])]


def _dealt(rows, words_of):
    group_of = _groups([words_of(row) for row in rows])
    sizes = dict.fromkeys(group_of, 0)
    for group in group_of:
        sizes[group] += 1
    lane_of, loads = {}, [0] * LANES
    for group, size in sizes.items():
        lane = lane_of[group] = loads.index(min(loads))
        loads[lane] += size
    dealt = [[] for _ in range(LANES)]
    for row, group in zip(rows, group_of, strict=True):
        dealt[lane_of[group]].append(row)
    return dealt


def _groups(words):
    """For each place the first place that is related to it, also by way of others."""
    above, first = list(range(len(words))), {}

    def top(place):
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    for place, mine in enumerate(words):
        for word in mine:
            if (known := first.setdefault(word, place)) != place:
                one, other = top(known), top(place)
                above[max(one, other)] = min(one, other)
    return [top(place) for place in range(len(words))]


def words(*, orders=(), customer="", address=""):
    """``orders``: ``[(kind, name of an order)]``."""
    found = [f"{kind} {str(name).strip().lstrip(_MARKS)[:_SHORTEST]}" for kind, name in orders if name]
    if customer:
        found.append(f"customer {str(customer).strip().lstrip(_MARKS).removeprefix('ext_')}")
    if address:
        found.append(f"mailbox {emails.normalise(str(address))}")
    return found


def words_said(fields):
    """The same of the API's fields, as what they are told by is not checked yet."""
    who, names = fields.get("customer"), fields.get("identifiers")
    orders = [(kind, str(name)) for kind, name in names.items()] if isinstance(names, dict) else []
    orders.append((finding.EXTERNAL, fields.get("external_id")))
    if isinstance(who, dict):
        return words(orders=orders, customer=who.get("external_id"), address=who.get("email"))
    return words(orders=orders, customer=who)
