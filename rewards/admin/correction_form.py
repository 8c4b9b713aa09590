"""What should have stood in a mistaken version: its numbers in the boxes of the rule form, the period, the reason."""

import copy
import json

from django import forms
from unfold import widgets

from advocacy.admin.moments import Moment
from rewards import corrections, rulebook
from rewards.admin import rule_fields as fields
from rewards.admin import rule_typing
from rewards.admin.rule_form import RuleForm
from rewards.admin.rule_reading import Reading
from rewards.models import CONVERSION_TRIGGER, CorrectionPolicy, Frequency

# Boxes of the rule form by the section that they stand in; a side's own come before them.
_SECTIONS = {
    "Which orders": ("minimum_order", "conditions_how", "conditions"),
    "How often": ("order_limit", "months_limit", "months_from"),
    "Limits and budgets": ("caps",),
    "Until it is credited, and expiry": (
        "hold_days",
        "hold_from",
        "delivery_allowance_days",
        "digital_at_once",
        "expires_days",
    ),
    "Other currencies": ("per_currency",),
}
_HOLDS = {"hold_from", "delivery_allowance_days", "digital_at_once"}
_OF_ORDERS = {"minimum_order", "months_limit", "months_from", "per_currency"} | _HOLDS
_OF_EVERY = {"order_limit", "months_limit", "months_from"}
_OF_FRIENDS = {"minimum_order", "conditions_how", "conditions"}
_HEADINGS = {"advocate": "For the advocate", "friend": "For the friend", "customer": "For the customer"}
# What has been granted stands in the ledger in its form.
_OF_FORM = ("form", "pool", "label")


class CorrectionForm(forms.Form):
    """``terms`` are what ``corrections.propose`` takes, once the form is valid: only what the boxes say otherwise."""

    def __init__(self, *arguments, version, at, **options):
        super().__init__(*arguments, **options)
        self.version, self.unit = version, version.rule.program.currency
        self.typed = rule_typing.typed(rulebook.terms_of(version), self.unit)
        self._sections = [
            (_HEADINGS[side], self._of_side(side), True) for side in fields.SIDES if side in version.benefits
        ]
        for name, boxes in _SECTIONS.items():
            here = [self._box(box, RuleForm.base_fields[box]) for box in boxes if self._has(box)]
            if here:
                self._sections.append((name, here, any(self.typed.get(box) for box in here if box != "conditions_how")))
        if "conditions" in self.fields:
            self.fields["conditions"].offer(fields.condition_columns())
        until, zone = min(at, version.ends_at or at), version.rule.program.time_zone
        self._about = {
            "starts_at": _moment("From", version.starts_at, "What happens from then on is decided anew.", zone),
            "ends_at": _moment("Until", until, "Not later than now; the moment itself is not included.", zone),
            "policy": forms.ChoiceField(
                label="What was spent or paid already",
                choices=CorrectionPolicy,
                widget=widgets.UnfoldAdminSelectWidget,
                help_text="Only where people have spent more than the corrected version gives them.",
            ),
            "reason": forms.CharField(
                label="Reason",
                max_length=200,
                widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
                help_text="For your colleagues and the log. Customers do not read it.",
            ),
        }
        self.fields.update(self._about)

    def _of_side(self, side):
        boxes = fields.of_side(side).items()
        return [self._box(name, box) for name, box in boxes if name.removeprefix(f"{side}_") not in _OF_FORM]

    def _box(self, name, box):
        """The rule form's own, with what the mistaken version says in it."""
        box = self.fields[name] = copy.deepcopy(box)
        box.initial = self.typed.get(name, box.initial)
        if name.endswith("_kind"):
            box.widget.attrs["x-model.fill"] = name
        return name

    def _has(self, box):
        version = self.version
        return not (
            (box in _OF_ORDERS and version.trigger != CONVERSION_TRIGGER)
            or (box in _OF_EVERY and version.frequency != Frequency.EVERY_ORDER)
            or (box in _OF_FRIENDS and version.milestone_every)
        )

    def sections(self):
        """``[(heading, [(bound field, when it is shown)], open)]``; the period and the reason come last."""
        shown = {name: when for side in fields.SIDES for name, when in fields.shown_for(side, forms=False).items()}
        rows = [
            (heading, [(self[name], shown.get(name, "")) for name in names], is_open or self._wrong(names))
            for heading, names, is_open in self._sections
        ]
        return [*rows, ("Which time, and why", [(self[name], "") for name in self._about], True)]

    def _wrong(self, names):
        return any(self.errors.get(name) for name in names) if self.is_bound else False

    def state(self):
        """What the scripts begin with, as JSON."""
        return json.dumps({name: self[name].value() or "" for name in self.fields if name.endswith("_kind")})

    def clean(self):
        cleaned = self.cleaned_data
        said = Reading(cleaned=self.typed | cleaned, currency=self.unit, blame=self._blame).terms()
        stood = Reading(cleaned=self.typed, currency=self.unit, blame=lambda name, sentence: None).terms()
        self.terms = {name: said[name] for name in corrections.CORRECTABLE if said[name] != stood[name]}
        if "benefits" in self.terms:
            before, after = stood["benefits"], said["benefits"]
            kept = self.version.benefits
            self.terms["benefits"] = {
                side: kept[side] if after[side] == before.get(side) else after[side] for side in kept if side in after
            }
        return cleaned

    def _blame(self, name, sentence):
        self.add_error(name if name in self.fields else None, sentence)


def _moment(label, initial, help_text, zone):
    field = Moment(label=label, initial=initial, help_text=help_text)
    field.in_zone(zone)
    return field
