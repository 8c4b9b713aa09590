"""Who brought a friend: the choice among candidates (pure), and the bond that follows."""

from referrals.attribution.asking import bond_of, link_of, speaks_against
from referrals.attribution.binding import Asked, Binding, bind, bind_all
from referrals.attribution.byhand import attribute as by_hand
from referrals.attribution.candidates import Hints
from referrals.attribution.choice import Candidate, Judged, choose
from referrals.attribution.told import bring

__all__ = [
    "Asked",
    "Binding",
    "Candidate",
    "Hints",
    "Judged",
    "bind",
    "bind_all",
    "bond_of",
    "bring",
    "by_hand",
    "choose",
    "link_of",
    "speaks_against",
]
