"""Much of what an advocate's friends bought was given back."""

from referrals.fraud.cases import asked

LABEL = "Many refunds"
HELP = "Too many of the orders of the advocate's friends were given back, wholly or in part."
POINTS, SIDES = 50, ("advocate",)
LATER = True
LIMITS = {"percent": (20, "Orders given back (%), at most"), "orders": (5, "Counted from so many orders")}
# The newest friends: what was long ago is over.
_MOST = 100
_REFUNDS = """
    SELECT asked.advocate, COUNT(*), COUNT(*) FILTER (WHERE orders.refunded_minor > 0 OR orders.status = 'cancelled')
    FROM unnest(%s::bigint[]) AS asked (advocate)
    CROSS JOIN LATERAL (
        SELECT bond.id FROM referrals_referral bond
        WHERE bond.advocate_id = asked.advocate AND bond.last_sequence > 0 ORDER BY bond.id DESC LIMIT %s
    ) bond
    JOIN referrals_conversion conversion ON conversion.referral_id = bond.id AND NOT conversion.ended
    JOIN referrals_order orders ON orders.id = conversion.order_id
    GROUP BY asked.advocate
"""


def gather(cases):
    """``{advocate: (orders of their newest friends, those of them that were given back)}``"""
    rows = asked(_REFUNDS, [sorted({each.advocate for each in cases}), _MOST])
    return {advocate: (orders, refunded) for advocate, orders, refunded in rows}


def find(case, known, limits):
    orders, refunded = known.get(case.advocate, (0, 0))
    if orders < max(limits["orders"], 1) or refunded * 100 <= limits["percent"] * orders:
        return None
    return {"orders": orders, "refunded": refunded, "percent": refunded * 100 // orders, "most": limits["percent"]}


def words(evidence):
    return (
        "{refunded} of the last {orders} orders of the advocate’s friends were given back ({percent} %); {most} % are "
        "usual at most."
    ).format(**evidence)
