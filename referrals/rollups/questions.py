"""What one day of one program counts, each count by its own small question."""

# ruff: noqa: S608 - questions are made of the constants here

from datetime import timedelta

from django.conf import settings
from django.db import connection

from referrals.lifetime_value import REVENUE_KEPT

# A visitor's hash lives one day of UTC; where it is empty nobody could be told apart, and each click is somebody.
_VISITS = """
    SELECT min(at) AS first_at FROM referrals_click
    WHERE program_id = %(program)s AND counted AND at >= date_trunc('day', %(start)s, 'UTC') AND at < %(end)s
    GROUP BY CASE visitor WHEN '' THEN uuid_send(id) ELSE visitor END
    """

# One question for each group of columns. Every count of a Day is one of these and has its own distinct count.
QUESTIONS = {
    ("clicks",): f"""
        SELECT count(*) FROM ({_VISITS}, link_id, date_trunc('hour', at, 'UTC')) hour WHERE first_at >= %(start)s
        """,
    ("visitors",): f"""
        SELECT count(*) FROM ({_VISITS}, date_trunc('day', at, 'UTC')) visitor WHERE first_at >= %(start)s
        """,
    ("advocates_enrolled",): """
        SELECT count(*) FROM advocacy_advocate
        WHERE program_id = %(program)s AND enrolled_at >= %(start)s AND enrolled_at < %(end)s
        """,
    ("referrals",): """
        SELECT count(*) FROM referrals_referral
        WHERE program_id = %(program)s AND bound_at >= %(start)s AND bound_at < %(end)s AND ended_at IS NULL
        """,
    ("converted_referrals",): """
        SELECT count(DISTINCT referral_id) FROM referrals_conversion first
        WHERE program_id = %(program)s AND converted_at >= %(start)s AND converted_at < %(end)s AND stands
            AND NOT EXISTS (
                SELECT FROM referrals_conversion earlier
                WHERE earlier.referral_id = first.referral_id AND earlier.stands AND earlier.converted_at < %(start)s
            )
        """,
    ("conversions", "refunded_conversions", "rejected_conversions", "revenue_minor"): f"""
        SELECT count(*) FILTER (WHERE stands),
            count(*) FILTER (WHERE NOT stands AND advocate_review <> 'rejected'),
            count(*) FILTER (WHERE NOT stands AND advocate_review = 'rejected'),
            coalesce(sum({REVENUE_KEPT}) FILTER (WHERE stands AND placed.currency = %(currency)s), 0)
        FROM referrals_conversion conversion JOIN referrals_order placed ON placed.id = conversion.order_id
        WHERE program_id = %(program)s AND converted_at >= %(start)s AND converted_at < %(end)s AND NOT ended
        """,
    ("orders",): """
        SELECT count(*) FROM referrals_order
        WHERE storefront_id = %(storefront)s AND status = 'paid' AND placed_at >= %(start)s AND placed_at < %(end)s
        """,
    ("referred_orders",): """
        SELECT count(*)
        FROM referrals_order placed JOIN referrals_conversion conversion ON conversion.order_id = placed.id
        WHERE placed.storefront_id = %(storefront)s AND status = 'paid'
            AND placed_at >= %(start)s AND placed_at < %(end)s
            AND conversion.program_id = %(program)s AND conversion.advocate_review <> 'rejected'
            AND NOT conversion.ended
        """,
}
OF_CLICKS = {("clicks",), ("visitors",)}

_BORDERS = """
    SELECT program.id AS program, program.storefront_id AS storefront, program.currency AS currency,
        %(day)s::date::timestamp AT TIME ZONE storefront.time_zone AS start,
        (%(day)s::date + 1)::timestamp AT TIME ZONE storefront.time_zone AS end
    FROM advocacy_program program JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
    WHERE program.id = %(program)s
    """


def borders(*, program_id, day):
    """The day's first moment and the next day's, in the storefront's time zone, with what else the questions ask."""
    with connection.cursor() as cursor:
        cursor.execute(_BORDERS, {"program": program_id, "day": day})
        return dict(zip((column.name for column in cursor.description), cursor.fetchone(), strict=True))


def clicks_are_kept(cell, *, at):
    """Whether the day's clicks are all still there; older ones are pruned and their counts stay."""
    return cell["start"] - timedelta(days=1) > at - timedelta(days=settings.CLICK_RETENTION_DAYS)


def count(cell, *, of_clicks):
    """The counts of a Day as they are now, by column; those of clicks only where asked for."""
    counts = {}
    with connection.cursor() as cursor:
        for columns, question in QUESTIONS.items():
            if of_clicks or columns not in OF_CLICKS:
                cursor.execute(question, cell)
                counts |= zip(columns, map(int, cursor.fetchone()), strict=True)
    return counts
