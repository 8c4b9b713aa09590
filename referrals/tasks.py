import time

from celery import shared_task
from django.utils import timezone

from advocacy.periodic import alone
from referrals import lifetime_value, rollups

SECONDS = 20


@shared_task
def recount():
    """Recount the days that changed; any number of these may run at once."""
    rollups.recount(at=timezone.now(), seconds=SECONDS)


@shared_task
def lifetime_values():
    """Recount what customers are worth, the storefront that waited longest first; beat comes back for the rest."""
    until = time.monotonic() + SECONDS
    for storefront in lifetime_value.longest_waiting():
        with alone(f"lifetime values of {storefront.pk}") as mine:
            if mine:
                lifetime_value.recount(storefront=storefront, at=timezone.now())
        if time.monotonic() >= until:
            return
