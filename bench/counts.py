"""The counts that roll-ups keep, as somebody would ask for them by hand: plain statements over the whole store."""

import time

from django.db import connection, transaction

_SETS = "GROUPING SETS ((day), (day, channel), (day, link_id), (day, advocate_id))"
_DAY = "({at} AT TIME ZONE %(zone)s)::date AS day"
_CLICKS = f"""
    SELECT day, channel, link_id, advocate_id, count(DISTINCT visitor) AS visitors,
        count(DISTINCT (link_id, visitor, hour)) AS clicks
    FROM (
        SELECT {_DAY.format(at="at")}, date_trunc('hour', at) AS hour, visitor, link_id, channel, advocate_id
        FROM referrals_click click JOIN referrals_link link ON link.id = click.link_id
        WHERE click.program_id = %(program)s AND counted
    ) visit GROUP BY {_SETS}
    """
_SHARES = f"""
    SELECT day, channel, link_id, advocate_id, count(DISTINCT advocate_of) FILTER (WHERE kind = 'view') AS shown,
        count(DISTINCT advocate_of) FILTER (WHERE kind = 'share') AS sharers
    FROM (
        SELECT {_DAY.format(at="at")}, kind, link_id, link.channel, advocate_id, advocate_id AS advocate_of
        FROM referrals_share share JOIN referrals_link link ON link.id = share.link_id
        WHERE link.program_id = %(program)s
    ) share GROUP BY {_SETS}
    """
_SEGMENTS = "LEFT JOIN LATERAL jsonb_array_elements_text(frozen -> 'advocate_segments') segment ON true"
_WITH_SEGMENT = "GROUPING SETS ((day), (day, channel), (day, link_id), (day, advocate_id), (day, segment))"
_CONVERTED = "EXISTS (SELECT FROM referrals_conversion own WHERE own.referral_id = bond.id AND own.stands)"
_BONDS = f"""
    SELECT day, channel, link_id, advocate_id, segment, count(DISTINCT id) AS referrals,
        count(DISTINCT id) FILTER (WHERE converted) AS converted
    FROM (
        SELECT bond.id, {_DAY.format(at="{at}")}, channel, link_id, bond.advocate_id, segment, {_CONVERTED} AS converted
        FROM referrals_referral bond JOIN advocacy_event event ON event.subject_kind = 'referral'
            AND event.subject_id = bond.public_id AND event.version = 1
        LEFT JOIN LATERAL jsonb_array_elements_text(facts -> 'advocate_segments') segment ON true
        WHERE bond.program_id = %(program)s AND ended_at IS NULL
    ) bond GROUP BY {_WITH_SEGMENT}
    """
_CONVERSIONS = f"""
    SELECT day, channel, link_id, advocate_id, segment, count(DISTINCT id) FILTER (WHERE stands) AS conversions,
        count(DISTINCT id) FILTER (WHERE NOT stands) AS refunded, sum(kept) AS revenue,
        count(DISTINCT id) FILTER (WHERE place = 1) AS converted,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE place = 1) AS took
    FROM (
        SELECT conversion.id, {_DAY.format(at="conversion.converted_at")}, bond.channel, bond.link_id, bond.advocate_id,
            stands, extract(epoch FROM conversion.converted_at - bond.clicked_at) / 3600 AS hours,
            revenue_minor * (total_minor - refunded_minor) / nullif(total_minor, 0) AS kept,
            row_number() OVER (PARTITION BY referral_id, stands ORDER BY conversion.converted_at) AS place, frozen
        FROM referrals_conversion conversion JOIN referrals_referral bond ON bond.id = conversion.referral_id
        JOIN referrals_order placed ON placed.id = conversion.order_id
        WHERE conversion.program_id = %(program)s AND NOT ended
    ) converted {_SEGMENTS} GROUP BY {_WITH_SEGMENT}
    """
_ORDERS = f"""
    SELECT day, count(*) AS orders, count(*) FILTER (WHERE place = 1) AS new
    FROM (
        SELECT {_DAY.format(at="placed_at")}, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at) AS place
        FROM referrals_order WHERE storefront_id = %(storefront)s AND status = 'paid'
    ) placed GROUP BY day
    """
_REFERRED = f"""
    SELECT day, channel, link_id, advocate_id, segment, count(DISTINCT id) AS orders,
        count(DISTINCT id) FILTER (WHERE place = 1) AS new
    FROM (
        SELECT conversion.id, {_DAY.format(at="placed_at")}, bond.channel, bond.link_id, bond.advocate_id, frozen,
            row_number() OVER (PARTITION BY customer_id ORDER BY placed_at) AS place
        FROM referrals_conversion conversion JOIN referrals_referral bond ON bond.id = conversion.referral_id
        JOIN referrals_order placed ON placed.id = conversion.order_id
        WHERE conversion.program_id = %(program)s AND status = 'paid'
    ) placed {_SEGMENTS} GROUP BY {_WITH_SEGMENT}
    """
_ADVOCATES = f"""
    SELECT {_DAY.format(at="enrolled_at")}, count(DISTINCT advocate.id), count(bond.id) FILTER (WHERE {_CONVERTED})
    FROM advocacy_advocate advocate LEFT JOIN referrals_referral bond ON bond.advocate_id = advocate.id
    WHERE advocate.program_id = %(program)s GROUP BY day
    """
_KEPT = "revenue_minor * (total_minor - refunded_minor) / nullif(total_minor, 0)"
_SPANS = (30, 90, 180, 365, 730)
_VALUES = ", ".join(f"sum(kept) FILTER (WHERE since <= {days}) AS value_{days}" for days in _SPANS)
_MOMENTS = ", ".join(f"sum(value_{days}), sum(value_{days} * value_{days})" for days in _SPANS)
_PERSONS = f"""
    bought AS (
        SELECT customer_id, {_KEPT} AS kept, first_value(placed_at) OVER own AS first, segment,
            date_part('day', placed_at - first_value(placed_at) OVER own) AS since,
            date_trunc('month', placed_at AT TIME ZONE %(zone)s) AS month, {_DAY.format(at="placed_at")}
        FROM referrals_order WHERE storefront_id = %(storefront)s AND status = 'paid' AND currency = 'EUR'
        WINDOW own AS (PARTITION BY customer_id ORDER BY placed_at)
    ), person AS (
        SELECT customer_id, min(day) AS day, count(*) AS orders, count(DISTINCT day) AS days, min(segment) AS segment,
            sum(kept) AS kept, {_VALUES}
        FROM bought GROUP BY customer_id
    )
    """
_PEOPLE = f"""
    WITH {_PERSONS}
    SELECT day, bond.id IS NOT NULL AS referred, segment, count(*), {_MOMENTS}
    FROM person LEFT JOIN referrals_referral bond ON bond.friend_id = customer_id AND ended_at IS NULL
    GROUP BY GROUPING SETS ((day, referred), (day, referred, segment))
    """
_COHORTS = f"""
    WITH {_PERSONS}
    SELECT date_trunc('month', first AT TIME ZONE %(zone)s) AS cohort, month, bond.id IS NOT NULL AS referred,
        count(DISTINCT customer_id), sum(kept)
    FROM bought LEFT JOIN referrals_referral bond ON bond.friend_id = customer_id AND ended_at IS NULL
    GROUP BY 1, 2, 3
    """
STATEMENTS = {
    "clicks": _CLICKS,
    "shares": _SHARES,
    "referrals by binding": _BONDS.replace("{at}", "bound_at"),
    "referrals by click": _BONDS.replace("{at}", "clicked_at"),
    "conversions": _CONVERSIONS,
    "orders": _ORDERS,
    "referred orders": _REFERRED,
    "advocates": _ADVOCATES,
    "people": _PEOPLE,
    "cohorts": _COHORTS,
}


def ask(program):
    """Seconds of all of them; nothing is written or sent."""
    storefront, whole = program.storefront, 0
    known = {"program": program.pk, "storefront": storefront.pk, "zone": storefront.time_zone}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for name, statement in STATEMENTS.items():
            began = time.perf_counter()
            # A row as such is counted, so that all of its columns are.
            cursor.execute(f"SELECT count(told) FROM ({statement}) told", known)
            seconds = time.perf_counter() - began
            print(f"  {name}: {cursor.fetchone()[0]:,} rows in {seconds:.1f} s", flush=True)
            whole += seconds
    return whole
