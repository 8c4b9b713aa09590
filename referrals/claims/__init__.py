"""Friends whom an advocate misses: named by what the advocate knows, decided by somebody of the shop."""

from referrals.claims.asking import A_DAY, ask, left, name_of
from referrals.claims.deciding import accept, end_overdue, refuse
from referrals.claims.looking import Seen, is_lost, look
from referrals.claims.telling import forget, forget_decided

__all__ = [
    "A_DAY",
    "Seen",
    "accept",
    "ask",
    "end_overdue",
    "forget",
    "forget_decided",
    "is_lost",
    "left",
    "look",
    "name_of",
    "refuse",
]
