"""Forget mails that ended long ago; the events that asked for them stay for ever."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from advocacy.models import InvitedAddress, Mail, MailState

AT_ONCE = 2000


def forget(*, at):
    """Delete mails that were made and ended before DELIVERY_RETENTION_DAYS; how many. What waits stays."""
    gone, last, before = 0, 0, at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    while True:
        # Rows are made in the order of their ids: no index is needed to come from the oldest to the horizon.
        rows = Mail.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "created_at")
        chunk = [pk for pk, created_at in rows[:AT_ONCE] if created_at < before]
        if not chunk:
            return gone
        last = chunk[-1]
        gone += _delete(chunk, before)


@transaction.atomic
def _delete(chunk, before):
    over = Mail.objects.filter(pk__in=chunk, ended_at__lt=before).exclude(state=MailState.WAITING)
    # That somebody was invited is known for ever.
    InvitedAddress.objects.filter(mail__in=over).update(mail=None)
    return over._raw_delete(using="default")
