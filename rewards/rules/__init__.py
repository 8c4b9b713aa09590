"""What a rule owes: pure functions on frozen facts. No clock, no database."""

from rewards.rules.asking import keys
from rewards.rules.checks import RATE_MISSING, STANDING
from rewards.rules.deciding import decide
from rewards.rules.moves import PLACES, due_at, is_at_once, legs, status
from rewards.rules.questions import Earlier, Question, Rate, Verdict
from rewards.rules.terms import Benefit, Meter, Terms, compiled

__all__ = [
    "PLACES",
    "RATE_MISSING",
    "STANDING",
    "Benefit",
    "Earlier",
    "Meter",
    "Question",
    "Rate",
    "Terms",
    "Verdict",
    "compiled",
    "decide",
    "due_at",
    "is_at_once",
    "keys",
    "legs",
    "status",
]
