"""What each person bought, and the sums that lifetime values and cohorts are read from.

``mark`` is the handler of events, ``recount`` the periodic job, ``rebuild`` counts everybody anew, as
``rebuild_part`` and ``sum_anew`` do in steps, ``differences`` tells what a recount would find different,
``elsewhere`` who paid in other currencies and is in none of it.
"""

from referrals.buyers.audit import differences
from referrals.buyers.elsewhere import elsewhere
from referrals.buyers.marks import mark
from referrals.buyers.recounting import rebuild, rebuild_part, recount, sum_anew

__all__ = ["differences", "elsewhere", "mark", "rebuild", "rebuild_part", "recount", "sum_anew"]
