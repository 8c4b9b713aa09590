"""Two advocates are paid to one account. A check of fraud: see ``referrals.fraud``, which asks it with its Cases."""

from django.db import connection

LABEL = "Same account for payouts"
HELP = "The advocate is paid to the same account as another advocate."
POINTS, SIDES, LIMITS = 50, ("advocate",), {}
LATER = True
_SHARED = """
    SELECT own.customer_id, COUNT(DISTINCT other.customer_id),
        COUNT(DISTINCT other.customer_id) FILTER (
            WHERE coalesce(other.destination_changed_at, other.recorded_at)
                > coalesce(own.destination_changed_at, own.recorded_at)
        )
    FROM rewards_payee own
    JOIN rewards_payee other ON other.storefront_id = own.storefront_id
        AND other.destination_print = own.destination_print AND other.id <> own.id
    WHERE own.customer_id = ANY(%s) AND EXISTS (
        SELECT FROM advocacy_advocate advocate WHERE advocate.customer_id = other.customer_id
    )
    GROUP BY own.customer_id
"""


def gather(cases):
    """``{customer: (how many other advocates are paid to their account, how many of them named it later)}``"""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [sorted({each.advocate_customer for each in cases})])
        return {customer: (others, later) for customer, others, later in cursor.fetchall()}


def find(case, known, limits):
    others, later = known.get(case.advocate_customer, (0, 0))
    return {"others": others} | ({"later": later} if later else {}) if others else None


def words(evidence):
    others, later = evidence["others"], evidence.get("later", 0)
    # Who names somebody else's account would have them held: staff sees who came first.
    when = f"; {later} of them named it after this one did" if later else ""
    return f"{others} other advocate{' is' if others == 1 else 's are'} paid to the same account{when}."
