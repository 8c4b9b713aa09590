"""What each day of a program counts: marked when something changed, recounted by a worker, proved by an audit.

``mark`` is the handler of events, ``recount`` the periodic job, ``rebuild`` starts all over (a storefront's time
zone changed), ``differences`` tells what a recount would find different.
"""

from referrals.rollups.audit import differences
from referrals.rollups.marks import mark, rebuild
from referrals.rollups.recounting import recount, recount_part

__all__ = ["differences", "mark", "rebuild", "recount", "recount_part"]
