from celery import shared_task
from django.utils import timezone

from referrals import inbound


@shared_task
def work():
    """Work on what platforms sent; beat comes back for what waits for another try."""
    while inbound.work(at=timezone.now()) >= _MANY:
        pass


_MANY = 500
