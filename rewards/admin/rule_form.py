"""The form in which an admin writes a rule: money as money, percentages as percentages, saved as a new version."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from unfold import widgets

from advocacy.models import BenefitKind, Program, Side
from advocacy.refusals import Refused
from rewards import rulebook
from rewards.admin import amounts
from rewards.models import Frequency, HoldFrom, Rule, RuleVersion

SOON, LATER, PAST = "soon", "later", "past"
NOTHING_KIND = ("", "Nothing")
SIDES = {Side.ADVOCATE: "The advocate gets", Side.FRIEND: "The friend gets"}


def _text(label, help_text, *, suffix=None):
    widget = widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"} | ({"suffix": suffix} if suffix else {}))
    return forms.CharField(label=label, required=False, max_length=20, help_text=help_text, widget=widget)


def _kind(label):
    choices = [NOTHING_KIND, *((kind, kind.label) for kind in (BenefitKind.FIXED, BenefitKind.PERCENT))]
    widget = widgets.UnfoldAdminSelectWidget
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=BenefitKind.FIXED, widget=widget)


def _moment(label, help_text):
    widget = widgets.UnfoldAdminSplitDateTimeWidget
    return forms.SplitDateTimeField(label=label, required=False, help_text=help_text, widget=widget)


class RuleForm(forms.ModelForm):
    """``terms``, ``starts_at`` and ``at`` are what ``rulebook.save`` takes, once the form is valid."""

    advocate_kind = _kind(SIDES[Side.ADVOCATE])
    advocate_amount = _text("Amount", "In the program’s currency, such as 10.00.")
    advocate_percent = _text("Percentage", "Of the order’s revenue: after discounts, before tax and shipping.")
    advocate_maximum = _text("At most", "In the program’s currency, per order. Empty: no maximum.")
    friend_kind = _kind(SIDES[Side.FRIEND])
    friend_amount = _text("Amount", "In the program’s currency, such as 5.00.")
    friend_percent = _text("Percentage", "Of the order’s revenue: after discounts, before tax and shipping.")
    friend_maximum = _text("At most", "In the program’s currency, per order. Empty: no maximum.")
    minimum_order = _text("Minimum order", "The goods before any discount must reach this. Empty: any order counts.")
    frequency = forms.ChoiceField(label="Which orders", choices=Frequency, widget=widgets.UnfoldAdminSelectWidget)
    hold_days = forms.IntegerField(
        label="Wait",
        initial=14,
        min_value=0,
        max_value=365,
        help_text="Days from the payment until it is credited; at least as long as goods may be returned.",
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    when = forms.ChoiceField(label="It starts", widget=widgets.UnfoldAdminSelectWidget)
    starts_at = _moment("Start", "Orders paid from then on follow this version.")
    ends_at = _moment("It ends", "Empty: open end. The moment itself is not included.")
    confirm_unlimited = forms.BooleanField(required=False)

    class Meta:
        model = Rule
        fields = ["program", "name"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.latest = self.instance.versions.order_by("number").last() if self.instance.pk else None
        self.fields["when"].choices = _starts(first=self.latest is None)
        if self.latest:
            self.initial |= _typed(self.latest, self.currency())

    def currency(self):
        if self.instance.program_id:
            return self.instance.program.currency
        program = self.cleaned_data.get("program") if hasattr(self, "cleaned_data") else None
        return program.currency if program else "EUR"

    def clean(self):
        cleaned = super().clean()
        self.at = timezone.now()
        self.terms = self._terms(cleaned)
        self.starts_at = self._starts_at(cleaned)
        if not self.errors:
            self._try()
        if not self.errors and rulebook.unlimited(self.terms) and not cleaned.get("confirm_unlimited"):
            self.add_error(None, "This rule could pay without limit. Confirm below that this is meant.")
        return cleaned

    def save_version(self, rule=None):
        return rulebook.save(
            program=self.cleaned_data.get("program") or self.instance.program,
            rule=rule,
            name=self.cleaned_data["name"],
            terms=self.terms,
            starts_at=self.starts_at,
            from_the_past=self.cleaned_data["when"] == PAST,
            at=self.at,
        )

    def version(self):
        """The version as it would be saved, for its sentence; None while the form says too little."""
        if not self.terms["benefits"]:
            return None
        rule = (
            self.instance if self.instance.program_id else Rule(program=self.cleaned_data.get("program") or Program())
        )
        return RuleVersion(rule=rule, **self.terms)

    def _terms(self, cleaned):
        # What this form does not show stays as it was.
        kept = rulebook.terms_of(self.latest) if self.latest else {"hold_from": HoldFrom.PAYMENT}
        return kept | {
            "frequency": cleaned.get("frequency") or Frequency.FIRST_ORDER,
            "minimum_order_minor": self._minor("minimum_order") or 0,
            "hold_days": cleaned.get("hold_days") or 0,
            "ends_at": cleaned.get("ends_at"),
            "benefits": {
                str(side): self._benefit(side, kind) for side in SIDES if (kind := cleaned.get(f"{side}_kind"))
            },
        }

    def _benefit(self, side, kind):
        if kind == BenefitKind.FIXED:
            return {"form": "credit", "kind": kind, "amount_minor": self._minor(f"{side}_amount") or 0}
        maximum = self._minor(f"{side}_maximum")
        most = {} if maximum is None else {"maximum_minor": maximum}
        return {"form": "credit", "kind": kind, "percent_bp": self._percent(f"{side}_percent")} | most

    def _minor(self, name):
        return self._read(name, lambda text: amounts.minor(text, self.currency()), None)

    def _percent(self, name):
        return self._read(name, amounts.basis_points, 0)

    def _read(self, name, parse, empty):
        text = self.cleaned_data.get(name) or ""
        try:
            return parse(text) if text.strip() else empty
        except amounts.Unreadable as problem:
            self.add_error(name, str(problem))
            return empty

    def _starts_at(self, cleaned):
        when, starts_at = cleaned.get("when"), cleaned.get("starts_at")
        if when == SOON:
            return None
        if starts_at is None and "starts_at" not in self.errors:
            self.add_error("starts_at", "Choose the day and time.")
        elif when == PAST and starts_at and starts_at > self.at:
            self.add_error("starts_at", "This time is still to come; choose “at a later time” above.")
        return starts_at

    def _try(self):
        """Ask the rulebook whether it would take this, so that its own words stand at the fields."""
        try:
            with transaction.atomic():
                self.save_version(self.instance if self.instance.pk else None)
                transaction.set_rollback(True)
        except Refused as refused:
            self._blame(refused.errors or {None: refused.message})
        except ValidationError as invalid:
            self._blame(invalid.message_dict)

    def _blame(self, errors):
        for column, words in errors.items():
            field = (column or "").removesuffix("_minor").removesuffix("_bp")
            self.add_error(field if field in self.fields else None, words)


def _starts(*, first):
    choices = [(SOON, "As soon as it is saved, 10 seconds later"), (LATER, "At a later time")]
    return [*choices, (PAST, "From a time in the past: orders since then count too")] if first else choices


def _typed(version, currency):
    """What stands in the boxes for a stored version."""
    values = {column: getattr(version, column) for column in ("frequency", "hold_days")}
    values["minimum_order"] = amounts.typed(version.minimum_order_minor, currency)
    ended = version.ends_at and version.ends_at <= timezone.now()
    values["ends_at"] = None if ended else version.ends_at
    for side in SIDES:
        said = version.benefits.get(side, {})
        values |= {
            f"{side}_kind": said.get("kind", ""),
            f"{side}_amount": amounts.typed(said.get("amount_minor"), currency),
            f"{side}_percent": amounts.typed_percent(said.get("percent_bp")),
            f"{side}_maximum": amounts.typed(said.get("maximum_minor"), currency),
        }
    return values
