"""Refusing conditions that could not be evaluated, or that nothing could ever meet."""

import re

from advocacy import countries, money
from advocacy.conditions.catalogue import FIELDS
from advocacy.conditions.fields import entries_of, fact_of, field_of
from advocacy.conditions.kinds import FLAG, METADATA_PREFIX, MONEY, NUMBER, OPERATORS, TEXTS
from advocacy.refusals import Refused

MOST_ENTRIES = 50
MOST_VALUES = 500
LONGEST_VALUE = 300


def validate(conditions, *, facts=None):
    """Refuse conditions that could not be evaluated or never hold, naming the place. Raises ``Refused``.

    ``facts``: the names of the facts there will be; a field that is read from another one is refused.
    """
    if not isinstance(conditions, list) and _group_problem(conditions):
        _refuse("Conditions are a list, or one group: {“any”: […]}.")
    how, entries = entries_of(conditions)
    if how == "any" and not entries:
        _refuse("“any” of nothing never holds: add a condition or leave the group out.")
    if len(entries) > MOST_ENTRIES:
        _refuse(f"There can be {MOST_ENTRIES} conditions at most.")
    for place, entry in enumerate(entries, start=1):
        if problem := _entry_problem(entry, facts):
            _refuse(f"Condition {place}: {problem}", short=problem)
    if problem := contradiction(conditions):
        _refuse(f"These conditions can never hold together: {problem}.", code="contradictory_conditions")


def _refuse(said, *, short="", code="invalid_condition"):
    raise Refused(code, said, errors={"conditions": short or said})


def _group_problem(entry):
    if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in ("any", "all"):
        return "it has exactly a field, an op and a value, or is a group: any or all, with a list."
    return None if isinstance(next(iter(entry.values())), list) else "a group holds a list of conditions."


def _entry_problem(entry, facts):
    if not isinstance(entry, dict) or "field" in entry:
        return _problem(entry, facts)
    if problem := _group_problem(entry):
        return problem
    how, conditions = entries_of(entry)
    if not 0 < len(conditions) <= MOST_ENTRIES:
        return f"a group “{how}” has 1 to {MOST_ENTRIES} conditions."
    for place, condition in enumerate(conditions, start=1):
        if isinstance(condition, dict) and "field" not in condition and not _group_problem(condition):
            return f"a group holds conditions, not further groups (no. {place} of “{how}”)."
        if problem := _problem(condition, facts):
            return f"no. {place} of “{how}”: {problem}"
    return None


def _problem(condition, facts):
    if not isinstance(condition, dict) or set(condition) != {"field", "op", "value"}:
        return "it has exactly a field, an op and a value."
    name, field = condition["field"], field_of(condition["field"])
    if field is None:
        return f"there is no field {name!r}; choose one of {', '.join(FIELDS)} or {METADATA_PREFIX}<key>."
    if len(name) > LONGEST_VALUE:
        return "its field’s name is too long."
    if condition["op"] not in OPERATORS[field.kind]:
        return f"{name} is compared by {', '.join(OPERATORS[field.kind])}."
    if facts is not None and fact_of(name) not in facts:
        return f"{name} is not known of what triggers this rule."
    return _value_problem(name, field, condition["op"], condition["value"])


def _value_problem(name, field, op, value):
    if field.kind in (MONEY, NUMBER):
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= money.LARGEST_MINOR
        return (
            _range_problem(name, field, op, value)
            if good
            else f"its value is a whole number from 0 to {money.LARGEST_MINOR}."
        )
    if field.kind == FLAG:
        return None if isinstance(value, bool) else "its value is true or false."
    if op == "is":
        return _texts_problem(name, field, [value], "its value is a text.")
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
        return f"its value is a list of texts with at least one and at most {MOST_VALUES}."
    return _texts_problem(name, field, value, "its value is a list of texts with at least one.")


def _range_problem(name, field, op, value):
    """Refuse what nothing could meet; what everything meets does no harm."""
    below, above = value < field.least, field.most is not None and value > field.most
    if not (below and op in ("at_most", "is")) and not (above and op in ("at_least", "is")):
        return None
    span = f"{field.least} or more" if field.most is None else f"{field.least} to {field.most}"
    return f"{name} is {span}, so this would never hold."


def _texts_problem(name, field, values, said):
    if not all(
        isinstance(value, str) and value.strip() == value and 0 < len(value) <= LONGEST_VALUE for value in values
    ):
        return f"{said} Each has 1 to {LONGEST_VALUE} characters, no blank at either end."
    # Quoted as it was typed.
    known = {value: value.upper() if field.capitals else value for value in values}
    wrong = [value for value, code in known.items() if field.pattern and not re.fullmatch(field.pattern, code)]
    codes = {"currency": money.CURRENCIES, "country": countries.CODES}.get(name)
    wrong += [value for value, code in known.items() if codes and code not in codes]
    return f"{wrong[0]!r} is no {field.label.lower()}. {field.help}" if wrong else None


def contradiction(conditions):
    """Why valid conditions can never hold, in words, or an empty text."""
    how, entries = entries_of(conditions)
    return _of_any(entries, []) if how == "any" else _of_all(entries, [])


def _of_all(entries, known):
    """What contradicts in ``known`` single conditions and the entries together."""
    known, groups = [*known, *(entry for entry in entries if "field" in entry)], []
    for entry in entries:
        if "all" in entry:
            known += entry["all"]
        elif "any" in entry:
            groups.append(entry["any"])
    found = _of_singles(known)
    return found or next((said for group in groups if (said := _of_any(group, known))), "")


def _of_any(entries, known):
    """Only where every choice contradicts."""
    found = [_of_all([entry], known) for entry in entries]
    return found[0] if all(found) else ""


def _of_singles(conditions):
    by_field = {}
    for condition in map(_plainly, conditions):
        by_field.setdefault(condition["field"], []).append(condition)
    for name, group in by_field.items():
        kind = field_of(name).kind
        find = _of_numbers if kind in (MONEY, NUMBER) else _of_lists if kind == TEXTS else _of_values
        if said := find(name, group):
            return said
    return ""


def _plainly(condition):
    """The first order is the one with no earlier orders: asked under one name, both are compared."""
    if condition["field"] == "first_order":
        op, wanted = ("at_most", 0) if condition["value"] else ("at_least", 1)
        return {"field": "earlier_orders", "op": op, "value": wanted}
    if field_of(condition["field"]).capitals:
        value = condition["value"]
        upper = value.upper() if isinstance(value, str) else [one.upper() for one in value]
        return condition | {"value": upper}
    return condition


def _of_numbers(name, group):
    least = [condition["value"] for condition in group if condition["op"] in ("at_least", "is")]
    most = [condition["value"] for condition in group if condition["op"] in ("at_most", "is")]
    if not least or not most or max(least) <= min(most):
        return ""
    # Minor units without their currency would mislead.
    numbers = f" ({max(least)} and {min(most)})" if field_of(name).kind == NUMBER else ""
    return f"{field_of(name).label.lower()}: the least that is asked for is above the most{numbers}"


def _of_values(name, group):
    """A text or a flag has one value: what is left of it after all conditions."""
    asked = [condition["value"] for condition in group if condition["op"] == "is"]
    label = field_of(name).label.lower()
    if len(set(asked)) > 1:
        return f"{label} is asked to be {' and '.join(sorted({str(value) for value in asked}))} at once"
    allowed = [{value} for value in asked] + [set(one["value"]) for one in group if one["op"] == "one_of"]
    refused = {value for condition in group if condition["op"] == "none_of" for value in condition["value"]}
    if not allowed or set.intersection(*allowed) - refused:
        return ""
    return f"nothing is left that {label} could be"


def _of_lists(name, group):
    refused = {value for condition in group if condition["op"] == "none_of" for value in condition["value"]}
    label = field_of(name).label.lower()
    for condition in group:
        wanted = set(condition["value"])
        excluded = {"one_of": wanted <= refused, "all_of": bool(wanted & refused)}
        if excluded.get(condition["op"]):
            return f"{label} are asked for and excluded: {', '.join(sorted(wanted & refused))}"
    return ""
