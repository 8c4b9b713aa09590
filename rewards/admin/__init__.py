"""The pages of rules, rewards, decisions, the ledger and payouts in the admin."""

from rewards.admin import journal, ledger, payees, payout_policies, payouts, rates, rules

__all__ = ["journal", "ledger", "payees", "payout_policies", "payouts", "rates", "rules"]
