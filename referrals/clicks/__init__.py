"""Visits through links: high in number, so only rows, told apart within one day and kept for a while."""

from referrals.clicks.opening import Opened, open_link, record
from referrals.clicks.storage import keep_partitions, prune
from referrals.clicks.visitors import keep_salts, visitor

__all__ = ["Opened", "keep_partitions", "keep_salts", "open_link", "prune", "record", "visitor"]
