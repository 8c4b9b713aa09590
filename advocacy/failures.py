"""What staff are told of work that failed: a refusal in its own words; of anything else a name to find in the log.

The text of an unexpected error may hold what it was about (a code, an address, a row of the database), and staff pages
are read by more people than the log.
"""

import logging

from advocacy import ids
from advocacy.refusals import Refused

log = logging.getLogger(__name__)

_STATES = {"57014": "statement timeout", "23505": "already there", "53100": "disk full"}


def told(error, what):
    """A sentence about ``error``, which is being handled; all of it goes to the log. ``what`` begins the sentence."""
    if isinstance(error, Refused):
        log.warning("%s was refused: %s", what, error.code)
        return error.message
    name = ids.encode("err", ids.uuid7())
    log.exception("%s failed: %s", what, name)
    return f"{what} failed unexpectedly ({_kind(error)}). The server’s log tells more about {name}."


def _kind(error):
    """Its class, and what a database error is about where that helps."""
    known = _STATES.get(getattr(error.__cause__, "sqlstate", None))
    return f"{type(error).__name__}: {known}" if known else type(error).__name__
