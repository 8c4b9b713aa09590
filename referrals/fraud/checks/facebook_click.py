"""The click came from Facebook or Instagram, which mark advertisements and posts of friends alike."""

from referrals import destinations
from referrals.fraud import visits

LABEL = "Came from Facebook"
HELP = (
    "The click has Facebook's mark (fbclid). Advertisements have it, and what people share with friends too: alone it "
    "should hold nothing."
)
POINTS, SIDES, LIMITS = 15, ("advocate",), {}
gather = visits.of


def find(case, known, limits):
    _, names = known.get(case.click, ("", ()))
    return {} if destinations.FACEBOOK in names else None


def words(evidence):
    return "The click came from Facebook or Instagram: an advertisement, or a post among friends."
