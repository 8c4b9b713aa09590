"""Make draft batches on the days of the policies. Nothing is approved or sent by itself."""

import calendar
import logging
import zoneinfo
from datetime import date, timedelta

from advocacy.outbox.interruptions import pass_on
from advocacy.periodic import alone
from rewards.models import PayoutPolicy, PayoutSchedule
from rewards.payouts import gathering

log = logging.getLogger(__name__)
_WEEK = 7


def run(*, at):
    """Make the drafts that are due; returns them. A policy that fails is logged and tried again; the others go on.

    Raises ``Interrupted`` like ``outbox.drain``.
    """
    made = []
    live = PayoutPolicy.objects.filter(storefront__test_twin_of=None)
    for pk in live.exclude(schedule=PayoutSchedule.MANUAL).order_by("pk").values_list("pk", flat=True):
        try:
            made += _run(pk, at)
        except Exception as error:
            pass_on(error)
            log.exception("The payouts of policy %s failed; the others go on.", pk)
    return made


def _run(pk, at):
    with alone(f"payouts of policy {pk}") as mine:
        if not mine:
            return []
        policy = PayoutPolicy.objects.select_related("storefront").get(pk=pk)
        today = at.astimezone(zoneinfo.ZoneInfo(policy.storefront.time_zone)).date()
        day = newest_day(policy, today)
        # A policy that is new, or was stopped for long, begins with its next day, not with one that has passed.
        begins = policy.seen_day is None and day != today
        if day == policy.seen_day:
            return []
        PayoutPolicy.objects.filter(pk=pk).update(seen_day=day)
        return [] if begins else _gathered(policy, day, at)


def _gathered(policy, day, at):
    try:
        return [gathering.gather(policy=policy, at=at, scheduled_for=day)]
    except gathering.NothingToPay:
        return []


def newest_day(policy, today):
    """The last of the policy's days that is not after today."""
    if policy.schedule == PayoutSchedule.WEEKLY:
        return today - timedelta(days=(today.isoweekday() - policy.day) % _WEEK)
    if today.day >= policy.day:
        return today.replace(day=policy.day)
    before = today.replace(day=1) - timedelta(days=1)
    return date(before.year, before.month, min(policy.day, calendar.monthrange(before.year, before.month)[1]))
