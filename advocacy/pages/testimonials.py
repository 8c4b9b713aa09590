"""What an advocate tells others: written here, read by somebody before it is shown, taken back at any time."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from advocacy import ids, persons, reading, testimonials
from advocacy.models import Testimonial, TestimonialStatus
from advocacy.pages import people
from advocacy.refusals import Refused

# Names the sentence beside the tick; a changed sentence gets a new name.
WORDING = "portal-1"
_MOST_WAITING = 3
_LONGEST = 2000


class Telling(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What would you tell a friend?"), max_length=_LONGEST, widget=forms.Textarea({"rows": 6})
    )
    rating = forms.TypedChoiceField(
        label=gettext_lazy("Your rating"),
        choices=[(n, n) for n in range(1, 6)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    display_name = forms.CharField(label=gettext_lazy("Name to show with it"), max_length=80, required=False)
    consented = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick this, or we cannot show it to anybody.")}
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request, advocate):
    advocate = people.advocacy_of(request.user, advocate)
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    form = Telling(request.POST or None, initial={"display_name": advocate.display_name})
    mine = list(Testimonial.objects.filter(customer__in=persons.ids_of(advocate.customer)).order_by("-pk")[:20])
    waiting = sum(one.status == TestimonialStatus.PENDING for one in mine)
    if request.method == "POST" and waiting < _MOST_WAITING and form.is_valid() and _sent(form, advocate):
        messages.success(request, _("Thank you. Somebody reads it before it is shown."))
        return redirect(request.path)
    context = {
        "advocate": advocate,
        "id": ids.encode("adv", advocate.public_id),
        "storefront": advocate.storefront,
        "current": "tell",
        "form": form,
        "mine": [(ids.encode("tst", one.public_id), one) for one in mine],
        "enough": waiting >= _MOST_WAITING,
    }
    return render(request, "advocacy/tell.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def withdraw(request, advocate, testimonial):
    advocate = people.advocacy_of(request.user, advocate)
    public_id = ids.decode("tst", testimonial)
    mine = Testimonial.objects.filter(customer__in=persons.ids_of(advocate.customer), public_id=public_id).first()
    if public_id is None or mine is None:
        raise Http404
    testimonials.withdraw(testimonial=mine, at=timezone.now())
    messages.success(request, _("Taken back. It is no longer shown."))
    return redirect("portal-tell", ids.encode("adv", advocate.public_id))


def _sent(form, advocate):
    """True, or the refusal's words are beside their field."""
    try:
        testimonials.send(
            storefront=advocate.storefront,
            customer=advocate.customer,
            program=advocate.program,
            advocate=advocate,
            wording=WORDING,
            source="page",
            at=timezone.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
        return False
    return True
