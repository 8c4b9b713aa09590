"""What the queue of mails does, without a worker: Django keeps in ``mail.outbox`` what would leave."""

from django.core import mail
from django.utils import timezone

from advocacy import mails


def mailed(at=None):
    """Send what is due; all mails that left until now."""
    connection = mail.get_connection()
    while mails.send_next(at=at or timezone.now(), connection=connection):
        pass
    return mail.outbox
