"""What orders and referrals keep of a person, and what remains of it."""

import json

import pgtrigger
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Upper

from advocacy import errands, ids
from advocacy.models import Alert, Errand, ErrandKind, Event
from advocacy.privacy.exporting import rows
from referrals import claims, conversion_facts, invitations, links
from referrals.models import (
    Claim,
    Click,
    Conversion,
    Fulfilment,
    Invitation,
    Link,
    LinkStatus,
    Order,
    OrderIdentifier,
    PrivacyKind,
    PrivacyRequest,
    PrivacyState,
    Referral,
    Refund,
    Ruling,
    Share,
    Trace,
    WaitingFact,
    WaitingState,
)
from referrals.orders import finding, recording

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
        # Who their friends are is the friends' own, and so is when they ordered.
        "friends": rows(Referral.objects.filter(**own), "method", "channel", program="program__name"),
        "links": rows(Link.objects.filter(**own), "code", "channel", "status", "created_at"),
        # Digests: that there are some, and since when.
        "traces_of_signing_up": rows(Trace.objects.filter(customer=customer), "at"),
        "invitations": rows(Invitation.objects.filter(**own), "invited_at", link="link__code"),
        "missed_friends": rows(Claim.objects.filter(**own), "named", "claimed_at", "state", "decided_at"),
        "missed_by_somebody": rows(Claim.objects.filter(friend=customer), "claimed_at", "state", "decided_at"),
        "visits": rows(_visits_of(customer), "at", "referrer", "query"),
        "told_before_orders": rows(_waiting_for(customer), "kind", "fact_id", "fields", "problem", "received_at"),
        "shares": rows(Share.objects.filter(link__advocate__customer=customer), "kind", "channel", "at"),
    }


def erase(customer, *, at):
    for order in Order.objects.filter(customer=customer).order_by("pk"):
        erase_order(order)
    Refund.objects.filter(order__customer=customer).update(reason="")
    _erase_links(customer, at)
    Referral.objects.filter(Q(friend=customer) | Q(advocate__customer=customer)).update(ended_reason="")
    _visits_of(customer).update(referrer="", query={})
    _waiting_for(customer).exclude(state=WaitingState.WAITING).update(fields={}, problem="")
    said = Q(conversion__referral__friend=customer) | Q(conversion__referral__advocate__customer=customer)
    Ruling.objects.filter(said).exclude(reason__in=("", *conversion_facts.BECAUSE)).update(reason="")
    said = Q(referral__friend=customer) | Q(referral__advocate__customer=customer)
    rejected = Conversion.objects.filter(said).exclude(review_reason__in=("", *conversion_facts.BECAUSE))
    rejected.update(review_reason="")
    invitations.forget(customer=customer, at=at)
    claims.forget(customer=customer)
    Trace.objects.filter(customer=customer).delete()
    customer.source = recording.of_nobody(customer.storefront_id, {"source": customer.source})["source"]
    # Of the answered requests it stays that they were asked and answered.
    asked = PrivacyRequest.objects.filter(customer=customer)
    asked.update(reference="", note="")
    asked.filter(kind=PrivacyKind.REDACT, state=PrivacyState.OPEN).update(
        state=PrivacyState.DONE, done_at=at, note="Erased."
    )


def says_something(order):
    """Whether something is kept of the order that an erasure would take away."""
    return bool({*order.source} - {"channel"} or order.payment_fingerprint or order.shipping_hash)


def erase_order(order):
    """What rules may still ask for stays: the keys that a program keeps, which are not to be personal."""
    names = ("metadata", "source", "payment_fingerprint", "shipping_hash")
    kept = recording.of_nobody(order.storefront_id, {name: getattr(order, name) for name in names})
    for name in names:
        setattr(order, name, kept[name])
    order.save(update_fields=names)


def _visits_of(customer):
    """Those that they were brought by, and those that their orders name."""
    bonds = Referral.objects.filter(friend=customer).values_list("click_id", flat=True)
    orders = Order.objects.filter(customer=customer).values_list("click_id", flat=True)
    return Click.objects.filter(id__in={click for click in (*bonds, *orders) if click})


def _waiting_for(customer):
    """What was told of their orders before those came."""
    names = list(OrderIdentifier.objects.filter(order__customer=customer).values_list("kind", "value"))
    orders = Order.objects.filter(customer=customer).values_list("external_id", flat=True)
    names += [(finding.EXTERNAL, external_id) for external_id in orders]
    return WaitingFact.objects.filter(storefront=customer.storefront_id, names__overlap=finding.written(names))


def _erase_links(customer, at):
    """A code may hold a name: another takes its place wherever it was typed, and leads nowhere."""
    anew = {}
    for link in Link.objects.filter(advocate__customer=customer).select_related("advocate").order_by("pk"):
        links.set_status(link=link, status=LinkStatus.DISABLED, at=at)
        before = link.code
        links.recode(link)
        anew[before] = link.code
        typed = Order.objects.filter(storefront=link.storefront_id, referral_code__iexact=before)
        typed.update(referral_code=link.code)
        # What colleagues said of it, and what shops answered when they were asked for it.
        Alert.objects.filter(subject=ids.encode("lnk", link.public_id)).update(mute_reason="")
        Errand.objects.filter(subject=link.public_id).update(outcome="", failure="")
        errands.rename(kind=ErrandKind.LINK_CODE, subject=link.public_id, former=before, at=at)
    if anew:
        # Also where it lost to somebody else's.
        considered = Referral.objects.filter(storefront=customer.storefront_id)
        _rewrite(_naming(considered, "candidates", anew), "candidates", anew)
        _rewrite_used(customer, anew)


def _naming(rows, column, codes):
    """The rows whose document names one of these codes."""
    with_one = Q()
    for code in codes:
        with_one |= Q(said__contains=json.dumps(code))
    return rows.annotate(said=Upper(Cast(column, TextField()))).filter(with_one)


def _rewrite_used(customer, anew):
    """Where a shop takes the code as a coupon, orders came with it as that, and their events say so."""
    orders = Order.objects.filter(storefront=customer.storefront_id).exclude(coupon_codes=[])
    found = list(_naming(orders, "coupon_codes", anew).values_list("pk", "customer"))
    if not found:
        return
    _rewrite(Order.objects.filter(pk__in=[pk for pk, _ in found]), "coupon_codes", anew)
    with pgtrigger.ignore("advocacy.Event:events_are_append_only"):
        told = Event.objects.filter(customer__in={buyer for _, buyer in found})
        _rewrite(told.filter(facts__coupon_codes__has_any_keys=list(anew)), "facts", anew)


def _rewrite(rows, column, anew):
    for row in rows.order_by("pk"):
        before = getattr(row, column)
        after = _replaced(before, anew)
        if after != before:
            rows.model.objects.filter(pk=row.pk).update(**{column: after})


def _replaced(value, anew):
    if isinstance(value, dict):
        return {name: _replaced(inner, anew) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, anew) for inner in value]
    return anew.get(value.upper(), value) if isinstance(value, str) else value
