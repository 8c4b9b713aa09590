"""What is refused of a rule's terms: each problem as a sentence under the name of the field it is about."""

from advocacy import conditions
from advocacy.outbox.catalogue import TYPES
from advocacy.refusals import Refused
from rewards.models import CONVERSION_TRIGGER, Frequency, MonthsFrom
from rewards.rule_checks import benefits, caps, codes, competition, currencies, shapes
from rewards.rules import terms as words

_LONGEST_MONTH = 31
# What settling itself adds to the facts of what is no conversion.
_ALWAYS_KNOWN = {"program_status", "advocate_status"}


def triggers():
    """The names of the event types that a rule may begin with."""
    return sorted(each.name for each in TYPES.values() if each.triggers)


def check(*, program, terms, rule=None):
    """Raise ``Refused`` with a sentence by field where a rule of these terms could not be or would mislead."""
    name = terms.get("trigger", CONVERSION_TRIGGER)
    trigger = TYPES.get(name) if isinstance(name, str) else None
    if trigger is None or not trigger.triggers:
        one = f"one of {', '.join(triggers())}"
        _refuse({"trigger": f"Choose what the rule begins with, {one}; it is no {str(name)[:60]!r}."})
    if errors := shapes.problems(terms):
        _refuse(errors)
    errors = benefits.problems(
        terms.get("benefits"),
        trigger=trigger,
        milestone=bool(terms.get("milestone_every")),
        points_per_unit=program.points_per_unit,
    )
    errors = _limits(terms, trigger) | errors
    if not errors:
        errors = _conditions(terms, trigger) | caps.problems(terms, program) | codes.problems(terms, program)
    if not errors:
        errors = currencies.problems(terms, program) | competition.problems(program, terms, rule)
    if errors:
        _refuse(errors)


def _refuse(errors):
    said = " ".join(dict.fromkeys(errors.values()))
    raise Refused("invalid_rule", f"This rule cannot be saved yet: {said}", errors=errors)


def _limits(terms, trigger):
    first, errors = terms.get("frequency", Frequency.FIRST_ORDER) == Frequency.FIRST_ORDER, {}
    if terms.get("milestone_every"):
        if trigger.name != CONVERSION_TRIGGER:
            errors["milestone_every"] = "A milestone counts friends who ordered: choose “a friend orders”."
        if not first:
            errors["frequency"] = "A milestone counts each friend once, while any order that qualifies stands."
    for name in ("order_limit", "months_limit"):
        if terms.get(name) and first:
            errors[name] = "Only the first counts, so there is nothing to limit: choose every order, or leave it empty."
    if terms.get("months_limit") and "bound_at" not in trigger.facts:
        errors["months_limit"] = f"Months are those of a friend’s orders; when {trigger.when}, there are none."
    if terms.get("minimum_order_minor") and "goods_minor" not in trigger.facts:
        errors["minimum_order_minor"] = f"When {trigger.when}, nothing is ordered: leave the minimum empty."
    cash = any(isinstance(one, dict) and one.get("form") == words.CASH for one in _benefits(terms).values())
    if terms.get("expires_days") and cash:
        errors["expires_days"] = "Cash is owed until it is paid: it does not expire."
    return errors


def _benefits(terms):
    return terms["benefits"] if isinstance(terms.get("benefits"), dict) else {}


def _conditions(terms, trigger):
    asked = terms.get("conditions") or []
    try:
        conditions.validate(asked, facts=_ALWAYS_KNOWN | set(trigger.facts))
    except Refused as refused:
        return refused.errors
    return {field: said for field, (one, said) in _implied(terms).items() if _never(asked, one)}


def _implied(terms):
    """``{field: (what it asks beside the conditions, what is said where they never let that through)}``."""
    found = {}
    if least := terms.get("minimum_order_minor"):
        said = "A condition lets only smaller orders through than this minimum: none would qualify."
        found["minimum_order_minor"] = {"field": "goods_minor", "op": "at_least", "value": least}, said
    if (months := terms.get("months_limit")) and terms.get("months_from") == MonthsFrom.BINDING:
        said = "A condition lets only orders through that come later than these months: none would qualify."
        most = months * _LONGEST_MONTH
        found["months_limit"] = {"field": "days_since_signup", "op": "at_most", "value": most}, said
    return found


def _never(asked, one):
    entries = asked if isinstance(asked, list) else [asked]
    return bool(conditions.contradiction([*entries, one]))
