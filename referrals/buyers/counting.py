"""What people bought, counted from their orders: the SQL of a Buyer's columns."""

# ruff: noqa: S608 - statements are made of the constants here

from django.db import connection

from advocacy.models import Customer
from referrals import acquisition
from referrals.lifetime_value import REVENUE_KEPT
from referrals.models import HORIZONS, Buyer
from referrals.orders.recording import BOUND_SHORTLY_AFTER

COLUMNS = [column.column for column in Buyer._meta.concrete_fields]
# Bands of the first order's revenue: the same in every currency, however small its unit is.
_POWERS = ", ".join(str(4**power) for power in range(1, 31))

# Whoever is asked about, each once: the survivor, whichever of their records was named.
OF_MARKED = """
    SELECT DISTINCT coalesce(survivor.id, named.id) AS id, coalesce(survivor.public_id, named.public_id) AS public_id,
        coalesce(survivor.absorbed, named.absorbed) AS absorbed, coalesce(survivor.source, named.source) AS source
    FROM advocacy_customer named LEFT JOIN advocacy_customer survivor ON survivor.public_id = named.merged_into_id
    WHERE named.id = ANY(%(customers)s) AND named.storefront_id = %(storefront)s
    """
OF_RANGE = """
    SELECT id, public_id, absorbed, source FROM advocacy_customer
    WHERE storefront_id = %(storefront)s AND merged_into_id IS NULL AND id >= %(first)s AND id < %(end)s
    """
STORED_OF_RANGE = "storefront_id = %(storefront)s AND customer_id >= %(first)s AND customer_id < %(end)s"
PORTION = 50_000


# What is not called in ``person`` as in Buyer. A whole number is one: sums come as decimals.
_SAID = {
    "customer_id": "person_id",
    "storefront_id": "%(storefront)s",
    "first_day": "first_local",
    "first_minor": "first.revenue_minor",
    "referred": "coalesce(stands, false)",
    "rejected": "coalesce(NOT stands, false)",
    "began_before": "NOT first.history AND older.so",
    "program_id": "CASE WHEN stands THEN program_id END",
    "advocate_id": "CASE WHEN stands THEN advocate_id END",
    "channel": f"CASE WHEN stands THEN 'referral' ELSE {acquisition.sql('first.source', 'someone.source')} END",
    "segment": "first.segment",
    "band": f"width_bucket(first.revenue_minor, ARRAY[{_POWERS}]::bigint[])",
    "left_out": "coalesce(elsewhere.orders, 0)",
    "orders": "person.orders",
}
_SELECTED = ", ".join(
    f"({_SAID.get(column.column, column.column)})::{column.rel_db_type(connection)} AS {column.column}"
    for column in Buyer._meta.concrete_fields
)


_SHORTLY = int(BOUND_SHORTLY_AFTER.total_seconds())
# A portion of the customers must not read the orders of all, as the planner would think cheap.
_BY_INDEX = "OFFSET 0"


def parameters(storefront):
    return {"storefront": storefront.pk, "currency": storefront.currency, "zone": storefront.time_zone}


def portions(storefront, *, after=0):
    """``{first, end}`` of the keys of so many customers at a time that one statement counts them in some seconds."""
    mine = Customer.objects.filter(storefront=storefront).order_by("pk").values_list("pk", flat=True)
    while ids := list(mine.filter(pk__gt=after)[:PORTION]):
        yield {"first": after + 1, "end": ids[-1] + 1}, len(ids)
        after = ids[-1]


def _spans(text):
    return ", ".join(text.format(days=days) for days in HORIZONS)


def fresh(people):
    """The CTEs that end in ``fresh``, a row with the columns of Buyer for each of the ``people`` who bought.

    ``people``: one of the questions above, with its parameters and those of ``parameters``.
    """
    return f"""
    someone AS MATERIALIZED ({people}),
    record AS MATERIALIZED (
        SELECT id AS person_id, id AS record_id FROM someone
        UNION ALL
        SELECT someone.id, other.id
        FROM someone JOIN advocacy_customer other ON other.merged_into_id = someone.public_id
        WHERE someone.absorbed
    ),
    -- All that they ordered, read once.
    ordered AS MATERIALIZED (
        SELECT person_id, placed.id AS order_id, placed_at, placed_at AT TIME ZONE %(zone)s AS local,
            ({REVENUE_KEPT})::bigint AS kept, placed.currency = %(currency)s AS counts
        FROM record CROSS JOIN LATERAL (
            SELECT * FROM referrals_order WHERE customer_id = record_id AND status = 'paid' {_BY_INDEX}
        ) placed
    ),
    -- A day after half past two is half past two, whatever the clocks did in between.
    bought AS (
        SELECT *, date_part('epoch', local - first_local) / 86400 AS days, day > first_local::date AS later_day,
            (extract(year FROM day) - extract(year FROM first_local)) * 12
                + extract(month FROM day) - extract(month FROM first_local) AS age
        FROM (
            SELECT person_id, placed_at, local, kept, local::date AS day, first_value(local) OVER person AS first_local,
                first_value(order_id) OVER person AS first_id, lag(local::date) OVER person AS day_before
            FROM ordered WHERE counts
            WINDOW person AS (PARTITION BY person_id ORDER BY placed_at, order_id)
        ) followed
    ),
    monthly AS (
        SELECT person_id, first_id, first_local, age::smallint AS age, min(placed_at) AS first_at,
            max(placed_at) AS last_at, max(day) AS last_day, count(*) AS orders, sum(kept)::bigint AS kept,
            count(*) FILTER (WHERE later_day AND day > day_before) AS repeat_days,
            sum(kept) FILTER (WHERE later_day)::bigint AS repeat_minor,
            {_spans("sum(kept) FILTER (WHERE days <= {days})::bigint AS value_{days}")},
            {_spans("count(*) FILTER (WHERE days <= {days}) AS orders_{days}")}
        FROM bought GROUP BY person_id, first_id, first_local, age
    ),
    person AS (
        SELECT person_id, first_id, first_local, min(first_at) AS first_at, max(last_at) AS last_at,
            max(last_day) AS last_day, sum(orders) AS orders, sum(kept) AS kept_minor,
            sum(repeat_days) AS repeat_days, coalesce(sum(repeat_minor), 0) AS repeat_minor,
            array_agg(age ORDER BY age) AS months, array_agg(kept ORDER BY age) AS months_minor,
            {_spans("coalesce(sum(value_{days}), 0) AS value_{days}")},
            {_spans("sum(orders_{days}) AS orders_{days}")}
        FROM monthly GROUP BY person_id, first_id, first_local
    ),
    -- Whether all that came of it was rejected; what has not converted yet was rejected by nobody.
    bond AS (
        SELECT person_id, referral.id, program_id, advocate_id, bound_at, NOT EXISTS (
            SELECT FROM referrals_conversion conversion
            WHERE conversion.referral_id = referral.id AND NOT ended AND advocate_review = 'rejected'
        ) OR EXISTS (
            SELECT FROM referrals_conversion conversion
            WHERE conversion.referral_id = referral.id AND NOT ended AND advocate_review <> 'rejected'
        ) AS stands
        FROM record CROSS JOIN LATERAL (
            SELECT * FROM referrals_referral WHERE friend_id = record_id AND ended_at IS NULL {_BY_INDEX}
        ) referral
        -- Who had bought before came by themselves, whoever brings them later.
        JOIN person USING (person_id) WHERE bound_at <= first_at + interval '{_SHORTLY} seconds'
    ),
    brought AS (
        SELECT DISTINCT ON (person_id) * FROM bond ORDER BY person_id, stands DESC, bound_at, id
    ),
    elsewhere AS (
        SELECT person_id, count(*) AS orders FROM ordered WHERE NOT counts GROUP BY person_id
    ),
    fresh AS (
        SELECT {_SELECTED}
        FROM person JOIN referrals_order first ON first.id = first_id JOIN someone ON someone.id = person_id
        LEFT JOIN brought USING (person_id) LEFT JOIN elsewhere USING (person_id)
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT FROM record JOIN advocacy_customer known ON known.id = record_id
                WHERE record.person_id = person.person_id AND known.orders_before > 0
            ) AS so
        ) older
    )
    """
