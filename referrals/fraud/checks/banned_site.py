"""The click came from a site that the program does not want, such as a page of coupons."""

from referrals.fraud import visits

LABEL = "Unwanted site"
HELP = "The click came from one of the sites that you name below, or from a page below it."
POINTS, SIDES, LIMITS = 50, ("advocate",), {}
gather = visits.of


def find(case, known, limits):
    """``limits["sites"]``: the hosts, in lower case."""
    host, _ = known.get(case.click, ("", ()))
    return next(({"site": site} for site in limits.get("sites", ()) if f".{host}".endswith(f".{site}")), None)


def words(evidence):
    return f"The click came from {evidence['site']}, a site that this program does not want."
