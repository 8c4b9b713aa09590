"""Count all that metrics are read from anew: a job of a storefront, which goes on wherever it was killed.

Its days are marked, and workers begin to count them, the newest first; meanwhile the job counts the buyers, a portion
in each step, and their sums, then what is left of the days, the oldest first.
"""

import time

from django.db.models import Max

from advocacy import jobs
from advocacy.models import Customer
from referrals import buyers, rollups
from referrals.models import Mark

JOB = "metrics"
_PAUSE = 0.05


def start(*, storefront, at, by=None):
    return jobs.start(storefront=storefront, kind=JOB, parameters={}, at=at, by=by)


def step(*, job, at):
    """Of the job: mark the days, then a portion of the buyers, their sums, or the next days."""
    cursor = _STAGES[job.cursor.get("stage", "mark")](job.storefront, job.cursor, at)
    left = _left(job.storefront, cursor).count()
    if not left and cursor["stage"] == "days":
        cursor["stage"] = None
    result = None if cursor["stage"] else {"days": cursor["marked"], "customers": cursor["customers"]}
    done, total = cursor["customers"] + cursor["marked"] - left, cursor["buyers"] + cursor["marked"]
    return jobs.Progress(cursor=cursor, done=done, total=max(done, total), result=result)


def _mark(storefront, cursor, at):
    marked, buyers_there = rollups.rebuild(storefront=storefront), Customer.objects.filter(storefront=storefront)
    last = Mark.objects.filter(program__storefront=storefront).aggregate(last=Max("pk"))["last"]
    counts = {"marked": marked, "last": last or 0, "buyers": buyers_there.count(), "customers": 0}
    return counts | {"stage": "buyers", "after": 0}


def _buyers(storefront, cursor, at):
    after, customers = buyers.rebuild_part(storefront=storefront, after=cursor["after"])
    stage = "sums" if after is None else "buyers"
    return cursor | {"stage": stage, "after": after, "customers": cursor["customers"] + customers}


def _sums(storefront, cursor, at):
    buyers.sum_anew(storefront=storefront)
    return cursor | {"stage": "days"}


def _days(storefront, cursor, at):
    if not rollups.recount_part(storefront=storefront, at=at):
        time.sleep(_PAUSE)  # workers are counting the last ones
    return dict(cursor)


def _left(storefront, cursor):
    """Days that were marked then and not counted since; whoever did it, they are done. Later marks are the workers'."""
    marks = Mark.objects.filter(program__storefront=storefront, pk__lte=cursor["last"])
    return marks.order_by().values("program_id", "day").distinct()


_STAGES = {"mark": _mark, "buyers": _buyers, "sums": _sums, "days": _days}
