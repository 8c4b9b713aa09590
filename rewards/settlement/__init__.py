"""Bring what is owed and what the ledger holds together: decide purely, post the difference."""

from rewards.settlement.settle import again, settle, settle_events

__all__ = ["again", "settle", "settle_events"]
