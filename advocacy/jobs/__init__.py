"""Long work as rows: imports, exports, simulations, rebuilds. ``config/job_kinds.py`` names the step of each kind.

    job = jobs.start(storefront=acme, kind="simulation", parameters={"rule": …}, by=olga, at=now)

A worker calls ``step(job=job, at=at)`` again and again, each time in a transaction with the job's row locked. It does
about a second of work from ``job.cursor`` on and returns a ``Progress``, which is committed with it.
"""

from advocacy.jobs.starting import cancel, retry, start
from advocacy.jobs.working import Progress, forgotten, step

__all__ = ["Progress", "cancel", "forgotten", "retry", "start", "step"]
