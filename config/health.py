"""``/healthz``: whether this server can work, and how far behind the workers are. For load balancers and alarms.

503 only without the database: without the broker, orders and clicks are still taken and the sweep finds the work.
The age of the oldest pending event says more than whether a worker process exists.
"""

import functools
import logging

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from advocacy.models import Delivery, DeliveryState, Lane, Mail, MailState, Pending

log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 0.2


@never_cache
@require_safe
def healthz(request):
    database, broker = behind(timezone.now()), broker_answers()
    status = "down" if database is None else "ok" if broker else "degraded"
    found = {"status": status, "database": database is not None, "broker": broker} | (database or {})
    return JsonResponse(found, status=503 if database is None else 200)


def behind(at):
    """Ages in seconds by lane, None for an empty one, and how many events are stuck; None without the database."""
    try:
        ages = {lane: _age(lane, at) for lane in Lane.values}
        stuck = Pending.objects.filter(stuck_at__isnull=False).count()
        return {"oldest_pending_seconds": ages, "stuck": stuck, "webhooks": _webhooks(at), "mails": _mails(at)}
    except DatabaseError as error:
        log.warning("The database did not answer: %s", error)
        return None


def _age(lane, at):
    # Follows the index of pending work, however long the queue is.
    waiting = Pending.objects.filter(lane=lane, stuck_at__isnull=True).order_by("event_id")
    recorded_at = waiting.values_list("event__recorded_at", flat=True).first()
    return _since(recorded_at, at)


def _webhooks(at):
    """How old the oldest is that is not delivered, and how long the first whose time has come waits for a worker."""
    pending = Delivery.objects.filter(state=DeliveryState.PENDING)
    oldest = pending.order_by("id").values_list("created_at", flat=True).first()
    first = pending.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return {"oldest_undelivered_seconds": _since(oldest, at), "late_seconds": _since(first, at)}


def _mails(at):
    """The same of mails. Each question follows an index of what waits; urgent ones are asked apart."""
    waiting = Mail.objects.filter(state=MailState.WAITING)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    due = (waiting.filter(urgent=urgent).order_by("next_attempt_at") for urgent in (True, False))
    firsts = [first for each in due if (first := each.values_list("next_attempt_at", flat=True).first())]
    return {"oldest_waiting_seconds": _since(oldest, at), "late_seconds": _since(min(firsts, default=None), at)}


def _since(moment, at):
    return max(0, round((at - moment).total_seconds(), 1)) if moment else None


def broker_answers():
    try:
        return bool(_broker().ping())
    except (redis.RedisError, OSError) as error:
        log.warning("The broker did not answer: %s", error)
        return False


def queue_depth(queue):
    """How many messages of Celery wait in a queue for a worker; raises RedisError where the broker does not answer."""
    return _broker().llen(queue)


@functools.cache
def _broker():
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=_PATIENCE_SECONDS,
        socket_timeout=_PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
