"""A model's form in which amounts are typed as money."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy.money import CURRENCIES
from rewards.admin import amounts


def money_box(label, words, *, required=True):
    return forms.CharField(
        label=label,
        help_text=words,
        required=required,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


class MoneyForm(forms.ModelForm):
    """``boxes``: form field → column. Its unit is the form's ``currency``."""

    boxes = {}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for box, column in self.boxes.items():
            value = getattr(self.instance, column)
            if value is not None and (self.instance.pk or value):
                self.fields[box].initial = amounts.typed(value, self.instance.currency) or "0"

    def clean_currency(self):
        currency = self.cleaned_data["currency"].strip().upper()
        if currency not in CURRENCIES:
            raise forms.ValidationError("Write a currency in capitals, such as EUR.")
        return currency

    def clean(self):
        super().clean()
        unit = self.cleaned_data.get("currency") or self.instance.currency
        for box, column in self.boxes.items():
            if unit and box in self.cleaned_data:
                self._read(box, column, unit)

    def _read(self, box, column, unit):
        try:
            setattr(self.instance, column, amounts.minor(self.cleaned_data[box], unit))
        except amounts.Unreadable as unreadable:
            self.add_error(box, str(unreadable))
