"""The one condition language: typed conditions on facts, evaluated to checks that explain themselves. Pure.

A condition is ``{"field": "goods_minor", "op": "at_least", "value": 2000}``. Conditions are a list of entries that must
all hold, or ``{"any": [entries]}``; an entry is a condition or a group of them, ``{"any": […]}`` or ``{"all": […]}``.
Rules, segments and whatever else asks questions of facts pass the facts and get one ``Check`` per entry back.
"""

from advocacy.conditions.catalogue import FIELDS, METADATA
from advocacy.conditions.checks import Check, check, compile, evaluate, first_failure, reads, unmet
from advocacy.conditions.fields import facts_needed, field_of, single_conditions
from advocacy.conditions.kinds import METADATA_PREFIX, OPERATORS, Field
from advocacy.conditions.sentences import sentence
from advocacy.conditions.validation import contradiction, validate

__all__ = [
    "FIELDS",
    "METADATA",
    "METADATA_PREFIX",
    "OPERATORS",
    "Check",
    "Field",
    "check",
    "compile",
    "contradiction",
    "evaluate",
    "facts_needed",
    "field_of",
    "first_failure",
    "reads",
    "sentence",
    "single_conditions",
    "unmet",
    "validate",
]
