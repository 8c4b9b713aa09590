from celery import shared_task
from django.utils import timezone

from advocacy.alerts import telling, watching
from advocacy.periodic import alone


@shared_task
def watch():
    """Look for what needs somebody, and make the mails about it."""
    watching.watch(at=timezone.now())
    # Mails of their own transaction: what was found stays found, whatever becomes of them.
    with alone("mails of alerts") as mine:
        if mine:
            telling.tell(at=timezone.now())
    with alone("daily mails of alerts") as mine:
        if mine:
            telling.tell_daily(at=timezone.now())


@shared_task
def forget():
    telling.forget(at=timezone.now())
