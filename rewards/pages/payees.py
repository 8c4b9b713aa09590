"""Where an advocate says to whom and where their money goes."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import ids, reading
from advocacy.pages import people
from advocacy.refusals import Refused
from rewards import bank
from rewards.models import PayeeKind
from rewards.payouts import payees

# Texts of a pure module, for makemessages.
gettext_noop("A bank file cannot spell this name. Write it in Latin letters, as it stands on your bank card.")
gettext_noop("A bank file has room for 70 signs of a name. Shorten it as your bank does.")
gettext_noop("Payouts go to accounts in SEPA only, which this IBAN’s country is not in. Give another account.")
gettext_noop("Write the IBAN, such as DE89 3704 0044 0532 0130 00.")
gettext_noop("An IBAN begins with two letters and two digits, such as DE89 3704 0044 0532 0130 00.")
gettext_noop("An IBAN of %(country)s has %(wanted)s signs; this one has %(found)s.")
gettext_noop("This IBAN has a mistake in it: its check digits do not fit. Compare it with your bank card.")


class PayeeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the account’s holder"), max_length=140)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country where you pay taxes"),
        help_text=gettext_lazy("Two letters, such as DE."),
        error_messages={"invalid": gettext_lazy("Write the two letters of the country, such as DE.")},
        widget=forms.TextInput({"maxlength": 2, "autocomplete": "country"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("You are"),
        choices=[
            (PayeeKind.PRIVATE.value, gettext_lazy("a private person")),
            (PayeeKind.BUSINESS.value, gettext_lazy("a business")),
        ],
        widget=forms.RadioSelect,
        initial=PayeeKind.PRIVATE.value,
    )
    vat_id = forms.CharField(label=gettext_lazy("VAT id"), max_length=20, required=False)
    iban = forms.CharField(
        label=gettext_lazy("IBAN"), max_length=42, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args, payee=None, **options):
        super().__init__(*args, **options)
        self.payee = payee

    def clean_country(self):
        return self.cleaned_data["country"].upper()

    def clean_iban(self):
        text = self.cleaned_data["iban"]
        if not text and self.payee and self.payee.destination_kind:
            return ""
        try:
            return bank.iban(text)
        except bank.BadIban as bad:
            raise ValidationError(_(bad.words) % bad.numbers) from bad


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, advocate):
    advocate = people.advocacy_of(request.user, advocate)
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    payee = payees.of_one(advocate.customer)
    form = PayeeForm(request.POST or None, payee=payee, initial=_known(payee, advocate.customer))
    id = ids.encode("adv", advocate.public_id)
    if request.method == "POST" and form.is_valid() and _put(form, advocate):
        messages.success(request, _("Saved. Your money goes there from now on."))
        return redirect("portal-rewards", id)
    context = {
        "advocate": advocate,
        "id": id,
        "storefront": advocate.storefront,
        "current": "rewards",
        "form": form,
        "payee": payee,
    }
    return render(request, "rewards/payee.html", context, status=422 if form.errors else 200)


def _known(payee, customer):
    if payee is None:
        return {"name": customer.name, "country": customer.country, "kind": PayeeKind.PRIVATE.value}
    return {name: getattr(payee, name) for name in ("name", "country", "kind", "vat_id")}


def _put(form, advocate):
    """True, or the refusal's words are beside their field."""
    try:
        payees.put(customer=advocate.customer, fields=form.cleaned_data, source="portal", at=timezone.now())
    except Refused as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, _(sentence))
        return False
    return True
