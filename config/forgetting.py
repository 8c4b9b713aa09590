"""What is kept of people for a while only, and for how long.

Clicks, messages of platforms, webhooks and mails are swept by tasks of their own, because there are many.
"""

import logging
from datetime import timedelta
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from advocacy import portal_sessions
from advocacy.periodic import alone
from config import admin_log, sign_ins
from referrals import claims, imports
from referrals.orders import waiting

log = logging.getLogger(__name__)
# Of use to nobody once it is over; kept for a while for who asks why a link did not open.
_OVER = 30


def parts():
    """``{what: how, called with at}``: each is done by itself, so that none that fails keeps the others."""
    return {"sign-ins": sign_ins.forget} | {
        what: partial(_forget, forget, days)
        for what, days, forget in (
            ("portal sessions", _OVER, portal_sessions.forget),
            ("imports", settings.IMPORT_RETENTION_DAYS, imports.forget),
            ("news that waited", settings.INBOUND_RETENTION_DAYS, waiting.forget),
            ("claims", settings.CLAIM_RETENTION_DAYS, claims.forget_decided),
            ("the admin's log", settings.ADMIN_LOG_RETENTION_DAYS, admin_log.forget),
        )
    }


def _forget(forget, days, *, at):
    forget(before=at - timedelta(days=days), at=at)


def forget(*, at):
    """Each part in a transaction of its own. What failed is logged, and tried again the next time."""
    for what, part in parts().items():
        try:
            with alone(f"forgetting {what}") as mine:
                if mine:
                    part(at=at)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("Forgetting %s failed.", what)
