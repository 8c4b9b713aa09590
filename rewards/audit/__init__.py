"""Recount the ledger, the rewards and the caps from what was written down; any difference is a bug.

Each check is one statement, so it sees one moment and may run while everything else goes on. Only differences leave the
database, a few at a time: a million transfers need no more memory here than none.
"""

from advocacy.checking import found
from rewards.audit import (
    closing,
    copies,
    daily,
    decisions,
    holds,
    ledger,
    monthly,
    payees,
    paying,
    recorded,
    spending,
    told,
)

_MODULES = (ledger, decisions, closing, spending, copies, told, recorded, holds, paying, payees, monthly, daily)
CHECKS = tuple(check for module in _MODULES for check in module.CHECKS)


def differences():
    """Sentences, one per difference; none where everything agrees."""
    for check in CHECKS:
        yield from found(check)


def parts():
    """``{what is recounted: function that yields its sentences}``, for showing how far it is."""
    return {check.name: lambda check=check: found(check) for check in CHECKS}
