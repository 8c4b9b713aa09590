import logging
import time

from celery import shared_task
from django.core.mail import get_connection
from django.utils import timezone

from advocacy.mails import asking, forgetting, sending

log = logging.getLogger(__name__)
# A task stays well under its time limit; what is left is taken by the next.
SECONDS = 20


@shared_task
def send():
    """Send mails by one connection until none is due. What must wait for its time is found by the sweep."""
    until, connection = time.monotonic() + SECONDS, get_connection()
    try:
        while sending.send_next(at=timezone.now(), connection=connection):
            if time.monotonic() > until:
                asking.wake_senders()
                return
    except sending.NoServer as error:
        log.warning("%s What waits is tried again.", error)
    finally:
        connection.close()


@shared_task
def forget():
    """Delete mails that ended longer ago than DELIVERY_RETENTION_DAYS."""
    forgetting.forget(at=timezone.now())
