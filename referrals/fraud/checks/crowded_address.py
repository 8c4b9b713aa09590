"""Many friends of one advocate have their orders sent to one place: a farm, not a family."""

from referrals.fraud.checks import same_shipping

LABEL = "Many friends at one address"
HELP = "The order goes to where orders of many other friends of the advocate went."
POINTS, SIDES = 50, ("advocate", "friend")
LATER = True
LIMITS = {"most": (3, "Other friends of the advocate at one address, at most")}
gather = same_shipping.gather


def find(case, known, limits):
    friends = known.get(case.conversion, {}).get("friends", 0)
    return {"friends": friends, "most": limits["most"]} if friends > limits["most"] else None


def words(evidence):
    return f"Sent to where orders of {evidence['friends']} other friends went; the program takes {evidence['most']}."
