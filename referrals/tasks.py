import logging
import time

from celery import shared_task
from django.utils import timezone

from advocacy.periodic import alone
from referrals import bursts, claims, clicks, lifetime_value, past_buyers, rollups, traces
from referrals.fraud import queue
from referrals.orders import waiting

SECONDS = 20
log = logging.getLogger(__name__)
# Storefronts whose values failed in this process when they were last tried: they are taken last.
_failing = set()


@shared_task
def recount():
    """Recount the days that changed; any number of these may run at once."""
    rollups.recount(at=timezone.now(), seconds=SECONDS)


@shared_task
def watch_codes():
    """Tell of codes that are opened or used as no friend does."""
    with alone("bursts") as mine:
        if mine:
            bursts.watch(at=timezone.now())


@shared_task
def decide_overdue():
    """Decide what checks held and nobody looked at in time, where its program wants that."""
    with alone("reviews that nobody decided") as mine:
        if mine:
            queue.decide_overdue(at=timezone.now())


@shared_task
def lifetime_values():
    """Recount what customers are worth, the storefront that waited longest first; beat comes back for the rest."""
    until = time.monotonic() + SECONDS
    for storefront in sorted(lifetime_value.longest_waiting(), key=lambda storefront: storefront.pk in _failing):
        try:
            _lifetime_values_of(storefront)
            _failing.discard(storefront.pk)
        except Exception:
            _failing.add(storefront.pk)
            log.exception("The lifetime values of storefront %s failed; the others go on.", storefront.pk)
        if time.monotonic() >= until:
            return


def _lifetime_values_of(storefront):
    with alone(f"lifetime values of {storefront.pk}") as mine:
        if mine:
            lifetime_value.recount(storefront=storefront, at=timezone.now())


@shared_task
def keep_click_storage():
    """Months of clicks made ahead, old ones dropped, salts of days that are over and old traces forgotten."""
    clicks.keep_partitions(at=timezone.now())
    clicks.keep_salts(at=timezone.now())
    clicks.prune(at=timezone.now())
    traces.forget(at=timezone.now())


@shared_task
def enrol_past_buyers():
    """What is left of today's portions."""
    with alone("past buyers") as mine:
        if mine:
            past_buyers.enrol_daily(at=timezone.now(), seconds=SECONDS)


@shared_task
def end_waiting():
    """What waited a week for an order that did not come waits no longer, nor a claim that nobody decided in time."""
    waiting.expire(at=timezone.now())
    claims.end_overdue(at=timezone.now())
