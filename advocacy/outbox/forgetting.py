"""Forget deliveries that ended long ago, with their tries; events and what they did stay for ever."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.db import transaction

from advocacy.models import Attempt, Delivery, DeliveryState

AT_ONCE = 2000


def horizon(*, at):
    """Whatever ended before it may be forgotten already."""
    return at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)


def forget(*, at):
    """Delete the deliveries that ended before the horizon; how many. What waits stays, however old."""
    gone, last = 0, 0
    before = horizon(at=at)
    while True:
        # Rows are made in the order of their ids: no index is needed to come from the oldest to the horizon.
        rows = Delivery.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "created_at", "ended_at")
        chunk = [row for row in rows[:AT_ONCE] if row[1] < before]
        if not chunk:
            return gone
        last = chunk[-1][0]
        gone += _delete([pk for pk, _, ended_at in chunk if ended_at and ended_at < before], before)


def _delete(pks, before):
    with transaction.atomic():
        over = Delivery.objects.exclude(state=DeliveryState.PENDING).filter(pk__in=pks, ended_at__lt=before)
        # Somebody may send one again at this very moment.
        pks = list(over.select_for_update().values_list("pk", flat=True))
        with pgtrigger.ignore("advocacy.Attempt:attempts_are_append_only"):
            Attempt.objects.filter(delivery__in=pks)._raw_delete(using="default")
        return Delivery.objects.filter(pk__in=pks)._raw_delete(using="default")
