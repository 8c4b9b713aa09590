"""What is refused of rules in one exclusive group."""

from rewards.models import Rule, RuleStatus
from rewards.rules import terms as words


def problems(program, terms, rule):
    """What has no worth in the program's currency cannot be compared: such rules of one group need an order."""
    group, priority = terms.get("exclusive_group"), terms.get("priority", 0)
    if not group:
        return {}
    for other in _rivals(program, group, rule):
        same = set(other.benefits) & set(terms["benefits"])
        uncertain = _uncertain(program, other.benefits, other.per_currency, same)
        uncertain |= _uncertain(program, terms["benefits"], terms.get("per_currency"), same)
        if other.priority == priority and uncertain:
            return {
                "priority": f"“{other.rule.name}” of the group “{group}” has the priority {priority} too, and what "
                "they give cannot be compared in money: give one a higher priority."
            }
    return {}


def _rivals(program, group, rule):
    others = Rule.objects.filter(program=program, status=RuleStatus.ACTIVE)
    others = others.exclude(pk=rule.pk) if rule else others
    newest = {}
    for other in others.prefetch_related("versions"):
        for version in other.versions.all():
            if version.corrects_id is None and not version.cancelled:
                newest[other.pk] = version
    return [version for version in newest.values() if version.exclusive_group == group]


def _uncertain(program, benefits, per_currency, sides):
    points = {side for side in sides if benefits[side].get("form") == words.POINTS and not program.points_per_unit}
    return points | (set(sides) if per_currency else set())
