"""What a program brought: counts and rates by one definition each, from the roll-ups, and the rows behind them."""

from referrals.metrics.behind import SIDES, Behind, behind, behind_count
from referrals.metrics.catalogue import COHORTS, COUNTS, GROUPS, METRICS, REVENUE, VIEWS
from referrals.metrics.overview import overview
from referrals.metrics.program import of_program, one
from referrals.metrics.uncounted import any_gone
from referrals.metrics.uncounted import series_of as series

__all__ = [
    "COHORTS",
    "COUNTS",
    "GROUPS",
    "METRICS",
    "REVENUE",
    "SIDES",
    "VIEWS",
    "Behind",
    "any_gone",
    "behind",
    "behind_count",
    "of_program",
    "one",
    "overview",
    "series",
]
