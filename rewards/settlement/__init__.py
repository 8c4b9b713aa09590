"""Bring what is owed and what the ledger holds together: decide purely, post the difference."""

from rewards.settlement.settle import again, settle

__all__ = ["again", "settle"]
