"""Who brought a friend: the choice among candidates (pure), and the bond that follows."""

from referrals.attribution.asking import link_of, speaks_against
from referrals.attribution.binding import Binding, bind
from referrals.attribution.byhand import attribute as by_hand
from referrals.attribution.candidates import Hints
from referrals.attribution.choice import Candidate, Judged, choose

__all__ = ["Binding", "Candidate", "Hints", "Judged", "bind", "by_hand", "choose", "link_of", "speaks_against"]
