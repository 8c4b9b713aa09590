"""Advocate and friend signed up from one network. Alone it means little: families, offices, dormitories."""

from referrals.fraud import places

LABEL = "Same network"
HELP = "The friend signed up from the same network as the advocate. A family does too: alone it should hold nothing."
POINTS, SIDES, LIMITS = 15, ("advocate", "friend"), {}
OF_THE_PAIR = ""
gather = places.shared


def find(case, known, limits):
    shared = known.get(case.conversion)
    return {} if shared and shared.advocate_network and not shared.advocate_device else None


def words(evidence):
    return "Signed up from the same network as the advocate, with another browser."
