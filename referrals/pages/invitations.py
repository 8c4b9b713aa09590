"""Where an advocate says whom they invite by e-mail. They send the mail; we keep what the friend is known by."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import ids, offers, reading
from advocacy.pages import people
from advocacy.refusals import Refused
from referrals import invitations
from referrals.pages import sharing

# Whose address it is, or was, is not the advocate's to know.
_REFUSED = {
    "self_referral": gettext_lazy("This is your own address. Write your friend’s."),
    "address_suppressed": gettext_lazy(
        "This address cannot be invited by e-mail. Send your friend the link in another way."
    ),
    "invalid_field": gettext_lazy("Write one whole address, such as fred@example.com."),
}


class Inviting(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Your friend’s e-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy("Write your friend’s address."),
            "invalid": _REFUSED["invalid_field"],
            "max_length": _REFUSED["invalid_field"],
        },
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request, advocate):
    """No redirect follows: the address is nowhere but in this answer. Sent again, it is the same invitation."""
    at, advocate = timezone.now(), people.advocacy_of(request.user, advocate)
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    try:
        link = invitations.open_link(advocate=advocate, at=at)
    except Refused:
        return redirect("portal", ids.encode("adv", advocate.public_id))  # which says why
    form = Inviting(request.POST or None)
    made = _made(form, advocate, at) if request.method == "POST" else None
    context = _context(advocate, at) | {"form": form}
    if made:
        context["form"] = Inviting()
        promise = offers.in_force(program=advocate.program, at=at, advocate=advocate, facts={"channel": link.channel})
        context["email"], (invitation, context["new"]) = form.cleaned_data["email"], made
        context["day"] = reading.day(invitation.invited_at, zone=advocate.program.time_zone, at=at)
        context["sharing"] = sharing.of(
            link=invitation.link, storefront=advocate.storefront, promise=promise, to=context["email"]
        )
    elif form.errors:
        form.fields["email"].widget.attrs["autofocus"] = True
    return render(request, "referrals/invite.html", context, status=422 if form.errors else 200)


def _context(advocate, at):
    return {
        "id": ids.encode("adv", advocate.public_id),
        "storefront": advocate.storefront,
        "current": "invite",
        "invited": advocate.invitations.count(),
        "left": invitations.left(advocate=advocate, at=at),
        "most": invitations.A_DAY,
    }


def _made(form, advocate, at):
    """``(invitation, whether it is new)``; None where the reason stands beside the field."""
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            return invitations.invite(advocate=advocate, email=form.cleaned_data["email"], at=at)
    except Refused as refusal:
        if refusal.code != "too_many_invitations":  # the page itself says that
            form.add_error("email", _REFUSED.get(refusal.code, _REFUSED["invalid_field"]))
        return None
