"""Requests for privacy that platforms pass on: kept as rows, answered by people."""

from datetime import timedelta

from advocacy import customers
from advocacy.refusals import Refused
from referrals.models import PrivacyRequest, PrivacyState

ANSWERED_WITHIN = timedelta(days=30)


def ask(*, storefront, connection, kind, fields, reference, orders, at):
    """A row to be answered; one that is asked again is one. Done at once where nothing is kept of the customer."""
    customer = customers.known(storefront=storefront, fields=fields, at=at) if fields else None
    nothing = bool(fields) and customer is None
    named = {"storefront": storefront, "connection": connection, "kind": kind, "customer": customer}
    return PrivacyRequest.objects.get_or_create(
        **named,
        reference=reference,
        state=PrivacyState.DONE if nothing else PrivacyState.OPEN,
        defaults={
            "orders": list(orders),
            "asked_at": at,
            "due_at": at + ANSWERED_WITHIN,
            "done_at": at if nothing else None,
            "note": "Nothing is kept of this customer." if nothing else "",
        },
    )[0]


def answered(*, request, note, at):
    """Somebody did what was asked; refuses where somebody said so before."""
    still = PrivacyRequest.objects.filter(pk=request.pk, state=PrivacyState.OPEN)
    if not still.update(state=PrivacyState.DONE, done_at=at, note=note[:200]):
        raise Refused("answered_already", "It was answered already.")
