"""Where a customer enters the code of who brought them after they ordered: signed in, for their own order."""

import time

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import reading
from advocacy.models import Customer, Program
from advocacy.pages import people
from advocacy.reasons import REASONS
from advocacy.refusals import Refused
from referrals import attribution, late_codes

_LONGEST = 40
MOST_WRONG, _HOUR, _TRIED = 10, 3600, "late_codes_tried"
_TOO_MANY = gettext_lazy("These were many codes. Try again in an hour.")
_NOBODYS = gettext_lazy("Nobody has this code. Ask your friend how it is written.")
# Reasons are written to the advocate; of them a friend reads nothing.
_SWITCHED_OFF = gettext_lazy("This code is switched off.")
_REFUSED = {
    "advocate_banned": _SWITCHED_OFF,
    "advocate_erased": _SWITCHED_OFF,
    "advocate_paused": _SWITCHED_OFF,
    "self_referral": gettext_lazy("This is your own code; it is for your friends."),
    "late_codes_closed": gettext_lazy("This code counts only with the order itself."),
    "no_order_in_time": gettext_lazy("You have no order to which this code could still be entered."),
}
_WRITE_IT = gettext_lazy("Write the code, such as ANNA-7QX2.")


class Entering(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Your friend’s code"),
        max_length=_LONGEST,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _WRITE_IT, "max_length": _NOBODYS},
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request):
    mine = list(_mine(request.user))
    reading.choose_language(request, known=next((person.locale for person in mine), ""))
    form = Entering(request.POST or None, initial={"code": request.GET.get("code", "")[:_LONGEST]})
    asked = request.method == "POST" and form.is_valid()
    if asked and _tries(request) >= MOST_WRONG:
        form.add_error("code", _TOO_MANY)
    elif asked and _entered(form, mine):
        messages.success(request, _("Thank you. Your order counts as if the code had come with it."))
        return redirect(request.path)
    if asked and form.errors:
        request.session[_TRIED] = [*request.session.get(_TRIED, []), time.time()][-MOST_WRONG:]
    if form.errors:
        form.fields["code"].widget.attrs["autofocus"] = True
    shops = list({person.storefront for person in mine})
    context = {"form": form, "storefront": shops[0] if len(shops) == 1 else None}
    return render(request, "referrals/late_code.html", context, status=422 if form.errors else 200)


def _tries(request):
    """How many codes of this session were wrong within the hour: who guesses learns of no more."""
    return sum(at > time.time() - _HOUR for at in request.session.get(_TRIED, []))


def may_enter(user):
    """Whether a shop that knows this user takes codes after the order."""
    shops = {person.storefront_id for person in _mine(user)}
    return Program.objects.filter(storefront__in=shops, late_code_days__gt=0).exists()


def _mine(user):
    known = [person.pk for person in people.customers_of(user)]
    return Customer.objects.filter(pk__in=known).select_related("storefront").order_by("pk")


def _entered(form, mine):
    """True, or the reason stands beside the field."""
    code = form.cleaned_data["code"]
    named = [person for person in mine if attribution.link_of(storefront=person.storefront, code=code)]
    if not named:
        form.add_error("code", _NOBODYS)
        return False
    refused = []
    # A shop may know them by several records, and several shops may have the code.
    for person in named:
        try:
            late_codes.enter(customer=person, code=code, at=timezone.now())
        except Refused as refusal:
            refused.append(refusal.code)
        else:
            return True
    # What is said of an order says more than that a record has none.
    why = next((each for each in refused if each != "no_order_in_time"), refused[0])
    form.add_error("code", _REFUSED.get(why) or _(REASONS[why].advocate))
    return False
