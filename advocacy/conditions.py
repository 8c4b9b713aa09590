"""The one condition language: typed conditions on facts, evaluated to checks that explain themselves. Pure.

A condition is ``{"field": "goods_minor", "op": "at_least", "value": 2000}``. Rules, segments and whatever else asks
questions of facts pass the facts and get one ``Check`` per condition back; all must hold.
"""

from dataclasses import dataclass

from advocacy.refusals import Refused


@dataclass(frozen=True)
class Field:
    """``kind`` is money, number or text; ``reason`` is the key given where a condition on it fails."""

    kind: str
    reason: str


FIELDS = {
    "goods_minor": Field("money", "below_minimum"),
    "revenue_minor": Field("money", "below_minimum"),
    "sequence": Field("number", "limit_of_orders_reached"),
    "days_since_signup": Field("number", "too_late_after_signup"),
    "currency": Field("text", "wrong_currency"),
    "country": Field("text", "country_excluded"),
    "channel": Field("text", "channel_excluded"),
}

_OPERATORS = {
    "at_least": lambda given, wanted: given >= wanted,
    "at_most": lambda given, wanted: given <= wanted,
    "is": lambda given, wanted: given == wanted,
    "one_of": lambda given, wanted: given in wanted,
    "none_of": lambda given, wanted: given not in wanted,
}
_OPERATORS_OF = {
    "money": ("at_least", "at_most"),
    "number": ("at_least", "at_most", "is"),
    "text": ("is", "one_of", "none_of"),
}


@dataclass(frozen=True)
class Check:
    """One question, its answer and what it was asked of; ``reason`` is the key to give where it failed."""

    reason: str
    field: str
    op: str
    threshold: object
    input: object
    passed: bool

    def as_dict(self):
        return {
            "reason": self.reason,
            "field": self.field,
            "op": self.op,
            "threshold": self.threshold,
            "input": self.input,
            "passed": self.passed,
        }


def check(reason, field, op, threshold, given):
    return Check(reason, field, op, threshold, given, _OPERATORS[op](given, threshold))


def evaluate(conditions, facts):
    """One Check per condition, in their order. A fact that is missing fails its check."""
    return [_evaluate(condition, facts) for condition in conditions]


def _evaluate(condition, facts):
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    reason, given = FIELDS[field].reason, facts.get(field)
    if given is None:
        return Check(reason, field, op, wanted, None, passed=False)
    return check(reason, field, op, wanted, given)


def validate(conditions):
    """Refuse conditions that could not be evaluated, naming the place. Raises ``Refused``."""
    if not isinstance(conditions, list):
        raise Refused("invalid_condition", "Conditions are a list.")
    for place, condition in enumerate(conditions, start=1):
        problem = _problem(condition)
        if problem:
            raise Refused("invalid_condition", f"Condition {place}: {problem}", errors={"conditions": problem})


def _problem(condition):
    if not isinstance(condition, dict) or set(condition) != {"field", "op", "value"}:
        return "it has exactly a field, an op and a value."
    field = FIELDS.get(condition["field"])
    if field is None:
        return f"there is no field {condition['field']!r}; choose one of {', '.join(FIELDS)}."
    if condition["op"] not in _OPERATORS_OF[field.kind]:
        return f"{condition['field']} is compared by {', '.join(_OPERATORS_OF[field.kind])}."
    return _wrong_value(field.kind, condition["op"], condition["value"])


def _wrong_value(kind, op, value):
    if kind in ("money", "number"):
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if good else "its value is a whole number, 0 or more."
    if op == "is":
        return None if isinstance(value, str) and value else "its value is a text."
    good = isinstance(value, list) and value and all(isinstance(item, str) and item for item in value)
    return None if good else "its value is a list of texts with at least one."
