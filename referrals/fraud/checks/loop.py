"""The friend had brought, over a few others or at once, the one who brings them now: A → B → A."""

from referrals.fraud.cases import asked

LABEL = "Referral loop"
HELP = "The friend had brought the advocate, or somebody who brought somebody who brought the advocate."
POINTS, SIDES, LIMITS = 60, ("advocate", "friend"), {}
LATER = True
OF_THE_PAIR = ""
_LONGEST = 6
# Upwards from the advocate: who brought them, and who brought that one.
_LOOPS = """
    WITH RECURSIVE climbed AS (
        SELECT asked.conversion, asked.program, asked.friend, asked.advocate_customer AS person, 1 AS steps
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
            AS asked (conversion, program, friend, advocate_customer)
        UNION ALL
        SELECT climbed.conversion, climbed.program, climbed.friend, bringer.customer_id, climbed.steps + 1
        FROM climbed
        JOIN referrals_referral bond ON bond.program_id = climbed.program AND bond.friend_id = climbed.person
            AND bond.ended_at IS NULL
        JOIN advocacy_advocate bringer ON bringer.id = bond.advocate_id
        WHERE climbed.steps < %s AND climbed.person <> climbed.friend
    )
    SELECT conversion, min(steps) FROM climbed WHERE person = friend GROUP BY conversion
"""


def gather(cases):
    """``{conversion: how many people the loop has}``"""
    asking = [(each.conversion, each.program, each.friend, each.advocate_customer) for each in cases]
    return dict(asked(_LOOPS, [*map(list, zip(*asking, strict=True)), _LONGEST]))


def find(case, known, limits):
    people = known.get(case.conversion)
    return {"people": people} if people else None


def words(evidence):
    if evidence["people"] <= 2:  # noqa: PLR2004 - the two of them
        return "Advocate and friend brought each other."
    return f"Advocate and friend brought each other, in a loop of {evidence['people']} people."
