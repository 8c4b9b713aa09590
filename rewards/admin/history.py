"""The versions of a rule, which of them decides now, and what each changed."""

from collections import defaultdict

from advocacy.admin import words
from rewards import corrections, rulebook
from rewards.admin.differences import in_sentences, total_of
from rewards.models import Correction, CorrectionState, RuleStatus


def state(version, at):
    """Whether a version decides now, as (tone, word)."""
    if version.cancelled:
        return "quiet", "Cancelled"
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
    known = (by_word.get(word) for word in ("In force", "Planned", "Over", "Cancelled"))
    return next(filter(None, known), None)


def told(rule, versions, at):
    """Newest first: each version with its sentence, its state, what it changed, and what of it was corrected."""
    currency, before, rows = rule.program.currency, None, []
    mended = _corrections(rule, currency)
    for version in versions:
        rows.append(
            {
                "version": version,
                "state": words.dot(*state(version, at)),
                # What was never in force has decided nothing.
                "correctable": not version.cancelled and version.starts_at <= at,
                "sentence": rulebook.sentence(version, currency=currency),
                "changes": in_sentences(before, version, currency) if before else [],
                "corrections": mended[version.pk],
            }
        )
        before = before if version.cancelled else version
    return rows[::-1]


def _corrections(rule, currency):
    """``{version's id: [correction]}``, the newest first, each with its words."""
    rows = Correction.objects.filter(rule_version__rule=rule).exclude(state=CorrectionState.WITHDRAWN)
    rows = rows.select_related("rule_version__rule__program", "corrected", "proposed_by", "approved_by")
    found = defaultdict(list)
    for row in rows.order_by("-pk"):
        after = row.corrected or corrections.corrected(row)
        found[row.rule_version_id].append(
            {
                "row": row,
                "state": words.dot(row.state, row.get_state_display()),
                "total": total_of(row),
                "changes": in_sentences(row.rule_version, after, currency),
            }
        )
    return found
