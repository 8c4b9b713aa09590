"""The nouns of rewards and the ledger."""

from rewards.models.ledger import Account, AccountKind, Leg, Transfer
from rewards.models.reward import Reward, RewardStatus
from rewards.models.rule import Frequency, Rule, RuleStatus, RuleVersion
from rewards.models.subject import Counter, Decision, Subject

__all__ = [
    "Account",
    "AccountKind",
    "Counter",
    "Decision",
    "Frequency",
    "Leg",
    "Reward",
    "RewardStatus",
    "Rule",
    "RuleStatus",
    "RuleVersion",
    "Subject",
    "Transfer",
]
