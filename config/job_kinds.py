"""Which function does a step of which kind of job: ``{"simulation": simulation.step}``.

``step(*, job, at)`` does about a second of work from ``job.cursor`` on and returns ``jobs.Progress(cursor, done, total,
result)``; see ``advocacy/jobs``. The admin shows a result by the template ``admin/jobs/<kind>.html`` if there is one.
"""

from advocacy import privacy
from advocacy.mails import announcing
from config import recounting
from referrals import imports, predictions
from referrals.inbound import leaving, reconciling
from rewards import corrections, simulation
from rewards.coupons import uploading

JOBS = {
    privacy.JOB: privacy.step,
    announcing.JOB: announcing.step,
    leaving.JOB: leaving.step,
    corrections.JOB: corrections.step,
    corrections.PREVIEW: corrections.step_of_preview,
    reconciling.JOB: reconciling.step,
    imports.CHECK: imports.check,
    imports.TAKE: imports.step,
    predictions.JOB: predictions.step,
    recounting.JOB: recounting.step,
    "simulation": simulation.step,
    uploading.JOB: uploading.step,
}
