"""One box takes what somebody has at hand: what it is, or what may be said of what is not here."""

from config.asking.finding import LONGEST, MOST, Found, find
from referrals.missing import Missing, miss

__all__ = ["LONGEST", "MOST", "Found", "Missing", "find", "miss"]
