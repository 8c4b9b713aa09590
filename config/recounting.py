"""Count all that metrics are read from anew, over all apps: a job of a storefront."""

from referrals import rebuilding
from rewards import reward_days

JOB = rebuilding.JOB


def step(*, job, at):
    """Of the job: as ``referrals.rebuilding``; its first step counts the days of rewards, too."""
    if not job.cursor:
        reward_days.recount(storefront=job.storefront)
    return rebuilding.step(job=job, at=at)
