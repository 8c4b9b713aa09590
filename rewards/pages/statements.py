"""A payout's statement as a page that prints on one sheet, for the payee and for staff."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advocacy import ids, reading
from advocacy.pages import people
from rewards.payouts import statements


@never_cache
@require_safe
@login_required
def mine(request, advocate, payout):
    """An advocate's own; somebody else's is not found."""
    advocate = people.advocacy_of(request.user, advocate)
    public_id = ids.decode("pay", payout)
    rows = statements.numbered(storefront=advocate.storefront, customer=advocate.customer)
    found = rows.filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise Http404
    return show(request, found, back=reverse("portal-rewards", args=[ids.encode("adv", advocate.public_id)]))


def show(request, payout, *, back):
    """In the language of whoever reads it."""
    reading.choose_language(request, known=payout.customer.locale, fallback=payout.storefront.language)
    context = {
        "statement": statements.of(payout),
        "payout": payout,
        "storefront": payout.storefront,
        "zone": payout.storefront.time_zone,
        "back": back,
    }
    return render(request, "rewards/statement.html", context)
