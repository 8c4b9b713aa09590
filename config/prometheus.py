"""``/prometheus``: how the workers do, for who runs them. What the program is worth is no business of this page.

Read from the tables and the broker when it is asked, so every web process tells the same and none keeps a count.
"""

import functools
import hmac
import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from advocacy.models import Lane
from config import health

log = logging.getLogger(__name__)
QUEUES = (*Lane.values, "webhooks", "mail", "shops", "bulk")
WINDOW = timedelta(minutes=5)
# So many of the newest rows are looked at for what happened in the window: an answer costs the same on any server.
_NEWEST = 100_000

_WAITING = "SELECT lane, stuck_at IS NOT NULL, count(*) FROM advocacy_pending GROUP BY 1, 2"
_DECISIONS = """
    SELECT count(*) FROM rewards_decision
    WHERE id > (SELECT coalesce(max(id), 0) FROM rewards_decision) - %(newest)s AND decided_at > %(since)s
    """
_ATTEMPTS = """
    SELECT CASE WHEN status BETWEEN 200 AND 299 THEN 'delivered' WHEN status IS NULL THEN 'no_answer'
        ELSE 'refused' END, count(*)
    FROM advocacy_attempt
    WHERE id > (SELECT coalesce(max(id), 0) FROM advocacy_attempt) - %(newest)s AND at > %(since)s
    GROUP BY 1
    """
_OUTCOMES = ("delivered", "refused", "no_answer")


@never_cache
@require_safe
def metrics(request):
    """404 without a token in the settings, or with another in the call: the page gives nothing away."""
    known = settings.PROMETHEUS_TOKEN
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not known or not hmac.compare_digest(said.encode(), known.encode()):
        raise Http404
    return HttpResponse(generate_latest(_measured(timezone.now())), content_type=CONTENT_TYPE_LATEST)


def _measured(at):
    registry = CollectorRegistry()
    gauge = functools.partial(_gauge, registry)
    behind, broker = health.behind(at), health.broker_answers()
    gauge("database_up", "1 while the database answers.")(behind is not None)
    gauge("broker_up", "1 while Redis answers.")(broker)
    if behind is not None:
        _of_database(gauge, behind, at)
    if broker:
        _of_broker(gauge)
    return registry


def _of_database(gauge, behind, at):
    oldest = gauge("pending_oldest_seconds", "Age of the oldest event that a lane has not worked on.", "lane")
    waits = gauge("pending_events", "Events that wait in a lane.", "lane")
    stuck = gauge("stuck_events", "Events of a lane that gave up and wait for somebody.", "lane")
    counts = {(lane, given_up): number for lane, given_up, number in _rows(_WAITING, at)}
    for lane in Lane.values:
        oldest(behind["oldest_pending_seconds"][lane] or 0, lane)
        waits(counts.get((lane, False), 0), lane)
        stuck(counts.get((lane, True), 0), lane)
    gauge("webhooks_late_seconds", "How long the first webhook whose time has come waits.")(
        behind["webhooks"]["late_seconds"] or 0
    )
    gauge("mails_late_seconds", "How long the first mail whose time has come waits.")(
        behind["mails"]["late_seconds"] or 0
    )
    gauge("settled_recently", "Decisions about rewards in the last 5 minutes.")(_rows(_DECISIONS, at)[0][0])
    tries = gauge("webhook_attempts_recently", "Tries to deliver webhooks in the last 5 minutes.", "outcome")
    found = dict(_rows(_ATTEMPTS, at))
    for outcome in _OUTCOMES:
        tries(found.get(outcome, 0), outcome)


def _of_broker(gauge):
    depth = gauge("queue_messages", "Messages in a queue of Celery that no worker has taken.", "queue")
    try:
        for queue in QUEUES:
            depth(health.queue_depth(queue), queue)
    except redis.RedisError as error:
        log.warning("The broker did not tell its queues: %s", error)


def _gauge(registry, name, sentence, *labels):
    made = Gauge(f"advocacy_{name}", sentence, labels, registry=registry)
    return lambda value, *of: (made.labels(*of) if of else made).set(value)


def _rows(question, at):
    with connection.cursor() as cursor:
        cursor.execute(question, {"since": at - WINDOW, "newest": _NEWEST})
        return cursor.fetchall()
