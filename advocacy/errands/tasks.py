import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from advocacy import errands
from advocacy.errands import asking

# A task stays well under its time limit; what is left is taken by the next.
SECONDS = 20


@shared_task
def run():
    """Do errands until none may be done now. Whoever finds one calls a colleague, as far as there are threads."""
    until, alone = time.monotonic() + SECONDS, not settings.CELERY_TASK_ALWAYS_EAGER
    while errands.run_next(at=timezone.now()):
        if time.monotonic() > until or (alone and errands.due(at=timezone.now())):
            asking.wake_workers()
        alone = False
        if time.monotonic() > until:
            return
