from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from advocacy.outbox import wake
from advocacy.periodic import alone
from referrals import inbound
from referrals.inbound import reconciling

# After fewer messages than these a worker looks once more after so many seconds: they come in bursts.
_MANY, _PAUSE = 500, 0.025


@shared_task
def work():
    """Work on what platforms sent; beat comes back for what waits for another try."""
    wake.begun(work)
    while tried := inbound.work(at=timezone.now()):
        if tried < _MANY:
            wake.stay_for(work, _PAUSE)
        wake.begun(work)


@shared_task
def forget():
    """Delete what was worked on so long ago that nobody will look at it again."""
    inbound.forget(before=timezone.now() - timedelta(days=settings.INBOUND_RETENTION_DAYS))


@shared_task
def ask_daily():
    """Ask platforms for what their webhooks missed, each connection once a day."""
    with alone("ask platforms daily") as mine:
        if mine:
            reconciling.start_daily(at=timezone.now())
