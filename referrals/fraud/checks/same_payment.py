"""Paid with what the advocate, or another of their friends, paid with, by the shop's fingerprint."""

from referrals.fraud import orders_alike

LABEL = "Same means of payment"
HELP = "The order was paid with what the advocate, or another of their friends, paid with."
POINTS, SIDES, LIMITS = 60, ("advocate", "friend"), {}
LATER = True
OF_THE_PAIR = "payment"


def gather(cases):
    return orders_alike.by("payment_fingerprint", [(each, each.payment) for each in cases])


def find(case, known, limits):
    return orders_alike.evidence(known.get(case.conversion))


def words(evidence):
    return f"Paid with the same means of payment as {orders_alike.whose(evidence)}."
