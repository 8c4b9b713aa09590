"""An alert that somebody knows of rests for a while: it stays open, and nobody is mailed about it."""

from datetime import timedelta

from advocacy.models import Alert
from advocacy.refusals import Conflict

LONGEST_HOURS = 24 * 30


def mute(*, alert, hours, reason, at, by=None):
    """``by``: who of the staff, None for a server. The Alert; Conflict ``alert_closed`` for one that is over."""
    until = at + timedelta(hours=min(hours, LONGEST_HOURS))
    changed = {"muted_until": until, "muted_by": by, "mute_reason": reason}
    if not Alert.objects.filter(pk=alert.pk, closed_at=None).update(**changed):
        raise Conflict("alert_closed", "This alert is over: there is nothing to mute.")
    alert.refresh_from_db()
    return alert


def unmute(*, alert):
    Alert.objects.filter(pk=alert.pk).update(muted_until=None, muted_by=None, mute_reason="")
    alert.refresh_from_db()
    return alert
