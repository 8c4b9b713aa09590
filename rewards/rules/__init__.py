"""What a rule owes: pure functions on frozen facts. No clock, no database."""

from rewards.rules.deciding import STANDING, Earlier, Question, Rate, Verdict, decide, keys
from rewards.rules.moves import PLACES, due_at, legs, status
from rewards.rules.terms import Benefit, Meter, Terms, compiled

__all__ = [
    "PLACES",
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
    "keys",
    "legs",
    "status",
]
