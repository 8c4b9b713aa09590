"""What a day of a program counts, each count by its own small question, about any number of days at once.

A question is one statement that gives, for each cell with something to count, rows of (program_id, day, cut, key,
columns …): the cut is empty for the day itself, else a ``Cut``, each with distinct counts of its own.
"""

# ruff: noqa: S608 - questions are made of the constants here

from dataclasses import dataclass

from referrals.lifetime_value import REVENUE_KEPT
from referrals.models import Question
from referrals.rollups.cells import CELL

# The borders, in hours, of the buckets in which times from click to conversion are counted; the last has no end.
HOURS = (
    *(1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 144, 168),
    *(240, 336, 504, 720, 1080, 1440, 2160, 4320, 8760),
)

# Of a click or a share there is no frozen fact, so it has no segment.
_CUTS_OF_LINK = """
    CROSS JOIN LATERAL (VALUES
        ('', ''), ('channel', coalesce(link.channel, '')), ('link', coalesce(link.id::text, '')),
        ('advocate', coalesce(link.advocate_id::text, ''))
    ) cuts (cut, key)
    """
_CUTS = """
    CROSS JOIN LATERAL (
        VALUES ('', ''), ('channel', referral.channel), ('link', coalesce(referral.link_id::text, '')),
            ('advocate', referral.advocate_id::text)
        UNION
        SELECT 'segment', coalesce(said #>> '{{}}', '') FROM jsonb_path_query({fact}, '$.advocate_segments[*]') said
    ) cuts (cut, key)
    """
_CUTS_OF_REFERRAL = _CUTS.format(
    fact="""(
        SELECT facts FROM advocacy_event
        WHERE subject_kind = 'referral' AND subject_id = referral.public_id AND version = 1
    )"""
)
_CUTS_OF_CONVERSION = _CUTS.format(fact="conversion.frozen")

# A visitor's hash lives one day of UTC; where it is empty nobody could be told apart, and each click is somebody.
_VISITS = f"""
    visit AS MATERIALIZED (
        SELECT cell.program_id, cell.day, cell.start, own.*
        FROM cell CROSS JOIN LATERAL (
            SELECT link_id, CASE visitor WHEN '' THEN uuid_send(id) ELSE visitor END AS somebody,
                date_trunc('day', at, 'UTC') AS utc_day, min(at) AS first_at
            FROM referrals_click
            WHERE program_id = cell.program_id AND counted AND at >= cell.since AND at < cell.end
                AND id >= cell.lowest AND id < cell.highest
            GROUP BY link_id, somebody, utc_day, date_trunc('hour', at, 'UTC')
        ) own
    ), named AS (
        SELECT visit.*, link.advocate_id, cuts.*
        FROM visit LEFT JOIN referrals_link link ON link.id = visit.link_id {_CUTS_OF_LINK}
    ), seen AS (
        SELECT program_id, day, cut, key, min(first_at) >= start AS fresh,
            count(*) FILTER (WHERE first_at >= start) AS hours
        FROM named GROUP BY program_id, day, start, cut, key, somebody, utc_day
    ), acted AS (
        SELECT DISTINCT program_id, day, cut, key, advocate_id, 'click' AS kind FROM named WHERE first_at >= start
        UNION
        SELECT cell.program_id, cell.day, cuts.cut, cuts.key, link.advocate_id, share.kind
        FROM cell JOIN referrals_share share ON share.storefront_id = cell.storefront_id
            AND share.at >= cell.start AND share.at < cell.end
        JOIN referrals_link link ON link.id = share.link_id AND link.program_id = cell.program_id {_CUTS_OF_LINK}
    ),
    """
_CLICKS = """
    SELECT program_id, day, cut, key, sum(clicks) AS clicks, sum(visitors) AS visitors, sum(shown) AS shown,
        sum(sharers) AS sharers, sum(active) AS active
    FROM (
        SELECT program_id, day, cut, key, sum(hours) AS clicks, count(*) FILTER (WHERE fresh) AS visitors,
            0 AS shown, 0 AS sharers, 0 AS active
        FROM seen GROUP BY program_id, day, cut, key
        UNION ALL
        SELECT program_id, day, cut, key, 0, 0, count(DISTINCT advocate_id) FILTER (WHERE kind = 'view'),
            count(DISTINCT advocate_id) FILTER (WHERE kind = 'share'),
            count(DISTINCT advocate_id) FILTER (WHERE kind <> 'view')
        FROM acted GROUP BY program_id, day, cut, key
    ) part
    GROUP BY program_id, day, cut, key
    """

_PEOPLE = """
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, count(*) AS advocates_enrolled
    FROM cell JOIN advocacy_advocate advocate ON advocate.program_id = cell.program_id
        AND advocate.enrolled_at >= cell.start AND advocate.enrolled_at < cell.end
    GROUP BY cell.program_id, cell.day
    """

_REFERRALS = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS referrals
    FROM cell JOIN referrals_referral referral ON referral.program_id = cell.program_id
        AND referral.bound_at >= cell.start AND referral.bound_at < cell.end AND referral.ended_at IS NULL
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

# A referral is converted by its first standing conversion. Whoever clicked only later did not come by that click.
FIRST = """
    conversion.stands AND NOT EXISTS (
        SELECT FROM referrals_conversion earlier
        WHERE earlier.referral_id = conversion.referral_id AND earlier.stands
            AND (earlier.converted_at, earlier.id) < (conversion.converted_at, conversion.id)
    )
    """
_BUCKETS = ", ".join(f"count(*) FILTER (WHERE bucket = {number})" for number in range(len(HOURS) + 1))
_CONVERTED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS converted_referrals,
        CASE WHEN count(bucket) > 0 THEN ARRAY[{_BUCKETS}] ELSE '{{}}' END AS times
    FROM cell JOIN referrals_conversion conversion ON conversion.program_id = cell.program_id
        AND conversion.converted_at >= cell.start AND conversion.converted_at < cell.end AND {FIRST}
    JOIN referrals_referral referral ON referral.id = conversion.referral_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN referral.clicked_at <= conversion.converted_at THEN width_bucket(
            extract(epoch FROM conversion.converted_at - referral.clicked_at) / 3600,
            ARRAY[{", ".join(map(str, HOURS))}]::numeric[]
        ) END AS bucket
    ) took
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

_CONVERSIONS = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) FILTER (WHERE stands) AS conversions,
        count(*) FILTER (WHERE NOT stands AND advocate_review <> 'rejected') AS refunded_conversions,
        count(*) FILTER (WHERE NOT stands AND advocate_review = 'rejected') AS rejected_conversions,
        coalesce(sum({REVENUE_KEPT}) FILTER (WHERE stands AND placed.currency = cell.currency), 0) AS revenue_minor
    FROM cell JOIN referrals_conversion conversion ON conversion.program_id = cell.program_id
        AND conversion.converted_at >= cell.start AND conversion.converted_at < cell.end AND NOT conversion.ended
    JOIN referrals_order placed ON placed.id = conversion.order_id
    JOIN referrals_referral referral ON referral.id = conversion.referral_id
    {_CUTS_OF_CONVERSION}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

# Whether an order is the first paid one of its customer, who may be known by several records.
NEW = """
    NOT EXISTS (
        SELECT FROM referrals_order earlier
        WHERE earlier.customer_id = placed.customer_id AND earlier.status = 'paid'
            AND (earlier.placed_at, earlier.id) < (placed.placed_at, placed.id)
    ) AND (
        buyer.merged_into_id IS NULL AND NOT buyer.absorbed OR NOT EXISTS (
            SELECT FROM advocacy_customer other JOIN referrals_order earlier ON earlier.customer_id = other.id
            WHERE other.public_id = coalesce(buyer.merged_into_id, buyer.public_id) AND earlier.status = 'paid'
                AND (earlier.placed_at, earlier.id) < (placed.placed_at, placed.id)
            UNION ALL
            SELECT FROM advocacy_customer other JOIN referrals_order earlier ON earlier.customer_id = other.id
            WHERE other.merged_into_id = coalesce(buyer.merged_into_id, buyer.public_id) AND earlier.status = 'paid'
                AND (earlier.placed_at, earlier.id) < (placed.placed_at, placed.id)
        )
    )
    """
# The orders of a storefront are asked for once, however many programs it has.
_OF_SHOP = f"""
    shop AS (SELECT DISTINCT storefront_id, day, cell.start, cell.end FROM cell),
    counted_of_shop AS MATERIALIZED (
        SELECT shop.storefront_id, shop.day, count(*) AS orders, count(*) FILTER (WHERE {NEW}) AS new_customers
        FROM shop JOIN referrals_order placed ON placed.storefront_id = shop.storefront_id
            AND placed.placed_at >= shop.start AND placed.placed_at < shop.end AND placed.status = 'paid'
        JOIN advocacy_customer buyer ON buyer.id = placed.customer_id
        GROUP BY shop.storefront_id, shop.day
    ),
    """
_ORDERS = """
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, orders, new_customers
    FROM cell JOIN counted_of_shop ON counted_of_shop.storefront_id = cell.storefront_id
        AND counted_of_shop.day = cell.day
    """
_REFERRED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS referred_orders,
        count(*) FILTER (WHERE {NEW}) AS referred_new_customers
    FROM cell JOIN referrals_order placed ON placed.storefront_id = cell.storefront_id
        AND placed.placed_at >= cell.start AND placed.placed_at < cell.end AND placed.status = 'paid'
    JOIN referrals_conversion conversion ON conversion.order_id = placed.id
        AND conversion.program_id = cell.program_id AND conversion.advocate_review <> 'rejected'
        AND NOT conversion.ended
    JOIN referrals_referral referral ON referral.id = conversion.referral_id
    JOIN advocacy_customer buyer ON buyer.id = placed.customer_id
    {_CUTS_OF_CONVERSION}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

CONVERTED = """
    EXISTS (
        SELECT FROM referrals_conversion conversion WHERE conversion.referral_id = referral.id AND conversion.stands
    )
    """
_OF_CLICKED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS bound_of_clicked,
        count(*) FILTER (WHERE {CONVERTED}) AS converted_of_clicked
    FROM cell JOIN referrals_referral referral ON referral.program_id = cell.program_id
        AND referral.clicked_at >= cell.start AND referral.clicked_at < cell.end AND referral.ended_at IS NULL
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """
_OF_BOUND = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS converted_of_bound
    FROM cell JOIN referrals_referral referral ON referral.program_id = cell.program_id
        AND referral.bound_at >= cell.start AND referral.bound_at < cell.end AND referral.ended_at IS NULL
        AND {CONVERTED}
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """
_OF_ENROLLED = f"""
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, count(*) AS converted_of_enrolled
    FROM cell JOIN advocacy_advocate advocate ON advocate.program_id = cell.program_id
        AND advocate.enrolled_at >= cell.start AND advocate.enrolled_at < cell.end
    JOIN referrals_referral referral ON referral.advocate_id = advocate.id AND referral.ended_at IS NULL
        AND {CONVERTED}
    GROUP BY cell.program_id, cell.day
    """


@dataclass(frozen=True)
class Asked:
    """A question: its columns and its statement, after the expressions ``before`` it."""

    columns: tuple
    select: str
    before: str = ""
    cuts: bool = True  # whether parts of a day are counted too

    @property
    def found(self):
        """``WITH`` expressions whose last, ``found``, has the rows that count something."""
        return f"""
            WITH {CELL}, {self.before} found AS MATERIALIZED (
                SELECT program_id, day, cut, key, {self.listed("{name}::{type} AS {name}")}
                FROM ({self.select}) told WHERE {self.something}
            )"""

    @property
    def something(self):
        return self.listed("{name} <> '{empty}'", between=" OR ")

    def listed(self, pattern, *, between=", "):
        """The pattern for each column, by its ``{name}``, ``{type}`` and what is ``{empty}`` there."""
        return between.join(
            pattern.format(name=name, type=_TYPES.get(name, "integer"), empty=_EMPTY.get(name, 0))
            for name in self.columns
        )


_TYPES = {"times": "integer[]", "revenue_minor": "bigint"}
_EMPTY = {"times": "{}"}
# Clicks make no marks: they are asked for by themselves.
OF_CLICKS = Asked(("clicks", "visitors", "shown", "sharers", "active"), _CLICKS, _VISITS)
QUESTIONS = {
    Question.PEOPLE: (Asked(("advocates_enrolled",), _PEOPLE, cuts=False),),
    Question.REFERRALS: (Asked(("referrals",), _REFERRALS),),
    Question.CONVERSIONS: (
        Asked(("converted_referrals", "times"), _CONVERTED),
        Asked(("conversions", "refunded_conversions", "rejected_conversions", "revenue_minor"), _CONVERSIONS),
    ),
    Question.ORDERS: (
        Asked(("orders", "new_customers"), _ORDERS, _OF_SHOP, cuts=False),
        Asked(("referred_orders", "referred_new_customers"), _REFERRED),
    ),
    Question.COHORTS: (
        Asked(("bound_of_clicked", "converted_of_clicked"), _OF_CLICKED),
        Asked(("converted_of_bound",), _OF_BOUND),
        Asked(("converted_of_enrolled",), _OF_ENROLLED, cuts=False),
    ),
}
ALL = (OF_CLICKS, *(asked for group in QUESTIONS.values() for asked in group))
