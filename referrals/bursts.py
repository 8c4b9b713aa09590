"""Codes that are opened or used far more often within an hour than a friend passes them on: told once a burst.

Such a code stands on a page of coupons, or robots try it. Nothing is switched off by itself: it may be a newsletter.
"""

from datetime import timedelta

from django.db import connection, transaction

from advocacy import ids
from advocacy.outbox.record import Draft, record
from referrals import events
from referrals.models import Link
from referrals.models.click import Click

HOUR = timedelta(hours=1)
_HOT = f"""
    WITH clicked AS (
        SELECT link_id, count(*) AS clicks FROM {Click._meta.db_table}
        WHERE id >= %(floor)s AND at > %(since)s AND counted GROUP BY link_id
    ), used AS (
        SELECT link.id AS link_id, count(DISTINCT bought.id) AS uses
        FROM advocacy_storefront storefront
        JOIN referrals_order bought ON bought.storefront_id = storefront.id AND bought.placed_at > %(since)s
            AND (bought.coupon_codes <> '[]' OR bought.referral_code <> '')
        CROSS JOIN LATERAL (
            SELECT upper(bought.referral_code) AS code
            UNION SELECT upper(said) FROM jsonb_array_elements_text(bought.coupon_codes) AS said
        ) AS typed
        JOIN referrals_link link ON link.storefront_id = bought.storefront_id AND link.code = typed.code
        GROUP BY link.id
    )
    SELECT link.id, COALESCE(clicks, 0), COALESCE(uses, 0)
    FROM clicked FULL JOIN used USING (link_id)
    JOIN referrals_link link ON link.id = link_id
    JOIN advocacy_program program ON program.id = link.program_id
    WHERE program.burst_above > 0 AND GREATEST(clicks, uses) > program.burst_above
    ORDER BY link.id
"""  # noqa: S608 - our own name of a table


def watch(*, at):
    """Tell of each code whose burst began, and forget those that are over; returns how many began."""
    with connection.cursor() as cursor:
        cursor.execute(_HOT, {"floor": ids.floor_of(at - HOUR), "since": at - HOUR})
        hot = {pk: counts for pk, *counts in cursor.fetchall()}
    Link.objects.filter(burst_since__isnull=False).exclude(pk__in=hot).update(burst_since=None)
    return sum(_tell(pk, clicks, uses, at) for pk, (clicks, uses) in hot.items())


def _tell(pk, clicks, uses, at):
    with transaction.atomic():
        rows = Link.objects.select_for_update(no_key=True, of=["self"]).select_related("program", "advocate__customer")
        link = rows.get(pk=pk)
        if link.burst_since:
            return 0
        link.burst_since, link.version = at, link.version + 1
        link.save(update_fields=["burst_since", "version"])
        counts = {"clicks": clicks, "uses": uses, "above": link.program.burst_above}
        draft = Draft(
            type=events.LINK_BURST,
            subject=link,
            storefront=link.storefront_id,
            customer=link.advocate.customer_id,
            program=link.program_id,
            advocate=link.advocate_id,
            facts={"link": str(link.public_id), "status": link.status} | counts,
            occurred_at=at,
        )
        record([draft], at=at)
    return 1
