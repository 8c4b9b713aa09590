"""Two advocates are paid to one account. A check of fraud: see ``referrals.fraud``, which asks it with its Cases."""

from django.db import connection

LABEL = "Same account for payouts"
HELP = "The advocate is paid to the same account as another advocate."
POINTS, SIDES, LIMITS = 50, ("advocate",), {}
LATER = True
_SHARED = """
    SELECT own.customer_id, COUNT(DISTINCT other.customer_id)
    FROM rewards_payee own
    JOIN rewards_payee other ON other.storefront_id = own.storefront_id
        AND other.destination_print = own.destination_print AND other.id <> own.id
    WHERE own.customer_id = ANY(%s) AND EXISTS (
        SELECT FROM advocacy_advocate advocate WHERE advocate.customer_id = other.customer_id
    )
    GROUP BY own.customer_id
"""


def gather(cases):
    """``{customer: how many other advocates are paid to their account}``"""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [sorted({each.advocate_customer for each in cases})])
        return dict(cursor.fetchall())


def find(case, known, limits):
    others = known.get(case.advocate_customer)
    return {"others": others} if others else None


def words(evidence):
    others = evidence["others"]
    return f"{others} other advocate{' is' if others == 1 else 's are'} paid to the same account."
