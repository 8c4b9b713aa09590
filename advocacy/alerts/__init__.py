"""What needs somebody of the staff: found by checks, kept as rows, told by mail and webhook until it is over.

``config/alert_checks.py`` lists the checks. ``watching`` opens and closes alerts by what they find, ``choosing`` says
who is told of a kind, ``telling`` makes the mails, ``muting`` lets one rest.
"""

from advocacy.alerts.choosing import kinds_of, seen_by
from advocacy.alerts.muting import mute, unmute
from advocacy.alerts.watching import say, watch

__all__ = ["kinds_of", "mute", "say", "seen_by", "unmute", "watch"]
