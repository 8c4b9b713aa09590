"""Who is signed in, as storefronts know them."""

from allauth.account.models import EmailAddress
from django.http import Http404
from django.shortcuts import get_object_or_404

from advocacy import emails, ids, persons, portal_sessions
from advocacy.models import Advocate, Customer

# Providers of which we know that spellings with dots and tags are one mailbox, whoever writes them.
_ONE_MAILBOX = "@gmail.com"


def customers_of(user):
    """The customers, of any live storefront, whose mailbox this user has shown to be theirs; or the one customer
    whom a storefront let in.

    They are found by the key that intake compares, but a key takes addresses together that elsewhere may be two
    people's (``fred+a@…`` and ``fred@…``): but for known providers, the address itself must be the verified one.
    """
    if visit := portal_sessions.customer_id(user):
        return _whole(Customer.objects.filter(public_id=visit))
    mine = {email.lower() for email in verified(user)}
    live = Customer.objects.filter(storefront__test_twin_of=None)
    found = live.filter(email_key__in={emails.normalise(email) for email in mine})
    return _whole(
        person
        for person in found.only("pk", "public_id", "merged_into", "email", "email_key")
        if (person.email or "").lower() in mine or person.email_key.endswith(_ONE_MAILBOX)
    )


def _whole(found):
    """All records of these persons: whoever merged them said that they are one."""
    keys = persons.customers({person.person_id for person in found})
    return list(Customer.objects.filter(pk__in=keys).only("pk"))


def verified(user):
    return EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)


def advocacies_of(user):
    """The programs this user advocates in, as a queryset of Advocate."""
    return (
        Advocate.objects.filter(customer__in=[person.pk for person in customers_of(user)], merged_into=None)
        .select_related("customer", "program", "storefront")
        .order_by("storefront__name", "program__name", "pk")
    )


def advocacy_of(user, name):
    """The one advocacy that ``adv_…`` names; somebody else's is not found either."""
    public_id = ids.decode("adv", name)
    if public_id is None:
        raise Http404
    return get_object_or_404(advocacies_of(user), public_id=public_id)
