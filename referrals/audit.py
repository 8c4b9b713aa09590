"""Recount what attribution and orders keep; any difference is a bug."""

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from advocacy.models import Lane, Pending, Storefront
from referrals import buyers, rollups

_REFUNDED = """
    SELECT orders.id, orders.refunded_minor, LEAST(orders.total_minor, COALESCE(SUM(refund.amount_minor), 0))
    FROM referrals_order orders
    LEFT JOIN referrals_refund refund ON refund.order_id = orders.id AND refund.undone_at IS NULL
        AND refund.same_as_id IS NULL
    GROUP BY orders.id
    HAVING orders.refunded_minor <> LEAST(orders.total_minor, COALESCE(SUM(refund.amount_minor), 0))
    ORDER BY orders.id
"""
_STANDING = """
    SELECT referral.id, referral.standing_conversions, COUNT(conversion.id) FILTER (WHERE conversion.stands),
        referral.converted_at, MIN(conversion.converted_at) FILTER (WHERE conversion.stands)
    FROM referrals_referral referral
    LEFT JOIN referrals_conversion conversion ON conversion.referral_id = referral.id
    GROUP BY referral.id
    HAVING (referral.standing_conversions, referral.converted_at) IS DISTINCT FROM (
        COUNT(conversion.id) FILTER (WHERE conversion.stands),
        MIN(conversion.converted_at) FILTER (WHERE conversion.stands)
    )
    ORDER BY referral.id
"""

# What settlement believes of a conversion is what its events say.
_EVENTS = """
    SELECT event.id FROM advocacy_event event
    JOIN referrals_conversion conversion ON conversion.public_id = event.subject_id
    JOIN referrals_referral referral ON referral.id = conversion.referral_id
    WHERE event.subject_kind = 'conversion'
      AND (event.storefront_id, event.program_id, event.advocate_id, event.friend_id) IS DISTINCT FROM
          (conversion.storefront_id, conversion.program_id, referral.advocate_id, referral.friend_id)
    ORDER BY event.id
"""
_SEQUENCES = """
    SELECT conversion.id, conversion.sequence, (event.facts ->> 'sequence')::int
    FROM referrals_conversion conversion
    JOIN advocacy_event event ON event.subject_kind = 'conversion' AND event.subject_id = conversion.public_id
        AND event.version = conversion.version
    WHERE (event.facts ->> 'sequence')::int <> conversion.sequence ORDER BY conversion.id
"""
# A bond is never another's; it ends, and another begins.
_BONDS = """
    SELECT referral.id FROM referrals_referral referral
    JOIN advocacy_event event ON event.subject_kind = 'referral' AND event.subject_id = referral.public_id
        AND event.type IN ('referral.created', 'referral.imported')
    WHERE (event.storefront_id, event.program_id, event.advocate_id, event.friend_id) IS DISTINCT FROM
          (referral.storefront_id, referral.program_id, referral.advocate_id, referral.friend_id)
    ORDER BY referral.id
"""
_ORDERS = """
    SELECT orders.id, orders.status, orders.total_minor, orders.revenue_minor,
        event.facts ->> 'status', event.facts ->> 'total_minor', event.facts ->> 'revenue_minor'
    FROM referrals_order orders
    JOIN advocacy_event event ON event.subject_kind = 'order' AND event.subject_id = orders.public_id
        AND event.version = orders.version
    WHERE (orders.status, orders.currency, orders.total_minor::text, orders.revenue_minor::text) IS DISTINCT FROM
        (event.facts ->> 'status', event.facts ->> 'currency', event.facts ->> 'total_minor',
            event.facts ->> 'revenue_minor')
    ORDER BY orders.id
"""


def differences():
    """Sentences, one per difference; none where everything agrees."""
    for pk, stored, counted in _rows(_REFUNDED):
        yield f"Order {pk} says {stored} refunded; its refunds add up to {counted}."
    for pk, stored, counted, stored_first, first in _rows(_STANDING):
        if stored != counted:
            yield f"Referral {pk} says {stored} standing conversions; there are {counted}."
        else:
            yield f"Referral {pk} says it converted at {stored_first}; its first standing conversion is of {first}."
    for (pk,) in _rows(_EVENTS):
        yield f"Event {pk} names others than its conversion's referral does."
    for pk, stored, told in _rows(_SEQUENCES):
        yield f"Conversion {pk} is number {stored} of its referral; its newest event says {told}."
    for (pk,) in _rows(_BONDS):
        yield f"Referral {pk} is not between those whom its event names."
    for pk, *stored_and_told in _rows(_ORDERS):
        words = "Order {} is {} with a total of {} and a revenue of {}; its newest event says {}, {} and {}."
        yield words.format(pk, *stored_and_told)
    yield from of_metrics()


def of_metrics():
    """What metrics are read from: days and their parts, buyers and their sums."""
    yield from rollups.differences()
    yield from _of_buyers()


def _of_buyers():
    """But for storefronts with events on their way; a stuck event made no mark: what it changed is a difference."""
    coming = Pending.objects.filter(storefront=OuterRef("pk"), lane=Lane.PEOPLE, stuck_at=None)
    for storefront in Storefront.objects.exclude(Exists(coming)).order_by("pk"):
        yield from buyers.differences(storefront=storefront, at=timezone.now())


def _rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        yield from cursor.fetchall()
