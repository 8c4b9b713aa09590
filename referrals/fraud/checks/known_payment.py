"""Somebody else had paid with it before, so the friend may be no new customer; of programs for new customers."""

from referrals.fraud.checks import same_payment

LABEL = "Means of payment of another customer"
HELP = "In a program for new customers: another customer had paid with what the friend's first order was paid with."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {}
OF_THE_PAIR = "payment"
# The advocate's own orders, and their friends', are another check's.
gather = same_payment.gather


def find(case, known, limits):
    others = known.get(case.conversion, {}).get("others", 0) if case.first and case.new_only else 0
    return {"others": others} if others else None


def words(evidence):
    others = evidence["others"]
    return f"{others} other customer{'s'[: others != 1]} had paid with the same means of payment before."
