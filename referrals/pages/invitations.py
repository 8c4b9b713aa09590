"""Where an advocate says whom they invite by e-mail. They send the mail, or we do where the program chose that; we keep
what the friend is known by.
"""

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import ids, offers, reading
from advocacy.mails import inviting
from advocacy.pages import people
from advocacy.refusals import Refused
from referrals import invitations
from referrals.pages import sharing

# Whose address it is, or was, is not the advocate's to know.
_REFUSED = {
    "self_referral": gettext_lazy("This is your own address. Write your friend’s."),
    "invalid_field": gettext_lazy("Write one whole address, such as fred@example.com."),
}


_WORDS_REFUSED = gettext_lazy(
    "Write plain words, at most 500 characters and without addresses: the mail has your link already."
)


class Inviting(forms.Form):
    def __init__(self, *arguments, mailed=False, **options):
        super().__init__(*arguments, **options)
        if not mailed:
            del self.fields["words"]

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
    words = forms.CharField(
        label=gettext_lazy("A few words of your own, if you like"),
        max_length=inviting.MOST_WORDS,
        required=False,
        widget=forms.Textarea({"rows": 3}),
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
    mailed = inviting.sends(advocate.program)
    form = Inviting(request.POST or None, mailed=mailed)
    made = _made(form, advocate, at) if request.method == "POST" else None
    context = _context(advocate, at) | {"form": form}
    if made:
        context["form"] = Inviting(mailed=mailed)
        promise = offers.in_force(program=advocate.program, at=at, advocate=advocate, facts={"channel": link.channel})
        context["email"], (invitation, context["new"]) = form.cleaned_data["email"], made
        context["day"] = reading.day(invitation.invited_at, zone=advocate.program.time_zone, at=at)
        context["sharing"] = sharing.of(
            link=invitation.link, storefront=advocate.storefront, promise=promise, to=context["email"]
        )
    elif form.errors:
        form.fields[next(iter(form.errors))].widget.attrs["autofocus"] = True
    return render(request, "referrals/invite.html", context, status=422 if form.errors else 200)


def _context(advocate, at):
    left, most, mailed = invitations.left(advocate=advocate, at=at), invitations.A_DAY, inviting.sends(advocate.program)
    if mailed:
        left, most = min(left, inviting.left(advocate=advocate, at=at)), inviting.A_DAY
    return {
        "id": ids.encode("adv", advocate.public_id),
        "storefront": advocate.storefront,
        "current": "invite",
        "invited": advocate.invitations.count(),
        "left": left,
        "most": most,
        "mailed": mailed,
    }


def _made(form, advocate, at):
    """``(invitation, whether it is new)``; None where the reason stands beside the field."""
    if not form.is_valid():
        return None
    mailed, said = inviting.sends(advocate.program), form.cleaned_data
    try:
        with transaction.atomic():
            return invitations.invite(
                advocate=advocate, email=said["email"], mailed=mailed, words=said.get("words", ""), at=at
            )
    except Refused as refusal:
        if "words" in refusal.errors:
            form.add_error("words", _WORDS_REFUSED)
        elif refusal.code != "too_many_invitations":  # the page itself says that
            form.add_error("email", _REFUSED.get(refusal.code, _REFUSED["invalid_field"]))
        return None
