"""What is asked for a pool of codes, and for a file of them."""

from django import forms
from django.utils import timezone
from unfold import widgets

from advocacy.models import Connection, ConnectionStatus
from advocacy.refusals import Refused
from rewards.admin import amounts
from rewards.coupons import codes, pools
from rewards.models import CouponPool, PoolSource
from rewards.models.coupon_pool import THROUGH_A_SHOP

MOST_USES = 100


class PoolForm(forms.ModelForm):
    amount = forms.CharField(
        label="Amount",
        required=False,
        max_length=20,
        help_text="What a code is worth, in the program’s currency, such as 10.00. For gift cards always.",
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    percent = forms.CharField(
        label="or a percentage",
        required=False,
        max_length=20,
        help_text="Of what the shop takes it off, such as 10. Leave one of the two empty.",
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    minimum = forms.CharField(
        label="Minimum",
        required=False,
        max_length=20,
        help_text="The least subtotal for which the shop takes a code, such as 25.00. Empty: any.",
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    class Meta:
        model = CouponPool
        fields = [
            *("program", "name", "kind", "source", "connection", "most_uses"),
            *("prefix", "code_length", "low_stock", "expiry_days"),
        ]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "most_uses" in self.fields:
            # Everybody can read such a code; of other sources it is not kept.
            self.fields["most_uses"].initial = MOST_USES
        if "connection" in self.fields:
            usable = Connection.objects.filter(status=ConnectionStatus.ACTIVE, credentials__isnull=False)
            self.fields["connection"].queryset = usable.filter(storefront__test_twin_of=None)

    def clean(self):
        cleaned = super().clean()
        program = cleaned.get("program")
        if self.instance.pk or program is None:
            return cleaned
        amount = self._read("amount", lambda text: amounts.minor(text, program.currency))
        self.instance.amount_minor, self.instance.currency = amount, program.currency if amount else ""
        self.instance.percent_bp = self._read("percent", amounts.basis_points)
        self._read_shop(cleaned, program)
        self.instance.storefront, self.instance.created_at = program.storefront, timezone.now()
        return cleaned

    def _read_shop(self, cleaned, program):
        """Boxes of another source are not shown, whatever stands in them."""
        if cleaned.get("source") not in THROUGH_A_SHOP:
            cleaned["connection"], self.instance.minimum_minor = None, 0
        else:
            self.instance.minimum_minor = self._read("minimum", lambda text: amounts.minor(text, program.currency))
        if cleaned.get("source") != PoolSource.LINKS:
            cleaned["most_uses"] = None

    def _read(self, name, parse):
        text = (self.cleaned_data.get(name) or "").strip()
        try:
            return parse(text) if text else 0
        except amounts.Unreadable as problem:
            self.add_error(name, str(problem))
            return 0

    def _post_clean(self):
        super()._post_clean()
        if self.errors:
            return
        try:
            pools.check(self.instance)
            if self.instance.connection_id and not self.instance.pk:
                pools.check_shop(self.instance)
        except Refused as refused:
            for column, said in (refused.errors or {"": refused.message}).items():
                name = {"amount_minor": "amount", "percent_bp": "percent", "currency": "connection"}.get(column, column)
                self.add_error(name if name in self.fields else None, said)


class Codes(forms.Form):
    file = forms.FileField(
        label="CSV file",
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=f"With the column code, one in a line; {codes.RULE}. Codes are stored sealed and never listed.",
    )
    only_new = forms.BooleanField(
        label="Leave out codes that are here already or stand in the file twice",
        required=False,
        widget=widgets.UnfoldBooleanWidget,
        help_text="Otherwise such a code refuses the whole file, and you read in which line it stands.",
    )
