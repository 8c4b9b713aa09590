"""The sections of the rule form: which boxes stand in each, and when they are of use."""

from advocacy.outbox.catalogue import TYPES
from rewards.admin import rule_fields
from rewards.admin.rule_form import SOON

_DERIVED = "trigger == 'conversion.recorded'"
_EVERY = "frequency == 'every_order'"
_ORDERED = " || ".join(f"trigger == '{one.name}'" for one in TYPES.values() if one.triggers and "digital" in one.facts)
_MILESTONE = f"{_DERIVED} && frequency == 'milestone'"


def _fields_of(side):
    return list(rule_fields.of_side(side))


SHOWN_WHEN = {
    **{name: when for side in rule_fields.SIDES for name, when in rule_fields.shown_for(side).items()},
    "minimum_order": _DERIVED,
    "order_limit": _EVERY,
    "months_limit": f"{_EVERY} && {_DERIVED}",
    "months_from": f"{_EVERY} && {_DERIVED} && months_limit",
    "milestone_every": _MILESTONE,
    "milestone_repeats": _MILESTONE,
    "hold_from": _DERIVED,
    "delivery_allowance_days": f"{_DERIVED} && ['shipping', 'delivery'].includes(hold_from)",
    "digital_at_once": f"({_ORDERED}) && hold_days > 0",
    "starts_at": f"when != '{SOON}'",
}
FIELDSETS = [
    ("The rule", {"fields": ["program", "name"]}),
    (
        "For what",
        {
            "fields": [
                "trigger",
                "frequency",
                "milestone_every",
                "milestone_repeats",
                "order_limit",
                "months_limit",
                "months_from",
                "minimum_order",
            ]
        },
    ),
    ("For the advocate", {"fields": _fields_of("advocate")}),
    ("For the friend", {"fields": _fields_of("friend")}),
    ("For the customer", {"fields": _fields_of("customer")}),
    ("Until it is credited", {"fields": ["hold_days", "hold_from", "delivery_allowance_days", "digital_at_once"]}),
    ("When", {"fields": ["when", "starts_at", "ends_at"]}),
    ("Limits and budgets", {"fields": ["caps"]}),
    ("Further conditions", {"fields": ["conditions_how", "conditions"]}),
    ("Expiry", {"fields": ["expires_days"]}),
    ("Other currencies", {"fields": ["per_currency"]}),
    ("Beside other rules", {"fields": ["priority", "exclusive_group"]}),
]
# Closed until they are used, so that the simple case stays simple.
_CLOSED = ("Limits and budgets", "Further conditions", "Expiry", "Other currencies", "Beside other rules")


class Section:
    """A fieldset, whether it can be closed, and whether it stands open."""

    def __init__(self, fieldset, form):
        self.fieldset, self.closes = fieldset, fieldset.name in _CLOSED
        self.shown_when = _SECTIONS.get(fieldset.name, "")
        boxes = [form[name] for line in fieldset for name in line.fields if name in form.fields]
        self.open = not self.closes or any(_used(box) for box in boxes)


def _used(box):
    value = box.value()
    return bool(box.errors) or (bool(value) and value not in ("0", box.field.initial))


_SECTIONS = {
    f"For the {side}": " || ".join(
        f"trigger == '{one.name}'" for one in TYPES.values() if one.triggers and side in one.recipients
    )
    for side in rule_fields.SIDES
}
_SECTIONS["Other currencies"] = _DERIVED
