"""What changed from one version of a rule to the next. Pure, but for the versions it is given."""

from advocacy import money
from advocacy.admin import words
from advocacy.models import BenefitKind
from rewards import rulebook
from rewards.models import RuleStatus

_LABELS = {
    "frequency": "Which orders",
    "minimum_order_minor": "Minimum order",
    "hold_days": "Wait",
    "conditions": "Further conditions",
}
_SIDES = {"advocate": "The advocate", "friend": "The friend", "customer": "The person"}


def differences(before, after, currency):
    """``[(label, from, to)]`` of the terms that differ."""
    rows = [
        (label, _shown(before, column, currency), _shown(after, column, currency))
        for column, label in _LABELS.items()
        if getattr(before, column) != getattr(after, column)
    ]
    for side, label in _SIDES.items():
        was, now = (_given(version.benefits.get(side, {}), currency) for version in (before, after))
        rows += [
            (f"{label}{_PARTS[part]}", was.get(part, words.NOTHING), now.get(part, words.NOTHING))
            for part in _PARTS
            if was.get(part) != now.get(part)
        ]
    return rows


_PARTS = {
    "kind": " gets",
    "amount_minor": "’s amount",
    "percent_bp": "’s percentage",
    "maximum_minor": "’s maximum",
}


def _given(benefit, currency):
    shown = {}
    for part, value in benefit.items():
        if part.endswith("_bp"):
            shown[part] = f"{value / 100:g} %"
        elif part.endswith("_minor"):
            shown[part] = money.plain(value, currency) if value is not None else words.NOTHING
        elif part == "kind":
            shown[part] = BenefitKind(value).label
    return shown


def _shown(version, column, currency):
    value = getattr(version, column)
    if column == "frequency":
        return version.get_frequency_display()
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
