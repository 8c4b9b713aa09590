"""What should have stood in a mistaken version: only its numbers, the period, and what becomes of what was spent."""

import copy

from django import forms
from django.core.exceptions import ValidationError
from unfold import widgets

from rewards.admin import amounts
from rewards.models import CorrectionPolicy
from rewards.rules.terms import FIXED, PERCENT

_NAMES = {"advocate": "The advocate", "friend": "The friend", "customer": "The person"}


def _text(label, initial, help_text=""):
    widget = widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return forms.CharField(
        label=label, initial=initial, required=False, max_length=20, help_text=help_text, widget=widget
    )


def _moment(label, initial, help_text):
    widget = widgets.UnfoldAdminSplitDateTimeWidget
    return forms.SplitDateTimeField(label=label, initial=initial, help_text=help_text, widget=widget)


class CorrectionForm(forms.Form):
    """``terms`` are what ``corrections.propose`` takes, once the form is valid."""

    def __init__(self, *arguments, version, at, **options):
        super().__init__(*arguments, **options)
        self.version, self.unit = version, version.rule.program.currency
        for side, said in version.benefits.items():
            self._add_side(side, said)
        if version.minimum_order_minor and not version.milestone_every:
            shown = amounts.typed(version.minimum_order_minor, self.unit)
            self.fields["minimum_order"] = _text("Minimum order", shown, "Empty: any order counts.")
        until = min(at, version.ends_at or at)
        self.fields["starts_at"] = _moment("From", version.starts_at, "What happened from then on is decided anew.")
        self.fields["ends_at"] = _moment("Until", until, "Not later than now; the moment itself is not included.")
        self.fields["policy"] = forms.ChoiceField(
            label="What was spent or paid already",
            choices=CorrectionPolicy,
            widget=widgets.UnfoldAdminSelectWidget,
            help_text="Only where people have spent more than the corrected version gives them.",
        )
        self.fields["reason"] = forms.CharField(
            label="Reason",
            max_length=200,
            widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            help_text="For your colleagues and the log. Customers do not read it.",
        )

    def _add_side(self, side, said):
        kind, name = said.get("kind", FIXED), _NAMES[side]
        if kind == FIXED:
            shown = amounts.typed(said["amount_minor"], self._unit(said))
            self.fields[f"{side}_amount_minor"] = _text(f"{name} should have got", shown)
        if kind == PERCENT:
            shown = amounts.typed_percent(said["percent_bp"])
            self.fields[f"{side}_percent_bp"] = _text(f"{name} should have got, percent", shown)
        if kind != FIXED:
            shown = amounts.typed(said.get("maximum_minor"), self._unit(said))
            self.fields[f"{side}_maximum_minor"] = _text(f"{name}: at most", shown, "Empty: no maximum.")

    def _unit(self, said):
        return "PTS" if said.get("form") == "points" else self.unit

    def clean(self):
        benefits = copy.deepcopy(self.version.benefits)
        for side, said in benefits.items():
            for part in ("amount_minor", "percent_bp", "maximum_minor"):
                if f"{side}_{part}" in self.fields:
                    said[part] = self._number(f"{side}_{part}", part, self._unit(said))
            if said.get("maximum_minor", 0) is None:
                del said["maximum_minor"]
        self.terms = {"benefits": benefits}
        if "minimum_order" in self.fields:
            self.terms["minimum_order_minor"] = self._number("minimum_order", "amount_minor", self.unit) or 0
        return self.cleaned_data

    def _number(self, field, part, unit):
        text = self.cleaned_data.get(field, "")
        if not text.strip():
            return None if part == "maximum_minor" else 0
        try:
            return amounts.basis_points(text) if part == "percent_bp" else amounts.minor(text, unit)
        except amounts.Unreadable as unreadable:
            self.add_error(field, ValidationError(str(unreadable)))
            return None
