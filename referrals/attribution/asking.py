"""What would speak against a code, asked before anything is bound. Writes nothing."""

from advocacy import persons
from referrals import links
from referrals.attribution import candidates
from referrals.attribution.choice import Candidate
from referrals.models import Link, Method, Referral


def link_of(*, storefront, code):
    """The link of a code, in any spelling of its capitals; None where there is none. One query, found or not."""
    rows = Link.objects.filter(storefront=storefront, code=str(code).strip().upper())
    return rows.select_related("program", "advocate__customer").first()


def bond_of(*, program, customer):
    """The bond of any of the customer's records, None where there is none."""
    bonds = Referral.objects.filter(program=program, friend__in=persons.ids_of(customer), ended_at=None)
    return bonds.select_related("advocate").first()


def speaks_against(link, *, customer, at):
    """The reason keys for which the code would not bind this customer, or would do nothing for them.

    Without a customer only what holds for everybody. Whom the same advocate brought already may use it.
    """
    closed = links.closed_because(link, at=at)
    if closed or customer is None:
        return [closed] if closed else []
    if bond := bond_of(program=link.program, customer=customer):
        return [] if bond.advocate.person_id == link.advocate.person_id else ["attributed_to_other"]
    orders = candidates.earlier_orders(customer=customer, occurred_at=at)
    found = Candidate(method=Method.CODE, link=link, at=at)
    key, _ = candidates.obstacle(found, customer=customer, earlier_orders=orders, occurred_at=at)
    return [key] if key else []
