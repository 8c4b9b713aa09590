"""The click came from a paid advertisement: an advocate buys what the shop would have got, or its own name."""

from referrals import destinations
from referrals.fraud import visits

LABEL = "Paid advertisement"
HELP = "The click came from an advertisement of Google, Microsoft, TikTok and the like, as its address says."
POINTS, SIDES, LIMITS = 50, ("advocate",), {}
gather = visits.of


def find(case, known, limits):
    _, names = known.get(case.click, ("", ()))
    marks = sorted(destinations.ADVERTISED & set(names))
    return {"marks": marks} if marks else None


def words(evidence):
    return f"The click came from an advertisement ({', '.join(evidence['marks'])})."
