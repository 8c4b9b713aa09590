"""The pages of rules, rewards, decisions and the ledger in the admin."""

from rewards.admin import ledger, rates, rules

__all__ = ["ledger", "rates", "rules"]
