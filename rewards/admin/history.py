"""The versions of a rule, which of them decides now, and what each changed."""

from advocacy.admin import words
from rewards import rulebook
from rewards.admin.differences import differences
from rewards.models import RuleStatus


def state(version, at):
    """Whether a version decides now, as (tone, word)."""
    if version.ends_at and version.ends_at <= at:
        return "quiet", "Over"
    return ("planned", "Planned") if version.starts_at > at else ("good", "In force")


def state_of_rule(rule, versions, at):
    if rule.status == RuleStatus.ARCHIVED:
        return "quiet", "Archived"
    states = [state(version, at) for version in versions]
    return next(
        (found for found in (("good", "In force"), ("planned", "Planned")) if found in states), ("quiet", "Over")
    )


def current(versions, at):
    """The version in force, else the next planned one, else the last."""
    by_word = {state(version, at)[1]: version for version in versions}
    return by_word.get("In force") or by_word.get("Planned") or (versions[-1] if versions else None)


def told(rule, versions, at):
    """Newest first: each version with its sentence, its state and what it changed."""
    currency, before, rows = rule.program.currency, None, []
    for version in versions:
        rows.append(
            {
                "version": version,
                "state": words.dot(*state(version, at)),
                "sentence": rulebook.sentence(version, currency=currency),
                "changes": differences(before, version, currency) if before else [],
            }
        )
        before = version
    return rows[::-1]
