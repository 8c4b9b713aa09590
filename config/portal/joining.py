"""Customers of a shop join a program in the portal, where the program lets them."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advocacy import ids, offers, reading, terms
from advocacy.models import Customer, Program, ProgramStatus, TermsSource
from advocacy.pages import people
from advocacy.pages.terms import Agreement, in_words, shown
from advocacy.refusals import Refused
from referrals import links


class Joining(forms.Form):
    display_name = forms.CharField(label=gettext_lazy("Your first name"), max_length=80, required=False)
    shows_name = forms.BooleanField(label=gettext_lazy("My friends may read it beside my link."), required=False)


class JoiningWithTerms(Joining, Agreement):
    pass


def open_to(user, *, at):
    """The programs that this user may join here, by name."""
    known = people.customers_of(user)
    shops = set(Customer.objects.filter(pk__in=[one.pk for one in known]).values_list("storefront", flat=True))
    mine = people.advocacies_of(user).values("program")
    found = Program.objects.filter(storefront__in=shops, open_in_portal=True).exclude(pk__in=mine)
    found = found.select_related("storefront").order_by("storefront__name", "name")
    return [program for program in found if program.status_at(at) == ProgramStatus.ACTIVE]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request, name):
    at, public_id = timezone.now(), ids.decode("prg", name)
    program = next((one for one in open_to(request.user, at=at) if one.public_id == public_id), None)
    if program is None:
        raise Http404
    customer = _customer(request.user, program)
    reading.choose_language(request, known=customer.locale, fallback=program.storefront.language)
    newest = terms.current(program)
    kind = JoiningWithTerms if newest else Joining
    form = kind(request.POST if request.method == "POST" else None, initial=_initial(customer, newest))
    if request.method == "POST" and form.is_valid() and (advocate := _joined(form, program, customer, at)):
        return redirect("portal", ids.encode("adv", advocate.public_id))
    if newest and form.errors:
        # The box of what was read before is not that of what stands there now.
        form.data = form.data.copy()
        form.data["version"] = newest.number
        form.data.pop("agreed", None)
    context = {
        "storefront": program.storefront,
        "program": program,
        "lines": offers.lines(offers.in_force(program=program, at=at)),
        "terms": newest and shown(newest),
        "form": form,
    }
    return render(request, "portal/join.html", context, status=422 if form.errors else 200)


def _customer(user, program):
    mine = Customer.objects.filter(pk__in=[one.pk for one in people.customers_of(user)], storefront=program.storefront)
    return mine.filter(merged_into=None).order_by("pk").first() or mine.order_by("pk").first()


def _initial(customer, newest):
    known = {"display_name": (customer.name or "").partition(" ")[0]}
    return known | ({"version": newest.number} if newest else {})


def _joined(form, program, customer, at):
    """The advocate, or None and the refusal's words are on the form."""
    said = form.cleaned_data
    try:
        return links.enrol(
            program=program,
            customer=customer,
            display_name=said["display_name"],
            shows_name=said["shows_name"],
            terms_version=said.get("version"),
            terms_source=TermsSource.PORTAL,
            terms_language=translation.get_language(),
            at=at,
        )[0]
    except Refused as refused:
        form.add_error("agreed" if "agreed" in form.fields else None, in_words(refused))
        return None
