"""A program's terms as people read them: a page for anybody, and one where an advocate agrees to them."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from advocacy import enrolment, ids, reading, terms
from advocacy.models import ProgramTerms, TermsSource
from advocacy.pages import people
from advocacy.refusals import Refused


class Agreement(forms.Form):
    """A box that is never ticked beforehand, for the version that stands beside it."""

    agreed = forms.BooleanField(
        label=gettext_lazy("I have read the terms and agree to them."),
        error_messages={"required": gettext_lazy("Tick the box to agree to the terms.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


def shown(row):
    """What a page shows of a version: its words in the reader's language, and where else it stands."""
    said = terms.read(row, translation.get_language())
    return said | {"number": row.number, "published_at": row.published_at, "row": row}


@never_cache
@require_safe
def read(request, name):
    """A published version; newer ones have addresses of their own."""
    public_id = ids.decode("trm", name)
    published = ProgramTerms.objects.select_related("program", "storefront").filter(published_at__isnull=False)
    row = get_object_or_404(published, public_id=public_id) if public_id else None
    if row is None:
        raise Http404
    reading.choose_language(request, fallback=row.storefront.language)
    context = {"storefront": row.storefront, "program": row.program, "terms": shown(row)}
    context["outdated"] = row.number != row.program.terms_version
    return render(request, "advocacy/terms.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request, advocate):
    advocate = people.advocacy_of(request.user, advocate)
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    newest, id = terms.current(advocate.program), ids.encode("adv", advocate.public_id)
    if newest is None:
        return redirect("portal", id)
    form = Agreement(request.POST or None, initial={"version": newest.number})
    if request.method == "POST" and form.is_valid() and _agreed(form, advocate):
        messages.success(request, _("Thank you. You agreed to the program’s terms."))
        return redirect("portal", id)
    if form.errors:
        form = _again(form, newest)
    context = {
        "advocate": advocate,
        "id": id,
        "storefront": advocate.storefront,
        "program": advocate.program,
        "current": "",
        "terms": shown(newest),
        "wanted": bool(terms.missing([advocate])),
        "known": advocate.acceptances.filter(terms=newest).first(),
        "form": form,
    }
    return render(request, "advocacy/terms_agree.html", context, status=422 if form.errors else 200)


def _agreed(form, advocate):
    """True, or the refusal's words are beside the box: a newer version came while this one was read."""
    try:
        enrolment.accept_terms(
            advocate=advocate,
            version=form.cleaned_data["version"],
            source=TermsSource.PORTAL,
            language=translation.get_language(),
            at=timezone.now(),
        )
    except Refused as refused:
        form.add_error("agreed", in_words(refused))
        return False
    return True


def in_words(refused):
    if refused.code == "terms_not_current":
        return _("The terms changed a moment ago. Read them again, please.")
    return _("This cannot be done any more. Load the page again.")


def _again(form, newest):
    """The same box, not ticked, beside the newest version."""
    fresh = Agreement(initial={"version": newest.number})
    fresh._errors, fresh.cleaned_data = form.errors, {}
    return fresh
