"""The friend signed up from the network and with the browser of the advocate, or of another friend of theirs."""

from referrals.fraud import places

LABEL = "Same network and browser"
HELP = "The friend signed up from the same network, with the same browser, as the advocate or another of their friends."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {}
OF_THE_PAIR = ""
gather = places.shared


def find(case, known, limits):
    shared = known.get(case.conversion)
    if not shared or not (shared.advocate_device or shared.friends_device):
        return None
    return {"advocate": shared.advocate_device, "friends": shared.friends_device}


def words(evidence):
    friends = evidence["friends"]
    who = ["the advocate"] if evidence["advocate"] else []
    who += [f"{friends} other friend{'s'[: friends != 1]} of the advocate"] if friends else []
    return f"Signed up from the same network, with the same browser, as {' and '.join(who)}."
