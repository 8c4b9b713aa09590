"""The nouns of rewards and the ledger."""

from rewards.models.adjustment import Adjustment, AdjustmentKind, Exchange
from rewards.models.correction import Correction, CorrectionPolicy, CorrectionState, PreviewedUse
from rewards.models.coupon import Coupon, CouponState, CouponUse
from rewards.models.coupon_pool import CouponPool, CouponUpload, PoolKind, PoolSource
from rewards.models.ledger import HOUSE, ROUTES, THEIRS, Account, AccountKind, Leg, Transfer
from rewards.models.limit_change import LimitChange, LimitChangeState
from rewards.models.month_end import MonthEnd
from rewards.models.payee import DestinationKind, Payee, PayeeChange, PayeeKind, TaxLimit
from rewards.models.payout import COUNTED, BatchState, Payout, PayoutBatch, PayoutState
from rewards.models.payout_policy import PayoutKind, PayoutPolicy, PayoutSchedule
from rewards.models.rate import Rate
from rewards.models.redemption import Redemption, RedemptionState
from rewards.models.reward import Form, Reward, RewardStatus
from rewards.models.reward_day import DayOf, RewardDay
from rewards.models.rule import CONVERSION_TRIGGER, Frequency, HoldFrom, MonthsFrom, Rule, RuleStatus, RuleVersion
from rewards.models.shop_credit import ShopCredit, ShopCreditEntry, ShopCreditMove
from rewards.models.subject import Counter, Decision, Subject
from rewards.models.wallet import Wallet

__all__ = [
    "CONVERSION_TRIGGER",
    "COUNTED",
    "HOUSE",
    "ROUTES",
    "THEIRS",
    "Account",
    "AccountKind",
    "Adjustment",
    "AdjustmentKind",
    "BatchState",
    "Correction",
    "CorrectionPolicy",
    "CorrectionState",
    "Counter",
    "Coupon",
    "CouponPool",
    "CouponState",
    "CouponUpload",
    "CouponUse",
    "DayOf",
    "Decision",
    "DestinationKind",
    "Exchange",
    "Form",
    "Frequency",
    "HoldFrom",
    "Leg",
    "LimitChange",
    "LimitChangeState",
    "MonthEnd",
    "MonthsFrom",
    "Payee",
    "PayeeChange",
    "PayeeKind",
    "Payout",
    "PayoutBatch",
    "PayoutKind",
    "PayoutPolicy",
    "PayoutSchedule",
    "PayoutState",
    "PoolKind",
    "PoolSource",
    "PreviewedUse",
    "Rate",
    "Redemption",
    "RedemptionState",
    "Reward",
    "RewardDay",
    "RewardStatus",
    "Rule",
    "RuleStatus",
    "RuleVersion",
    "ShopCredit",
    "ShopCreditEntry",
    "ShopCreditMove",
    "Subject",
    "TaxLimit",
    "Transfer",
    "Wallet",
]
