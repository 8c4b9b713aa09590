"""What changed from one version of a rule to the next. Pure, but for the versions it is given."""

from advocacy import money
from advocacy.admin import words
from rewards import rulebook
from rewards.models import RuleStatus

_LABELS = {
    "frequency": "Which orders",
    "minimum_order_minor": "Minimum order",
    "advocate_kind": "The advocate gets",
    "advocate_amount_minor": "The advocate’s amount",
    "advocate_percent_bp": "The advocate’s percentage",
    "advocate_maximum_minor": "The advocate’s maximum",
    "friend_kind": "The friend gets",
    "friend_amount_minor": "The friend’s amount",
    "friend_percent_bp": "The friend’s percentage",
    "friend_maximum_minor": "The friend’s maximum",
    "hold_days": "Wait",
    "conditions": "Further conditions",
}


def differences(before, after, currency):
    """``[(label, from, to)]`` of the terms that differ."""
    return [
        (label, _shown(before, column, currency), _shown(after, column, currency))
        for column, label in _LABELS.items()
        if getattr(before, column) != getattr(after, column)
    ]


def _shown(version, column, currency):
    value = getattr(version, column)
    if column == "frequency":
        return version.get_frequency_display()
    if column.endswith("_kind"):
        return getattr(version, f"get_{column}_display")() or "Nothing"
    if column.endswith("_bp"):
        return f"{value / 100:g} %" if value else words.NOTHING
    if column.endswith("_minor"):
        return money.plain(value, currency) if value else words.NOTHING
    return f"{value} days" if column == "hold_days" else str(value or words.NOTHING)


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
