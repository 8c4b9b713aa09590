"""What a program brought: counts and rates by one definition each, from the roll-ups, and the rows behind them."""

from referrals.metrics.behind import SIDES, Behind, behind
from referrals.metrics.catalogue import COUNTS, GROUPS, METRICS, REVENUE, VIEWS
from referrals.metrics.overview import overview
from referrals.metrics.program import of_program, one

__all__ = [
    "COUNTS",
    "GROUPS",
    "METRICS",
    "REVENUE",
    "SIDES",
    "VIEWS",
    "Behind",
    "behind",
    "of_program",
    "one",
    "overview",
]
