"""The pages of rules, rewards, decisions, wallets, the ledger and payouts in the admin."""

from rewards.admin import journal, ledger, payees, payout_policies, payouts, rates, rules, wallets

__all__ = ["journal", "ledger", "payees", "payout_policies", "payouts", "rates", "rules", "wallets"]
