"""What orders and referrals keep of a person, and what remains of it."""

import json

from django.db.models import Q

from advocacy.models import Program
from advocacy.privacy.exporting import rows
from referrals import claims, conversion_facts, invitations, links
from referrals.models import (
    Claim,
    Fulfilment,
    Invitation,
    Link,
    LinkStatus,
    Order,
    PrivacyKind,
    PrivacyRequest,
    PrivacyState,
    Referral,
    Refund,
    Ruling,
    Share,
    Trace,
)

_ORDER = (
    *("external_id", "identifiers", "brought_by", "status", "kind", "subscription_id", "currency", "subtotal_minor"),
    *("discount_minor", "tax_minor", "shipping_minor", "other_minor", "total_minor", "refunded_minor", "country"),
    *("products", "coupon_codes", "referral_code", "source", "metadata", "payment_fingerprint", "shipping_hash"),
    *("placed_at", "paid_at", "shipped_at", "delivered_at"),
)


_REFUND = ("refund_id", "amount_minor", "reason", "refunded_at")
_BOND = ("method", "channel", "bound_at")


def told(customer):
    ordered, own = {"order__customer": customer}, {"advocate__customer": customer}
    brought = Referral.objects.filter(friend=customer)
    return {
        "orders": rows(Order.objects.filter(customer=customer), *_ORDER),
        "refunds": rows(Refund.objects.filter(**ordered), *_REFUND, order="order__external_id"),
        "parcels": rows(Fulfilment.objects.filter(**ordered), "fulfilment_id", "shipped_at", "delivered_at"),
        "brought_by_somebody": rows(brought, *_BOND, "ended_at", program="program__name"),
        # Who their friends are is the friends' own.
        "friends": rows(Referral.objects.filter(**own), *_BOND, program="program__name"),
        "links": rows(Link.objects.filter(**own), "code", "channel", "status", "created_at"),
        # Digests: that there are some, and since when.
        "traces_of_signing_up": rows(Trace.objects.filter(customer=customer), "at"),
        "invitations": rows(Invitation.objects.filter(**own), "invited_at", link="link__code"),
        "missed_friends": rows(Claim.objects.filter(**own), "named", "claimed_at", "state", "decided_at"),
        "missed_by_somebody": rows(Claim.objects.filter(friend=customer), "claimed_at", "state", "decided_at"),
        "shares": rows(Share.objects.filter(link__advocate__customer=customer), "kind", "channel", "at"),
    }


def erase(customer, *, at):
    for order in Order.objects.filter(customer=customer).order_by("pk"):
        erase_order(order)
    Refund.objects.filter(order__customer=customer).update(reason="")
    for link in Link.objects.filter(advocate__customer=customer).select_related("advocate").order_by("pk"):
        _erase_link(link, at)
    Referral.objects.filter(friend=customer).update(ended_reason="")
    said = Q(conversion__referral__friend=customer) | Q(conversion__referral__advocate__customer=customer)
    Ruling.objects.filter(said).exclude(reason__in=("", *conversion_facts.BECAUSE)).update(reason="")
    invitations.forget(customer=customer)
    claims.forget(customer=customer)
    Trace.objects.filter(customer=customer).delete()
    # Of the answered requests it stays that they were asked and answered.
    asked = PrivacyRequest.objects.filter(customer=customer)
    asked.update(reference="")
    asked.filter(kind=PrivacyKind.REDACT, state=PrivacyState.OPEN).update(
        state=PrivacyState.DONE, done_at=at, note="Erased."
    )


def erase_order(order):
    """What rules may still ask for stays: the keys that a program keeps, which are not to be personal."""
    programs = Program.objects.filter(storefront=order.storefront_id)
    kept = {key for keys in programs.values_list("metadata_keys", flat=True) for key in keys}
    order.metadata = {key: value for key, value in order.metadata.items() if key in kept}
    order.source, order.payment_fingerprint, order.shipping_hash = {}, "", ""
    order.save(update_fields=["metadata", "source", "payment_fingerprint", "shipping_hash"])


def _erase_link(link, at):
    """A code may hold a name: another takes its place wherever it was typed, and leads nowhere."""
    links.set_status(link=link, status=LinkStatus.DISABLED, at=at)
    before = link.code
    links.recode(link)
    typed = Order.objects.filter(storefront=link.storefront_id, referral_code__iexact=before)
    typed.update(referral_code=link.code)
    for referral in Referral.objects.filter(storefront=link.storefront_id, advocate=link.advocate).order_by("pk"):
        said = json.dumps(referral.candidates)
        if before in said.upper():
            referral.candidates = _replaced(referral.candidates, before, link.code)
            referral.save(update_fields=["candidates"])


def _replaced(value, before, after):
    if isinstance(value, dict):
        return {name: _replaced(inner, before, after) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, before, after) for inner in value]
    return after if isinstance(value, str) and value.upper() == before else value
