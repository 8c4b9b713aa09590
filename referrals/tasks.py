import time

from celery import shared_task
from django.utils import timezone

from advocacy.periodic import alone
from referrals import bursts, buyers, claims, clicks, growth, past_buyers, predictions, rollups, traces
from referrals.fraud import queue
from referrals.orders import waiting

SECONDS = 20


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
def recount_buyers():
    """Recount what the people bought who were marked; any number of these may run at once."""
    buyers.recount(at=timezone.now(), seconds=SECONDS)


@shared_task
def tally():
    """Count what goes through all rows of a program, once a night each."""
    until = time.monotonic() + SECONDS
    for program in growth.due(at=timezone.now()):
        with alone(f"tallies of {program.pk}") as mine:
            if mine:
                growth.count(program=program, at=timezone.now())
        if time.monotonic() >= until:
            return


@shared_task
def predict():
    """Begin the night's models of each storefront, once its own day has begun."""
    with alone("predictions") as mine:
        if mine:
            predictions.begin(at=timezone.now())


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
