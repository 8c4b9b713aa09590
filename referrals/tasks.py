import time

from celery import shared_task
from django.utils import timezone

from advocacy.periodic import alone
from referrals import clicks, lifetime_value, rollups

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


@shared_task
def keep_click_storage():
    """Months of clicks made ahead, old ones dropped, salts of days that are over forgotten."""
    with alone("click storage") as mine:
        if mine:
            clicks.keep_partitions(at=timezone.now())
            clicks.keep_salts(at=timezone.now())
            clicks.prune(at=timezone.now())
