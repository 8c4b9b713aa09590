"""The night's work as a job: fit, write down page by page, flag who was left behind. Each step is one transaction."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from advocacy import expectations, jobs, twins
from advocacy.models import Job, Storefront
from referrals.models import Buyer, Fit
from referrals.predictions import left

JOB = "predictions"
AT_ONCE = 20_000


def begin(*, at):
    """Jobs for the storefronts with buyers whose own day has none yet; how many. One that failed is tried again by
    hand, or the next day.
    """
    bought = Exists(Buyer.objects.filter(storefront=OuterRef("pk")))
    begun = 0
    for storefront in Storefront.objects.filter(bought).order_by("pk"):
        day = _today(storefront, at)
        mine = Job.objects.filter(storefront=storefront, kind=JOB, parameters__day=day.isoformat())
        if not mine.exists() and not Fit.objects.filter(storefront=storefront, day=day).exists():
            jobs.start(storefront=storefront, kind=JOB, parameters={"day": day.isoformat()}, at=at)
            begun += 1
    return begun


def _today(storefront, at):
    return twins.clock(storefront, at).astimezone(ZoneInfo(storefront.time_zone)).date()


def step(*, job, at):
    """Of the job; see ``advocacy/jobs``. Its cursor: the Fit, and the last customer of the page before."""
    at = twins.clock(job.storefront, at)
    if "fit" not in job.cursor:
        return _fit(job, at)
    fit = Fit.objects.get(pk=job.cursor["fit"])
    if fit.reason or job.cursor["after"] is None:
        return _end(job, fit, at)
    return _page(job, fit, at)


def _fit(job, at):
    # Here, as scipy takes long to load and no other process needs it.
    from referrals.predictions import fitting  # noqa: PLC0415

    fit = fitting.fit(storefront=job.storefront, day=date.fromisoformat(job.parameters["day"]), at=at)
    return jobs.Progress({"fit": fit.pk, "after": 0}, 0, fit.customers)


def _page(job, fit, at):
    from referrals.predictions import expecting, histories  # noqa: PLC0415

    after = job.cursor["after"]
    known = histories.page(storefront=job.storefront, day=fit.day, after=after, most=AT_ONCE)
    last = int(known["customer"][-1]) if len(known) == AT_ONCE else None
    expected = expecting.expected(fit, known)
    written = expectations.write_down(storefront=job.storefront, expected=expected, at=at, above=after, up_to=last)
    _count(fit, job.storefront, expected, written)
    return jobs.Progress(job.cursor | {"after": last}, fit.expected_of, max(fit.customers, fit.expected_of))


def _count(fit, storefront, expected, written):
    fit.expected_of += len(expected.customers)
    fit.changed += written.changed
    fit.told += written.told
    fit.at_risk += sum(percent < storefront.at_risk_below for percent in expected.alive)
    # What stands at them, which is what the rows behind add up to.
    fit.orders_e2 += written.orders_e2
    if fit.p is not None:
        fit.value_minor = (fit.value_minor or 0) + (written.value_minor or 0)
    fit.save(update_fields=["expected_of", "changed", "told", "at_risk", "orders_e2", "value_minor"])


def _end(job, fit, at):
    """Also without a model: advocates who were banned or erased left anyhow."""
    flagged = left.flag(storefront=job.storefront, at=at)
    if not fit.reason:
        fit.written_at = at
        fit.save(update_fields=["written_at"])
        expectations.note_day(storefront=job.storefront, day=fit.day)
    result = {
        "reason": fit.reason,
        "customers": fit.expected_of,
        "changed": fit.changed,
        "at_risk": fit.at_risk,
        "told": fit.told,
        "friends_flagged_or_back": flagged,
    }
    return jobs.Progress(job.cursor, fit.expected_of, fit.expected_of, result=result)
