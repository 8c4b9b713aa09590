"""Which days of which programs changed. Days are days of the storefront's time zone."""

from collections import defaultdict

from django.db import connection, transaction

from referrals.models import Day, Mark

# What an event of a subject may change, by the subject's kind: program and moment.
_TOUCHED = {
    # Orders count in every program of their storefront. Every version of an order tells its day: after a correction
    # of placed_at the day that it left has changed too.
    "order": """
        SELECT program.id AS program_id, (event.facts ->> 'placed_at')::timestamptz AS moment
        FROM advocacy_event event JOIN advocacy_program program ON program.storefront_id = event.storefront_id
        WHERE event.subject_kind = 'order' AND event.subject_id = ANY(%(subjects)s)
        """,
    # A referral is converted on the day of its first standing conversion, so when one begins or ceases to stand,
    # the first may become or have been any later one. The order's own day counts it among the referred orders.
    "conversion": """
        SELECT later.program_id, later.converted_at AS moment
        FROM referrals_conversion own JOIN referrals_conversion later
            ON later.referral_id = own.referral_id AND later.converted_at >= own.converted_at
        WHERE own.public_id = ANY(%(subjects)s)
        UNION ALL
        SELECT own.program_id, placed.placed_at
        FROM referrals_conversion own JOIN referrals_order placed ON placed.id = own.order_id
        WHERE own.public_id = ANY(%(subjects)s)
        """,
    "referral": "SELECT program_id, bound_at AS moment FROM referrals_referral WHERE public_id = ANY(%(subjects)s)",
    "advocate": "SELECT program_id, enrolled_at AS moment FROM advocacy_advocate WHERE public_id = ANY(%(subjects)s)",
}

# Everything of a program that has a day, for a recount of all and for the audit's search for days that are missing.
# Orders from before a program existed are counted too: its rates have them in the denominator.
_ALL = """
    SELECT program.id AS program_id, placed.placed_at AS moment
    FROM referrals_order placed JOIN advocacy_program program ON program.storefront_id = placed.storefront_id
    WHERE placed.status = 'paid'
    UNION ALL SELECT program_id, converted_at FROM referrals_conversion
    UNION ALL SELECT program_id, bound_at FROM referrals_referral
    UNION ALL SELECT program_id, enrolled_at FROM advocacy_advocate
    UNION ALL SELECT program_id, at FROM referrals_click WHERE counted
    """

_CELLS = """
    SELECT DISTINCT touched.program_id, (touched.moment AT TIME ZONE storefront.time_zone)::date AS day
    FROM ({touched}) touched
    JOIN advocacy_program program ON program.id = touched.program_id
    JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
    """
_INSERT = "INSERT INTO referrals_mark (program_id, day) "


def mark(*, events, at):
    """Handler of the lane ``people``: mark the days that these events touched."""
    subjects = defaultdict(set)
    for event in events:
        subjects[event.subject_kind].add(event.subject_id)
    with connection.cursor() as cursor:
        for kind, names in sorted(subjects.items()):
            cursor.execute(_INSERT + _CELLS.format(touched=_TOUCHED[kind]), {"subjects": list(names)})


def mark_history(*, program_id):
    """Mark every day on which the program's storefront already had orders: called when it gets its first Day."""
    orders = """
        SELECT program.id AS program_id, placed.placed_at AS moment
        FROM advocacy_program program JOIN referrals_order placed ON placed.storefront_id = program.storefront_id
        WHERE program.id = %(program)s AND placed.status = 'paid'
        """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + _CELLS.format(touched=orders), {"program": program_id})


def all_cells(*, storefront):
    """Every (program id, day) of a storefront on which there is something to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS.format(touched=_ALL) + " WHERE storefront.id = %(storefront)s", {"storefront": storefront.pk}
        )
        return set(cursor.fetchall())


@transaction.atomic
def rebuild(*, storefront):
    """Mark every day of a storefront, also those that hold nothing any more, and forget that clicks were final.

    Needed after its time zone changed: every day then has other borders. Clicks older than they are kept stay
    in the days in which they were counted.
    """
    days = Day.objects.filter(program__storefront=storefront)
    cells = all_cells(storefront=storefront) | set(days.values_list("program_id", "day"))
    days.update(counted_at=None)
    Mark.objects.bulk_create([Mark(program_id=program_id, day=day) for program_id, day in sorted(cells)])
