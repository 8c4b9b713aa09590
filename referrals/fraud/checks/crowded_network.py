"""Many friends who bought came from one network within 30 days."""

from referrals.fraud.cases import asked

LABEL = "Many buyers in one network"
HELP = "More conversions within 30 days come from the friend's network than a family, or a shared flat, makes."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {"most": (3, "Conversions of one network within 30 days, at most")}
# From each friend on by indexes, in this order: OFFSET keeps the planner from beginning with all of the program.
_CROWDS = """
    SELECT asked.conversion, COUNT(DISTINCT conversion.id)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
        AS asked (conversion, program, friend, placed_at)
    JOIN referrals_trace own ON own.customer_id = asked.friend
    CROSS JOIN LATERAL (
        SELECT same.customer_id FROM referrals_trace same
        WHERE same.storefront_id = own.storefront_id AND same.network IN (own.network, own.network_before)
        UNION
        SELECT later.customer_id FROM referrals_trace later
        WHERE later.storefront_id = own.storefront_id AND later.network_before = own.network
    ) other
    CROSS JOIN LATERAL (
        SELECT conversion.id FROM referrals_referral bond
        JOIN referrals_conversion conversion ON conversion.referral_id = bond.id AND NOT conversion.ended
            AND conversion.converted_at > asked.placed_at - interval '30 days' AND conversion.id <= asked.conversion
        WHERE bond.friend_id = other.customer_id AND bond.program_id = asked.program
        OFFSET 0
    ) conversion
    GROUP BY asked.conversion
"""


def gather(cases):
    """``{conversion: how many of its network within 30 days, itself included}``"""
    traced = [(each.conversion, each.program, each.friend, each.placed_at) for each in cases if each.traced]
    return dict(asked(_CROWDS, [list(column) for column in zip(*traced, strict=True)])) if traced else {}


def find(case, known, limits):
    number = known.get(case.conversion, 0)
    return {"conversions": number, "most": limits["most"]} if number > limits["most"] else None


def words(evidence):
    return "{conversions} conversions of this network within 30 days; {most} are usual at most.".format(**evidence)
