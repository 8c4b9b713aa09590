"""An advocate brings friends faster than people do."""

from datetime import datetime, timedelta

from referrals.fraud.cases import asked

LABEL = "Friends too fast"
HELP = "The advocate brings more friends within an hour, or a day, than people tell of a shop."
POINTS, SIDES = 50, ("advocate",)
LIMITS = {"hour": (5, "Friends within an hour, at most"), "day": (20, "Friends within a day, at most")}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# No program lets more than so many a day pass unless it lets any number pass.
_MOST = 500
_RECENT = """
    SELECT asked.conversion, array_agg(recent.bound_at::text), array_agg(recent.bought)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
        AS asked (conversion, advocate, referral, bound_at)
    CROSS JOIN LATERAL (
        SELECT bound_at, bought FROM (
            SELECT bond.bound_at, bond.last_sequence > 0 AS bought FROM referrals_referral bond
            WHERE bond.advocate_id = asked.advocate AND bond.id <= asked.referral ORDER BY bond.id DESC LIMIT %s
        ) newest WHERE newest.bound_at > asked.bound_at - interval '1 day' AND newest.bound_at <= asked.bound_at
    ) recent
    GROUP BY asked.conversion
"""


def gather(cases):
    """``{conversion: [(when, whether they bought)]}`` of the advocate's friends who joined in the day before it, and of
    this one.
    """
    asking = [(each.conversion, each.advocate, each.referral, each.bound_at) for each in cases if each.first]
    rows = asked(_RECENT, [*map(list, zip(*asking, strict=True)), _MOST]) if asking else ()
    # As text: the driver takes ten times as long to read a moment.
    return {
        conversion: [*zip(map(datetime.fromisoformat, joined), bought, strict=True)]
        for conversion, joined, bought in rows
    }


def find(case, known, limits):
    joined = known.get(case.conversion, ())
    for name, span in (("hour", _HOUR), ("day", _DAY)):
        recent = [bought for at, bought in joined if at > case.bound_at - span]
        if len(recent) > limits[name]:
            return {"span": name, "friends": len(recent), "bought": sum(recent), "most": limits[name]}
    return None


def words(evidence):
    span = {"hour": "an hour", "day": "a day"}[evidence["span"]]
    # Anybody can sign up by a code without buying, to have its advocate held.
    bought = f", of whom {evidence['bought']} bought" if "bought" in evidence else ""
    joined = f"The advocate’s {evidence['friends']} friends joined within {span}{bought}"
    return f"{joined}; {evidence['most']} are usual at most."
