"""Sent to where an order of the advocate, or of another of their friends, went, by the shop's hash of the address."""

from referrals.fraud import orders_alike

LABEL = "Same delivery address"
HELP = "The order goes to where an order of the advocate, or of another of their friends, went. A family does that too."
POINTS, SIDES, LIMITS = 30, ("advocate", "friend"), {}
LATER = True
OF_THE_PAIR = "shipping"


def gather(cases):
    return orders_alike.by("shipping_hash", [(each, each.shipping) for each in cases])


def find(case, known, limits):
    return orders_alike.evidence(known.get(case.conversion))


def words(evidence):
    return f"Sent to the same address as {orders_alike.whose(evidence)}."
