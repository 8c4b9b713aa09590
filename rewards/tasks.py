import time

from celery import shared_task
from django.utils import timezone

from rewards import crediting

# A task stays well under its time limit; beat comes back for the rest.
SECONDS = 20


@shared_task
def release():
    """Credit what is due, batch by batch, each in a transaction of its own. Several at once take different rows."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and crediting.release(at=timezone.now()):
        pass
