"""What is kept of people for a while only, and for how long.

Clicks, messages of platforms, webhooks and mails are swept by tasks of their own, because there are many.
"""

from datetime import timedelta

from django.conf import settings

from advocacy import portal_sessions
from config import admin_log, sign_ins
from referrals import claims, imports
from referrals.orders import waiting

# Of use to nobody once it is over; kept for a while for who asks why a link did not open.
_OVER = 30


def forget(*, at):
    sign_ins.forget(at=at)
    for days, what in (
        (_OVER, portal_sessions.forget),
        (settings.IMPORT_RETENTION_DAYS, imports.forget),
        (settings.INBOUND_RETENTION_DAYS, waiting.forget),
        (settings.CLAIM_RETENTION_DAYS, claims.forget_decided),
        (settings.ADMIN_LOG_RETENTION_DAYS, admin_log.forget),
    ):
        what(before=at - timedelta(days=days), at=at)
