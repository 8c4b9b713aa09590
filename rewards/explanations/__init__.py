"""Decisions as people read them: every rule, every check with its numbers, and what became of the money."""

from rewards.explanations.reading import of_subject

__all__ = ["of_subject"]
