"""Whom money is paid to, and from which yearly amount on a tax form is asked for."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy.admin import words
from advocacy.admin.listing import Listing, ReadOnlyInline
from advocacy.admin.programs import only_storefront
from rewards import bank
from rewards.admin.money_form import MoneyForm, money_box
from rewards.models import Payee, PayeeChange, TaxLimit
from rewards.payouts import payees


class PayeeForm(forms.ModelForm):
    iban = forms.CharField(
        label="New IBAN",
        required=False,
        max_length=42,
        widget=UnfoldAdminTextInputWidget,
        help_text="Empty: it stays as it is. A change holds their next payout for 3 days.",
    )
    other = forms.CharField(
        label="Or another account",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="For payouts by hand, such as an address of a payment service.",
    )

    class Meta:
        model = Payee
        fields = ["customer", "name", "country", "kind", "vat_id", "tax_form_since"]

    def clean_iban(self):
        text = self.cleaned_data["iban"]
        try:
            return bank.iban(text) if text else ""
        except bank.BadIban as bad:
            raise forms.ValidationError(str(bad)) from bad

    def clean(self):
        super().clean()
        if self.cleaned_data.get("iban") and self.cleaned_data.get("other"):
            self.add_error("other", "Give either an IBAN or another account, not both.")


class ChangeInline(ReadOnlyInline, TabularInline):
    model = PayeeChange
    verbose_name_plural = "changes"
    hide_title = True
    ordering = ["-pk"]
    fields = readonly_fields = ["before", "after", "name", "country", "tax_form_since", "source", "by", "at"]


@admin.register(Payee)
class PayeeAdmin(Listing):
    empty = "Advocates say in their portal where their money goes, or the shop sends it. You can add one by hand too."
    form = PayeeForm
    list_display = ["name", "customer_link", "country", "kind", "goes_to", "tax_form_since", "held"]
    list_filter = ["country", "kind", "storefront", ("tax_form_since", admin.EmptyFieldListFilter)]
    list_select_related = ["customer"]
    search_fields = ["name", "customer__name", "customer__email"]
    search_help_text = "A name or an e-mail address"
    autocomplete_fields = ["customer"]
    inlines = [ChangeInline]
    customer_link = words.person("customer", "Customer")
    fieldsets = [
        ("Who", {"fields": ["customer", "name", "country", "kind", "vat_id"]}),
        ("Tax", {"fields": ["tax_form_since"]}),
        ("Where it goes", {"fields": ["goes_to", "held", "shared", "iban", "other"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).order_by("-pk")

    def get_readonly_fields(self, request, obj=None):
        return ["goes_to", "held", "shared", *(["customer"] if obj else [])]

    def save_model(self, request, obj, form, change):
        saved, _created = payees.put(
            customer=obj.customer, fields=form.cleaned_data, source="admin", by=request.user, at=timezone.now()
        )
        obj.pk, obj.storefront = saved.pk, saved.storefront

    @display(description="Goes to")
    def goes_to(self, row):
        return f"{row.get_destination_kind_display()} {row.shown}".strip() if row.pk else words.NOTHING

    @display(description="Held until")
    def held(self, row):
        until = payees.held_until(row)
        return words.moment(until) if until and until > timezone.now() else words.NOTHING

    @display(description="Others with this account")
    def shared(self, row):
        count = payees.others_with_its_destination(row) if row.pk else 0
        return words.dot("stop", f"{count} more are paid to the same account") if count else "Nobody"


class LimitForm(MoneyForm):
    limit = money_box("Yearly limit", "Payouts of a year beyond this wait until a tax form is on file. 0: always.")
    boxes = {"limit": "yearly_limit_minor"}

    class Meta:
        model = TaxLimit
        fields = ["storefront", "country", "currency"]


@admin.register(TaxLimit)
class TaxLimitAdmin(Listing):
    empty = "Without a limit for a country nobody there is asked for a tax form."
    form = LimitForm
    list_display = ["country", "limit_text", "storefront_link"]
    list_filter = ["country", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["country"]
    search_help_text = "A country, such as DE"
    storefront_link = words.person("storefront", "Storefront")
    limit_text = words.amount("yearly_limit_minor", "Yearly limit", unit="currency")
    fields = ["storefront", "country", "currency", "limit"]

    def get_changeform_initial_data(self, request):
        return only_storefront() | super().get_changeform_initial_data(request)
