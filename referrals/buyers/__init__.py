"""What each person bought, and the sums that lifetime values and cohorts are read from.

``mark`` is the handler of events, ``recount`` the periodic job, ``rebuild`` counts everybody anew, ``differences``
tells what a recount would find different.
"""

from referrals.buyers.audit import differences
from referrals.buyers.marks import mark
from referrals.buyers.recounting import rebuild, recount

__all__ = ["differences", "mark", "rebuild", "recount"]
