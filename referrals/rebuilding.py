"""Count all that metrics are read from anew: a job of a storefront, which goes on wherever it was killed.

Its days are marked, the oldest counted first, some in each step, while workers begin with the newest; then its buyers
and their sums, which nobody may see half done.
"""

from advocacy import jobs
from referrals import buyers, rollups

JOB = "metrics"


def start(*, storefront, at, by=None):
    return jobs.start(storefront=storefront, kind=JOB, parameters={}, at=at, by=by)


def step(*, job, at):
    """Of the job: mark the days, then the next days, at last the customers, all of them at once."""
    cursor = {"stage": "mark", "days": 0} | job.cursor
    cursor = _STAGES[cursor["stage"]](job.storefront, cursor, at)
    result = None
    if cursor["stage"] is None:
        result = {name: cursor[name] for name in ("days", "customers")}
    return jobs.Progress(cursor=cursor, done=cursor["days"], total=cursor["marked"], result=result)


def _mark(storefront, cursor, at):
    return cursor | {"stage": "days", "marked": rollups.rebuild(storefront=storefront)}


def _days(storefront, cursor, at):
    """Those that change meanwhile are counted by the workers."""
    counted = rollups.recount_part(storefront=storefront, at=at)
    days = min(cursor["days"] + counted, cursor["marked"])
    return cursor | {"days": days, "stage": "days" if counted and days < cursor["marked"] else "buyers"}


def _buyers(storefront, cursor, at):
    done = []
    buyers.rebuild(storefront=storefront, at=at, told=lambda customers, _: done.append(customers))
    return cursor | {"customers": max(done, default=0), "stage": None}


_STAGES = {"mark": _mark, "days": _days, "buyers": _buyers}
