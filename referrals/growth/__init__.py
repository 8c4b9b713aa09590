"""How a program grows: what an advocate brings, through which channels, when, and who brought whom.

What follows a period is read when it is asked for; what goes through all rows is a ``Tally`` of last night.
"""

from referrals.growth.kin import behind_trees
from referrals.growth.sharing import channels, top_advocates
from referrals.growth.tallies import count, due, read
from referrals.growth.virality import behind_cohort, virality

__all__ = ["behind_cohort", "behind_trees", "channels", "count", "due", "read", "top_advocates", "virality"]
