"""The pages of rules, rewards, decisions, wallets, the ledger and payouts in the admin."""

from rewards.admin import (
    corrections,
    coupons,
    errands,
    journal,
    ledger,
    limits,
    payees,
    payout_batches,
    payout_policies,
    payouts,
    pools,
    rates,
    rules,
    terms,
    wallets,
)

__all__ = [
    "corrections",
    "coupons",
    "errands",
    "journal",
    "ledger",
    "limits",
    "payees",
    "payout_batches",
    "payout_policies",
    "payouts",
    "pools",
    "rates",
    "rules",
    "terms",
    "wallets",
]
