"""Requests for privacy that platforms pass on: kept as rows. Who is to be erased is; what is to be told, staff send."""

from datetime import timedelta

from advocacy import customers, privacy
from advocacy.refusals import Refused
from referrals.inbound import leaving
from referrals.models import PrivacyKind, PrivacyRequest, PrivacyState

ANSWERED_WITHIN = timedelta(days=30)


def ask(*, storefront, connection, kind, fields, reference, orders, at):
    """A row to be answered; one that is asked again is one. Done at once where nothing is kept of the customer."""
    customer = customers.known(storefront=storefront, fields=fields, at=at) if fields else None
    nothing = bool(fields) and customer is None
    named = {"storefront": storefront, "connection": connection, "kind": kind, "customer": customer}
    request, new = PrivacyRequest.objects.get_or_create(
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
    )
    if new and customer and kind == PrivacyKind.REDACT:
        # Its last step marks the request as done.
        privacy.erase(customer=customer, at=at)
    elif new and kind == PrivacyKind.SHOP:
        leaving.start(request=request, at=at)
    return request


def told(*, request, at):
    """All that is kept of the customer who asked."""
    if request.customer is None:
        raise Refused("nobody", "It is not about one customer who is known here.")
    return privacy.export(customer=request.customer, at=at)


def answered(*, request, note, at):
    """Somebody did what was asked; refuses where somebody said so before."""
    still = PrivacyRequest.objects.filter(pk=request.pk, state=PrivacyState.OPEN)
    if not still.update(state=PrivacyState.DONE, done_at=at, note=note[:200]):
        raise Refused("answered_already", "It was answered already.")
