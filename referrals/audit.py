"""Recount what attribution and orders keep; any difference is a bug."""

from django.db import connection

from referrals import rollups

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
    SELECT referral.id, referral.standing_conversions, COUNT(conversion.id) FILTER (WHERE conversion.stands)
    FROM referrals_referral referral
    LEFT JOIN referrals_conversion conversion ON conversion.referral_id = referral.id
    GROUP BY referral.id
    HAVING referral.standing_conversions <> COUNT(conversion.id) FILTER (WHERE conversion.stands)
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


def differences():
    """Sentences, one per difference; none where everything agrees."""
    for pk, stored, counted in _rows(_REFUNDED):
        yield f"Order {pk} says {stored} refunded; its refunds add up to {counted}."
    for pk, stored, counted in _rows(_STANDING):
        yield f"Referral {pk} says {stored} standing conversions; there are {counted}."
    for (pk,) in _rows(_EVENTS):
        yield f"Event {pk} names others than its conversion's referral does."
    yield from rollups.differences()


def _rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        yield from cursor.fetchall()
