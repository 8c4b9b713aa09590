"""The order was placed seconds after the click: a script, or a code put in just before paying."""

from datetime import timedelta

LABEL = "Bought at once"
HELP = "The order was placed seconds after the click: no person reads, chooses and pays that fast."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {"seconds": (10, "Seconds from the click to the order, at least")}


def find(case, known, limits):
    if not case.first or case.clicked_at is None:
        return None
    took = case.placed_at - case.clicked_at
    if not timedelta(0) <= took < timedelta(seconds=limits["seconds"]):
        return None
    return {"seconds": round(took.total_seconds(), 1), "least": limits["seconds"]}


def words(evidence):
    return f"Ordered {evidence['seconds']:g} seconds after the click; people take longer than {evidence['least']}."
