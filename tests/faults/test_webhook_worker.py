"""A real worker of webhooks and real servers: one answers, one hangs, one is dead, and none is in another's way."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.models import Delivery, WebhookEndpoint
from advocacy.outbox import sending, tasks, webhooks
from advocacy.outbox.drain import drain
from tests import cast
from tests.faults.workers import kill, wait_for, worker
from tests.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 12


def endpoint(storefront, url):
    return webhooks.create(storefront=storefront, url=url, event_types=["customer.created"], at=timezone.now())[0]


def test_a_hanging_and_a_dead_endpoint_delay_no_other_and_a_killed_worker_loses_nothing():
    acme, released = cast.acme(), threading.Event()
    with receiving() as dead:
        pass
    with receiving() as fine, receiving(lambda: released.wait(60) and 200) as hangs:
        down, good = (endpoint(acme, server.url) for server in (dead, fine))
        hanging = [endpoint(acme, f"{hangs.url}?{number}").pk for number in range(4)]
        # A moment ago they answered: nobody knows yet that they hang.
        WebhookEndpoint.objects.filter(pk__in=hanging).update(last_delivered_at=timezone.now() + timedelta(minutes=1))
        for number in range(EVENTS):
            cast.customer(acme, f"person-{number}", at=timezone.now())
        drain("out", at=timezone.now())
        assert Delivery.objects.filter(state="pending").count() == 6 * EVENTS

        def all_is_delivered_that_can_be():
            tasks.sweep()
            return not Delivery.objects.filter(endpoint=good).exclude(state="delivered").exists()

        def the_dead_was_tried():
            tasks.sweep()
            return not Delivery.objects.filter(endpoint=down, tries=0).exists()

        with worker("webhooks", threads=16) as process:
            wait_for(all_is_delivered_that_can_be)
            assert 4 <= len(hangs.got) <= sending.LEFT_FOR_FIRST_CALLS, "they still hang, in some of the threads"
            wait_for(the_dead_was_tried)
            kill(process)
        assert len(fine.got) == len(set(fine.ids)) == EVENTS
        claimed = Delivery.objects.filter(endpoint__in=hanging, claimed_until__isnull=False)
        assert 4 <= claimed.count() <= sending.LEFT_FOR_FIRST_CALLS, "in the hands of the killed one"
        released.set()
        WebhookEndpoint.objects.filter(pk=down.pk).update(status="disabled")
        while sending.send_next(at=timezone.now() + sending.LEASE + timedelta(seconds=1)):
            pass
        assert set(Delivery.objects.filter(endpoint__in=hanging).values_list("state", flat=True)) == {"delivered"}
        assert len(set(hangs.ids)) == EVENTS, "each of the four was told the same"
