"""Choose who brought a friend. Pure: no clock, no database.

Precedence: a code that was typed, a coupon that is a link's code, a click id, a remembered click, an invitation.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

PRECEDENCE = ("code", "coupon", "click", "cookie", "invitation")
# A visit and an invitation lose their force with time; what a friend says or types now is said now.
_AGES = ("click", "cookie", "invitation")
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
# So much the clock of a shop may be behind ours: what came just before a purchase may look as if it came after.
CLOCKS_APART = timedelta(minutes=5)
# But whoever has just bought is invited quickly, to take the reward: that is never before.
_APART = {"invitation": timedelta(0)}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way in which a friend may have been brought.

    ``at``: when the click was, the address was invited, or the code was given. ``obstacle``: a reason key that rules it
    out.
    """

    method: str
    at: datetime
    link: object = None
    click_id: object = None
    obstacle: str = ""
    numbers: dict = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A candidate with the reason key it lost by, or none where it won."""

    candidate: Candidate
    won: bool
    reason: str = ""
    numbers: dict = field(default_factory=dict)


def choose(candidates, *, window_days, click_precedence, at):
    """``(winner or None, judged)``: every candidate is kept, in the order given, with the reason it lost by.

    ``click_precedence``: "last" or "first" click inside the window; the window's last moment is inside. What came
    after ``at``, the moment of the sign-up or order, cannot have brought it.
    """
    lost = [_reason(candidate, window_days, at) for candidate in candidates]
    able = [candidate for candidate, (reason, _) in zip(candidates, lost, strict=True) if not reason]
    winner = min(able, key=lambda candidate: _rank(candidate, click_precedence), default=None)
    judged = [
        Judged(candidate=candidate, won=True)
        if candidate is winner
        else Judged(candidate=candidate, won=False, reason=reason or "lost_to_precedence", numbers=numbers)
        for candidate, (reason, numbers) in zip(candidates, lost, strict=True)
    ]
    return winner, judged


def _reason(candidate, window_days, at):
    if candidate.obstacle:
        return candidate.obstacle, candidate.numbers
    age = at - candidate.at
    if candidate.method in _AGES and -age > _APART.get(candidate.method, CLOCKS_APART):
        return "came_too_late", {"days": -age // _DAY} if -age >= _DAY else {"minutes": max(-age // _MINUTE, 1)}
    if candidate.method in _AGES and age > timedelta(days=window_days):
        return "outside_window", {"days": age.days, "window_days": window_days}
    return "", {}


def _rank(candidate, click_precedence):
    """Smaller is better; equals keep the order given."""
    moment = candidate.at.timestamp() if candidate.method in _AGES else 0
    return PRECEDENCE.index(candidate.method), moment if click_precedence == "first" else -moment
