"""Somebody else had paid with it before, so the friend may be no new customer; of programs for new customers."""

from referrals.fraud.cases import asked

LABEL = "Means of payment of another customer"
HELP = "In a program for new customers: another customer had paid with what the friend's first order was paid with."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {}
OF_THE_PAIR = "payment"
# The advocate's own orders are another check's.
_PAID = """
    SELECT asked.conversion, COUNT(DISTINCT COALESCE(payer.merged_into_id, payer.public_id))
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
        AS asked (conversion, storefront, program, customer, advocate_customer, own, said)
    JOIN advocacy_program program ON program.id = asked.program AND program.new_customers_only
    JOIN referrals_order other ON other.storefront_id = asked.storefront AND other.payment_fingerprint = asked.said
        AND other.payment_fingerprint <> '' AND other.id < asked.own
    JOIN advocacy_customer payer ON payer.id = other.customer_id AND payer.id <> asked.advocate_customer
    JOIN advocacy_customer friend ON friend.id = asked.customer
    WHERE COALESCE(payer.merged_into_id, payer.public_id) <> COALESCE(friend.merged_into_id, friend.public_id)
    GROUP BY asked.conversion
"""


def gather(cases):
    """``{conversion: how many other customers}``"""
    asking = [
        (each.conversion, each.storefront, each.program, each.friend, each.advocate_customer, each.order, each.payment)
        for each in cases
        if each.first and each.payment
    ]
    return dict(asked(_PAID, [list(each) for each in zip(*asking, strict=True)])) if asking else {}


def find(case, known, limits):
    others = known.get(case.conversion)
    return {"others": others} if others else None


def words(evidence):
    others = evidence["others"]
    return f"{others} other customer{'s'[: others != 1]} had paid with the same means of payment before."
