"""The nouns of rewards and the ledger."""

from rewards.models.ledger import HOUSE, ROUTES, THEIRS, Account, AccountKind, Leg, Transfer
from rewards.models.rate import Rate
from rewards.models.reward import Form, Reward, RewardStatus
from rewards.models.rule import CONVERSION_TRIGGER, Frequency, HoldFrom, MonthsFrom, Rule, RuleStatus, RuleVersion
from rewards.models.subject import Counter, Decision, Subject

__all__ = [
    "CONVERSION_TRIGGER",
    "HOUSE",
    "ROUTES",
    "THEIRS",
    "Account",
    "AccountKind",
    "Counter",
    "Decision",
    "Form",
    "Frequency",
    "HoldFrom",
    "Leg",
    "MonthsFrom",
    "Rate",
    "Reward",
    "RewardStatus",
    "Rule",
    "RuleStatus",
    "RuleVersion",
    "Subject",
    "Transfer",
]
