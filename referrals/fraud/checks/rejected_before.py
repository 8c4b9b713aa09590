"""An earlier order of the same friend was rejected, and the friend is still the advocate's."""

from referrals.fraud.cases import asked

LABEL = "Rejected before"
HELP = "An earlier order of this friend was rejected by a review for this advocate."
POINTS, SIDES, LIMITS = 60, ("advocate", "friend"), {}
_REJECTED = """
    SELECT referral_id, count(*) FROM referrals_conversion
    WHERE referral_id = ANY(%s::bigint[]) AND (advocate_review = 'rejected' OR friend_review = 'rejected') AND NOT ended
    GROUP BY referral_id
"""


def gather(cases):
    """``{referral: how many of its orders were rejected}``; of first orders there is nothing to ask."""
    asking = [each.referral for each in cases if not each.first]
    return dict(asked(_REJECTED, [asking])) if asking else {}


def find(case, known, limits):
    orders = known.get(case.referral)
    return {"orders": orders} if orders else None


def words(evidence):
    if evidence["orders"] == 1:
        return "An earlier order of this friend was rejected."
    return f"{evidence['orders']} earlier orders of this friend were rejected."
