"""Decisions as people read them: every rule, every check with its numbers, and what became of the money."""

from rewards.explanations.reading import STEP, of_subject, reached_by, who_reached

__all__ = ["STEP", "of_subject", "reached_by", "who_reached"]
