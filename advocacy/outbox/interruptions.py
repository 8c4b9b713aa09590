"""Tell trouble that is nobody's fault from trouble that is: the one is repeated, the other is an attempt."""

from django.db import InterfaceError, OperationalError

# PostgreSQL's classes of errors: transaction rollback (deadlocks), connection, operator intervention (shutdown), a lock
# that was not to be had, too many connections. A statement that was cancelled (57014) or too large is not among them.
_NOBODYS_FAULT = ("40", "08", "57P", "55P03", "53300")


class Interrupted(Exception):
    """A deadlock, a lost connection or a shutdown: nothing was done, and it is no attempt. Call again."""


def pass_on(error):
    """Raise ``Interrupted`` where the error is an interruption; return otherwise."""
    if isinstance(error, Interrupted):
        raise error
    if isinstance(error, InterfaceError):
        raise Interrupted from error
    if isinstance(error, OperationalError):
        state = getattr(error.__cause__, "sqlstate", None)
        if state is None or state.startswith(_NOBODYS_FAULT):
            raise Interrupted from error
