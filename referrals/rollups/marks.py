"""Which days of which programs changed, and in what. Days are days of the storefront's time zone."""

from collections import defaultdict

from django.db import connection, transaction

from referrals.models import Day, Mark

# The first paid order after a moment, of the same person: whether it is their first may have changed.
_NEXT = """
    SELECT later.placed_at AS moment
    FROM advocacy_customer other JOIN referrals_order later ON later.customer_id = other.id
    WHERE (other.id = buyer.id OR other.public_id = buyer.merged_into_id
            OR other.merged_into_id = coalesce(buyer.merged_into_id, buyer.public_id))
        AND later.status = 'paid' AND (later.placed_at, later.id) > (told.placed_at, placed.id)
    ORDER BY later.placed_at, later.id LIMIT 1
    """
# The first paid order of a record, in every program of the event's storefront.
_FIRST = """CROSS JOIN LATERAL (
            SELECT min(placed_at) AS moment FROM referrals_order
            WHERE customer_id = record.id AND status = 'paid'
        ) first
        JOIN advocacy_program program ON program.storefront_id = event.storefront_id"""
# What events may change, by their subjects' kind: program, moment and question, and of conversions which one. Events
# are known by their ids.
_TOUCHED = {
    # Orders count in every program of their storefront, but only those of their day that are paid: what was refunded
    # or shipped changes nothing here. After a correction of placed_at the day that it left has changed too.
    "order": f"""
        WITH told AS (
            SELECT own.subject_id, own.storefront_id, (version.facts ->> 'placed_at')::timestamptz AS placed_at
            FROM advocacy_event own JOIN advocacy_event version
                ON version.subject_kind = 'order' AND version.subject_id = own.subject_id
                AND version.version IN (own.version, own.version - 1)
            WHERE own.id = ANY(%(events)s) AND (
                own.type IN ('order.recorded', 'order.imported', 'order.changed')
                OR (own.facts ->> 'orders_change')::integer <> 0
            )
        ), touched AS (
            SELECT storefront_id, placed_at AS moment FROM told
            UNION
            SELECT told.storefront_id, later.moment
            FROM told JOIN referrals_order placed ON placed.public_id = told.subject_id
            JOIN advocacy_customer buyer ON buyer.id = placed.customer_id
            CROSS JOIN LATERAL ({_NEXT}) later
        )
        SELECT program.id AS program_id, touched.moment, 'orders' AS question
        FROM touched JOIN advocacy_program program ON program.storefront_id = touched.storefront_id
        """,  # noqa: S608 - made of the constant above
    # A referral is converted on the day of its first standing conversion, so when one begins or ceases to stand, the
    # next one that stands may become or have been the first. Whether it is converted at all, which those who clicked,
    # signed up or joined on some day are asked, changes only where none stands before it: of several that turned,
    # whichever is the first by now says so. The order's own day counts it among the referred orders unless a review
    # rejected it.
    "conversion": """
        WITH own AS (
            SELECT conversion.*, before.facts IS NULL OR event.type = 'conversion.recorded'
                OR before.facts -> 'advocate_review' IS DISTINCT FROM event.facts -> 'advocate_review' AS judged,
                before.facts IS NULL OR event.type = 'conversion.recorded'
                OR (before.facts -> 'stands', before.facts -> 'advocate_review') IS DISTINCT FROM
                    (event.facts -> 'stands', event.facts -> 'advocate_review') AS turned,
                NOT EXISTS (
                    SELECT FROM referrals_conversion earlier
                    WHERE earlier.referral_id = conversion.referral_id AND earlier.stands
                        AND (earlier.converted_at, earlier.id) < (conversion.converted_at, conversion.id)
                ) AS first
            FROM advocacy_event event JOIN referrals_conversion conversion ON conversion.public_id = event.subject_id
            LEFT JOIN advocacy_event before ON before.subject_kind = 'conversion'
                AND before.subject_id = event.subject_id AND before.version = event.version - 1
            WHERE event.id = ANY(%(events)s)
        )
        SELECT program_id, converted_at AS moment, 'conversions' AS question, id AS conversion_id FROM own
        UNION
        SELECT program_id, converted_at, 'converted', NULL FROM own WHERE turned
        UNION
        SELECT own.program_id, later.converted_at, 'converted', NULL
        FROM own CROSS JOIN LATERAL (
            SELECT converted_at FROM referrals_conversion later
            WHERE later.referral_id = own.referral_id AND later.stands
                AND (later.converted_at, later.id) > (own.converted_at, own.id)
            ORDER BY converted_at, id LIMIT 1
        ) later
        WHERE turned
        UNION
        SELECT own.program_id, placed.placed_at, 'orders', NULL
        FROM own JOIN referrals_order placed ON placed.id = own.order_id WHERE judged
        UNION
        SELECT own.program_id, began.moment, began.question, NULL
        FROM own JOIN referrals_referral referral ON referral.id = own.referral_id
        JOIN advocacy_advocate advocate ON advocate.id = referral.advocate_id
        CROSS JOIN LATERAL (
            VALUES (referral.bound_at, 'cohorts'), (referral.clicked_at, 'cohorts'), (advocate.enrolled_at, 'enrolled')
        ) began (moment, question)
        WHERE turned AND first
        """,
    # What a bond that ended had brought counts for nobody.
    "referral": """
        WITH own AS (
            SELECT referral.*, advocate.enrolled_at, event.type = 'referral.ended' AS over
            FROM advocacy_event event JOIN referrals_referral referral ON referral.public_id = event.subject_id
            JOIN advocacy_advocate advocate ON advocate.id = referral.advocate_id
            WHERE event.id = ANY(%(events)s)
        )
        SELECT program_id, bound_at AS moment, 'referrals' AS question, NULL::bigint AS conversion_id FROM own
        UNION
        SELECT program_id, began.moment, began.question, NULL
        FROM own CROSS JOIN LATERAL (
            VALUES (bound_at, 'cohorts'), (clicked_at, 'cohorts'), (enrolled_at, 'enrolled')
        ) began (moment, question)
        WHERE over OR began.question = 'cohorts'
        UNION
        SELECT own.program_id, conversion.converted_at, asked.question, asked.conversion_id
        FROM own JOIN referrals_conversion conversion ON conversion.referral_id = own.id
        CROSS JOIN LATERAL (
            VALUES ('conversions', conversion.id), ('converted', NULL)
        ) asked (question, conversion_id) WHERE over
        UNION
        SELECT own.program_id, placed.placed_at, 'orders', NULL
        FROM own JOIN referrals_conversion conversion ON conversion.referral_id = own.id
        JOIN referrals_order placed ON placed.id = conversion.order_id WHERE over
        """,
    "advocate": """
        SELECT advocate.program_id, advocate.enrolled_at AS moment, 'people' AS question
        FROM advocacy_event event JOIN advocacy_advocate advocate ON advocate.public_id = event.subject_id
        WHERE event.id = ANY(%(events)s)
        """,
    # Whoever is said to have ordered before has no first order here.
    "customer": f"""
        SELECT program.id AS program_id, first.moment, 'orders' AS question
        FROM advocacy_event event
        JOIN advocacy_event before ON before.subject_kind = 'customer' AND before.subject_id = event.subject_id
            AND before.version = event.version - 1
        JOIN advocacy_customer named ON named.public_id = event.subject_id
        JOIN advocacy_customer record ON record.public_id = coalesce(named.merged_into_id, named.public_id)
            OR record.merged_into_id = coalesce(named.merged_into_id, named.public_id)
        {_FIRST}
        WHERE event.id = ANY(%(events)s)
            AND event.facts -> 'orders_before' IS DISTINCT FROM before.facts -> 'orders_before'
        """,  # noqa: S608 - made of the constant above
    # Of each record of those who became one person, or are no longer, the first order may have become or been theirs.
    "merge": f"""
        SELECT program.id AS program_id, first.moment, 'orders' AS question
        FROM advocacy_event event
        CROSS JOIN LATERAL (
            VALUES ((event.facts ->> 'survivor')::uuid), ((event.facts ->> 'merged')::uuid)
        ) named (public_id)
        JOIN advocacy_customer record
            ON record.public_id = named.public_id OR record.merged_into_id = named.public_id
        {_FIRST}
        WHERE event.id = ANY(%(events)s)
        """,  # noqa: S608 - made of the constant above
}

# Everything of a program that has a day, for a recount of all and for the audit's search for days that are missing.
# Orders from before a program existed are counted too: its rates have them in the denominator.
_ALL = """
    SELECT program.id AS program_id, placed.placed_at AS moment
    FROM referrals_order placed JOIN advocacy_program program ON program.storefront_id = placed.storefront_id
    WHERE placed.storefront_id = %(storefront)s AND placed.status = 'paid'
    UNION ALL SELECT program_id, converted_at FROM referrals_conversion WHERE storefront_id = %(storefront)s
    UNION ALL SELECT program_id, bound_at FROM referrals_referral WHERE storefront_id = %(storefront)s
    UNION ALL SELECT program_id, clicked_at FROM referrals_referral WHERE storefront_id = %(storefront)s
    UNION ALL SELECT program_id, enrolled_at FROM advocacy_advocate WHERE storefront_id = %(storefront)s
    UNION ALL SELECT program_id, at FROM referrals_click WHERE storefront_id = %(storefront)s AND counted
    UNION ALL
    SELECT link.program_id, share.at FROM referrals_share share JOIN referrals_link link ON link.id = share.link_id
    WHERE share.storefront_id = %(storefront)s
    """

_CELLS = """
    SELECT DISTINCT touched.program_id, (touched.moment AT TIME ZONE storefront.time_zone)::date AS day{columns}
    FROM ({touched}) touched
    JOIN advocacy_program program ON program.id = touched.program_id
    JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
    WHERE touched.moment IS NOT NULL
    """
_MARK = "INSERT INTO referrals_mark (program_id, day, question{more}) "


def mark(*, events, at):
    """Handler of the lane ``people``: mark the days that these events touched, and in what."""
    by_kind = defaultdict(list)
    for event in events:
        by_kind[event.subject_kind].append(event.pk)
    for kind, events_of_kind in sorted(by_kind.items()):
        _mark(_TOUCHED[kind], {"events": events_of_kind})


def mark_history(*, program_id):
    """Mark every day on which the program's storefront already had orders: called when it gets its first Day."""
    orders = """
        SELECT program.id AS program_id, placed.placed_at AS moment, 'orders' AS question
        FROM advocacy_program program JOIN referrals_order placed ON placed.storefront_id = program.storefront_id
        WHERE program.id = %(program)s AND placed.status = 'paid'
        """
    _mark(orders, {"program": program_id})


def _mark(touched, named):
    with connection.cursor() as cursor:
        more = ", conversion_id" if "conversion_id" in touched else ""
        cursor.execute(_MARK.format(more=more) + _CELLS.format(touched=touched, columns=f", question{more}"), named)


def all_cells(*, storefront):
    """Every (program id, day) of a storefront on which there is something to count."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS.format(touched=_ALL, columns=""), {"storefront": storefront.pk})
        return set(cursor.fetchall())


@transaction.atomic
def rebuild(*, storefront):
    """Mark every day of a storefront, also those that hold nothing any more, as never counted: of clicks, too.

    Needed after its time zone changed: every day then has other borders. Clicks older than they are kept stay
    in the days in which they were counted. Returns how many days there are.
    """
    days = Day.objects.filter(program__storefront=storefront)
    cells = all_cells(storefront=storefront) | set(days.values_list("program_id", "day"))
    days.update(counted_at=None)
    Mark.objects.bulk_create([Mark(program_id=program_id, day=day) for program_id, day in sorted(cells)])
    return len(cells)
