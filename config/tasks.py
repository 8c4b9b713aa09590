import time

from celery import shared_task
from django.utils import timezone

from config import forgetting, link_codes, second_look, twins, weekly

SECONDS = 20


@shared_task
def test_clocks():
    """Do for the test twins whose clock is ahead what other tasks do for everybody at the time it is."""
    for twin in twins.ahead():
        # Each sweep is a transaction of its own, or several; two at once take different rows.
        twins.sweep(twin, now=timezone.now())


@shared_task
def look_again():
    """Ask the checks of fraud again about what soon falls due."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and second_look.look(at=timezone.now()):
        pass


@shared_task
def codes_of_links():
    """Shops are told of the links that were there before the pool that makes their codes coupons."""
    link_codes.order(at=timezone.now())


@shared_task
def forget():
    """What is kept of people for a while only."""
    forgetting.forget(at=timezone.now())


@shared_task
def weekly_report():
    """The week's numbers go to staff on Monday mornings."""
    weekly.send(at=timezone.now())
