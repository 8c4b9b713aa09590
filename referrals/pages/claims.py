"""Where an advocate says that a friend is missing, and reads what became of it. Nothing of the friend is told here."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import ids, persons, reading
from advocacy.models import AdvocateStatus
from advocacy.pages import people
from advocacy.reasons import REASONS
from advocacy.refusals import Refused
from referrals import claims
from referrals.models import Claim, ClaimState, NamedBy

_SHOWN = 50
_WRITE_ONE = gettext_lazy("Write one order number, one code or one e-mail address.")
_REFUSED = {"self_referral": gettext_lazy("This is your own address. Write your friend’s.")}


class Missing(forms.Form):
    named = forms.CharField(
        label=gettext_lazy("Order number, code or your friend’s e-mail address"),
        max_length=320,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _WRITE_ONE, "max_length": _WRITE_ONE},
    )


@dataclass(frozen=True)
class Row:
    """``tone``: open, accepted or refused."""

    named: str
    day: str
    tone: str
    what: str


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def missing(request, advocate):
    at, advocate = timezone.now(), people.advocacy_of(request.user, advocate)
    if not advocate.program.claim_days or advocate.status == AdvocateStatus.BANNED:
        raise Http404
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    form = Missing(request.POST or None)
    if request.method == "POST" and form.is_valid() and (claim := _asked(form, advocate, at)):
        # Said alike whatever was found.
        if claim.state == ClaimState.OPEN:
            messages.success(request, _("Thank you. Somebody looks into it; you read the answer here."))
        else:
            messages.info(request, _("This was answered already: the answer stands in the list."))
        return redirect(request.path)
    if form.errors:
        form.fields["named"].widget.attrs["autofocus"] = True
    context = {
        "id": ids.encode("adv", advocate.public_id),
        "storefront": advocate.storefront,
        "current": "missing",
        "form": form,
        "left": claims.left(advocate=advocate, at=at),
        "most": claims.A_DAY,
        "days": advocate.program.claim_days,
        "rows": _rows(advocate, at),
    }
    return render(request, "referrals/missing.html", context, status=422 if form.errors else 200)


def _asked(form, advocate, at):
    """The claim, or None, and the reason stands beside the field."""
    try:
        with transaction.atomic():
            return claims.ask(advocate=advocate, named=form.cleaned_data["named"], at=at)[0]
    except Refused as refusal:
        if refusal.code != "too_many_claims":  # the page itself says that
            form.add_error("named", _REFUSED.get(refusal.code, _WRITE_ONE))
        return None


def _rows(advocate, at):
    mine = Claim.objects.filter(advocate__in=persons.records(advocate).values("pk")).order_by("-pk")
    mine = mine.select_related("referral", "program", "advocate", "friend")[:_SHOWN]
    zone = advocate.program.time_zone
    return [
        Row(
            named=_named(claim),
            day=_asked_on(claim, zone, at),
            tone=claim.state,
            what=_what(claim, zone, at),
        )
        for claim in mine
    ]


def _asked_on(claim, zone, at):
    """With the time where the name itself does not tell two apart."""
    day = reading.day(claim.claimed_at, zone=zone, at=at)
    if claim.named_by != NamedBy.EMAIL:
        return day
    return f"{day}, {time_format(timezone.localtime(claim.claimed_at, ZoneInfo(zone)))}"


def _named(claim):
    """What they typed; an address is not kept, and a coupon only by an id of ours."""
    if claim.named_by == NamedBy.EMAIL:
        return _("An e-mail address")
    return _("A code") if ids.decode("cpn", claim.named) else claim.named


def _what(claim, zone, at):
    if claims.is_lost(claim):
        return _("It counted. By now your friend is not in your list any more.")
    if claim.state == ClaimState.ACCEPTED:
        return _("It counts: your friend stands in your list.")
    if claim.state == ClaimState.REFUSED:
        return _(REASONS[claim.refusal].advocate)
    return _("We are looking into it. You read the answer here by %(day)s.") % {
        "day": reading.day(claim.decide_by, zone=zone, at=at)
    }
