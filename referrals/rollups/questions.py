"""What a day of a program counts, each count by its own small question, about any number of days at once.

A question is one statement that gives, for each cell with something to count, rows of (program_id, day, cut, key,
columns …): the cut is empty for the day itself, else a ``Cut``, each with distinct counts of its own.
"""

# ruff: noqa: S608 - questions are made of the constants here

from dataclasses import replace

from referrals.lifetime_value import REVENUE_KEPT
from referrals.models import Question
from referrals.rollups.asking import Asked
from referrals.rollups.cells import MOVED, moved_by

# The borders, in hours, of the buckets in which times from click to conversion are counted; the last has no end.
HOURS = (
    *(1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 144, 168),
    *(240, 336, 504, 720, 1080, 1440, 2160, 4320, 8760),
)


def _of(table, name, where):
    """The rows of ``where`` by their index: the planner, which knows neither the days nor how few there are, would
    rather read the whole table for them.
    """
    return f"CROSS JOIN LATERAL (SELECT * FROM {table} own WHERE {where} OFFSET 0) {name}"


def _of_day(table, name, moment, *more):
    borders = (f"own.program_id = cell.program_id AND own.{moment} >= cell.start", f'own.{moment} < cell."end"')
    return _of(table, name, " AND ".join((*borders, *more)))


_BOUND = "own.ended_at IS NULL"
# Of a click or a share there is no frozen fact, so it has no segment.
_CUTS_OF_LINK = """
    {moved}
    CROSS JOIN LATERAL (SELECT coalesce(moved.advocate_id, link.advocate_id)) owner (advocate_id)
    CROSS JOIN LATERAL (VALUES
        ('', ''), ('channel', coalesce(link.channel, '')), ('link', coalesce(link.id::text, '')),
        ('advocate', coalesce(owner.advocate_id::text, ''))
    ) cuts (cut, key)
    """


def _cuts_of_link(own, at):
    return _CUTS_OF_LINK.format(moved=moved_by(own, f"({own}.{at} AT TIME ZONE {own}.zone)::date"))


_CUTS = """
    CROSS JOIN LATERAL (
        VALUES ('', ''), ('channel', referral.channel), ('link', coalesce(referral.link_id::text, '')),
            ('advocate', referral.advocate_id::text)
        UNION ALL
        SELECT DISTINCT 'segment', coalesce(said #>> '{{}}', '')
        FROM jsonb_path_query({fact}, '$.advocate_segments[*]') said
    ) cuts (cut, key)
    """
_CUTS_OF_REFERRAL = _CUTS.format(
    fact="""(
        SELECT facts FROM advocacy_event
        WHERE subject_kind = 'referral' AND subject_id = referral.public_id AND version = 1
    )"""
)
CUTS_OF_CONVERSION = _CUTS.format(fact="conversion.frozen")

# A visitor's hash lives one day of UTC; where it is empty nobody could be told apart, and each click is somebody.
_ACTED_BY_SHARE = f"""
    SELECT own.program_id, own.day, cuts.cut, cuts.key, owner.advocate_id, own.kind
    FROM (
        SELECT cell.program_id, cell.day, cell.zone, share.link_id, share.kind, share.at
        FROM cell JOIN referrals_share share ON share.storefront_id = cell.storefront_id
            AND share.at >= cell.start AND share.at < cell.end
    ) own JOIN referrals_link link ON link.id = own.link_id AND link.program_id = own.program_id
    {_cuts_of_link(own="own", at="at")}
    """
# Shares and views alone, as ``acted``.
SHARED = f"{MOVED} acted AS ({_ACTED_BY_SHARE}),"
_VISITS = f"""
    {MOVED}
    visit AS MATERIALIZED (
        SELECT cell.program_id, cell.day, cell.start, cell.zone, own.*
        FROM cell CROSS JOIN LATERAL (
            SELECT link_id, CASE visitor WHEN '' THEN uuid_send(id) ELSE visitor END AS somebody,
                date_bin('1 day', at, 'epoch') AS utc_day, min(at) AS first_at
            FROM referrals_click
            WHERE %(clicks)s AND program_id = cell.program_id AND counted AND at >= cell.since AND at < cell.end
                AND id >= cell.lowest AND id < cell.highest
            GROUP BY link_id, somebody, utc_day, date_bin('1 hour', at, 'epoch')
        ) own
    ), named AS (
        SELECT visit.*, owner.advocate_id, cuts.*
        FROM visit LEFT JOIN referrals_link link ON link.id = visit.link_id
        {_cuts_of_link(own="visit", at="first_at")}
    ), seen AS (
        SELECT program_id, day, cut, key, min(first_at) >= start AS fresh,
            count(*) FILTER (WHERE first_at >= start) AS hours
        FROM named GROUP BY program_id, day, start, cut, key, somebody, utc_day
    ), acted AS (
        SELECT DISTINCT program_id, day, cut, key, advocate_id, 'click' AS kind FROM named WHERE first_at >= start
        UNION
        {_ACTED_BY_SHARE}
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

_PEOPLE = f"""
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, count(*) AS advocates_enrolled
    FROM cell {_of_day("advocacy_advocate", "advocate", "enrolled_at")}
    GROUP BY cell.program_id, cell.day
    """

_REFERRALS = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS referrals
    FROM cell {_of_day("referrals_referral", "referral", "bound_at", _BOUND)}
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

# A referral is converted by its first standing conversion. Whoever clicked only later did not come by that click.
_BUCKETS = ", ".join(f"count(*) FILTER (WHERE bucket = {number})" for number in range(len(HOURS) + 1))
_CONVERTED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS converted_referrals,
        CASE WHEN count(bucket) > 0 THEN ARRAY[{_BUCKETS}] ELSE '{{}}' END AS times
    FROM cell CROSS JOIN LATERAL (
        SELECT DISTINCT referral_id FROM referrals_conversion
        WHERE program_id = cell.program_id AND converted_at >= cell.start AND converted_at < cell.end AND stands
    ) converting
    {_of("referrals_referral", "referral", "own.id = converting.referral_id AND own.converted_at >= cell.start")}
    CROSS JOIN LATERAL (
        SELECT CASE WHEN referral.clicked_at <= referral.converted_at THEN width_bucket(
            extract(epoch FROM referral.converted_at - referral.clicked_at) / 3600,
            ARRAY[{", ".join(map(str, HOURS))}]::numeric[]
        ) END AS bucket
    ) took
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

PLACED_OF_CONVERSION = _of("referrals_order", "placed", "own.id = conversion.order_id")
ADDED_BY_CONVERSION = {
    "conversions": "stands::int",
    "refunded_conversions": "(NOT stands AND advocate_review <> 'rejected')::int",
    "rejected_conversions": "(NOT stands AND advocate_review = 'rejected')::int",
    "revenue_minor": f"CASE WHEN stands AND placed.currency = cell.currency THEN ({REVENUE_KEPT})::bigint ELSE 0 END",
    "conversions_elsewhere": "(stands AND placed.currency <> cell.currency)::int",
}


def _sums(added):
    """What conversions add to a day and its parts; those in another currency are counted of whole days only."""
    only = {"conversions_elsewhere": " FILTER (WHERE cut = '')"}
    return ", ".join(f"coalesce(sum({said}){only.get(name, '')}, 0) AS {name}" for name, said in added.items())


_CONVERSIONS = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, {_sums(ADDED_BY_CONVERSION)}
    FROM cell {_of_day("referrals_conversion", "conversion", "converted_at", "NOT own.ended")}
    {PLACED_OF_CONVERSION} {_of("referrals_referral", "referral", "own.id = conversion.referral_id")}
    {CUTS_OF_CONVERSION}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """
# The same of what is kept of each conversion, which was brought up to date just before.
_KEPT = {name: f"kept.{name}" for name in ADDED_BY_CONVERSION}
_CONVERSIONS_KEPT = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, {_sums(_KEPT)}
    FROM cell JOIN referrals_conversioncount kept ON kept.program_id = cell.program_id AND kept.day = cell.day
    JOIN referrals_conversion conversion ON conversion.id = kept.conversion_id
    {_of("referrals_referral", "referral", "own.id = conversion.referral_id")}
    {CUTS_OF_CONVERSION}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

# Whether an order is the first paid one of its customer, who may be known by several records: these are asked about
# only where none of the order's own record is earlier. Who is said to have ordered before has no first order here,
# unless it was imported.
NEW = """
    NOT EXISTS (
        SELECT FROM referrals_order earlier
        WHERE earlier.customer_id = placed.customer_id AND earlier.status = 'paid'
            AND (earlier.placed_at, earlier.id) < (placed.placed_at, placed.id) OFFSET 0
    ) AND NOT EXISTS (
        SELECT FROM (
            SELECT coalesce(merged_into_id, public_id) AS survivor FROM advocacy_customer
            WHERE id = placed.customer_id AND (merged_into_id IS NOT NULL OR absorbed) OFFSET 0
        ) buyer
        CROSS JOIN LATERAL (
            SELECT id FROM advocacy_customer WHERE public_id = survivor
            UNION ALL
            SELECT id FROM advocacy_customer WHERE merged_into_id = survivor
        ) other
        JOIN referrals_order earlier ON earlier.customer_id = other.id
        WHERE earlier.status = 'paid' AND (earlier.placed_at, earlier.id) < (placed.placed_at, placed.id) OFFSET 0
    ) AND (placed.history OR NOT EXISTS (
        SELECT FROM advocacy_customer own WHERE own.id = placed.customer_id AND (
            own.orders_before > 0 OR (own.absorbed OR own.merged_into_id IS NOT NULL) AND EXISTS (
                SELECT FROM advocacy_customer other
                WHERE (
                    other.public_id = own.merged_into_id
                    OR other.merged_into_id = coalesce(own.merged_into_id, own.public_id)
                ) AND other.orders_before > 0
            )
        ) OFFSET 0
    ))
    """
_PLACED = _of(
    "referrals_order",
    "placed",
    "own.storefront_id = shop.storefront_id AND own.status = 'paid' AND own.placed_at >= shop.start"
    ' AND own.placed_at < shop."end"',
)
# The orders of a storefront are asked for once, however many programs it has.
_OF_SHOP = f"""
    shop AS (SELECT DISTINCT storefront_id, day, cell.start, cell.end FROM cell),
    placed_in_shop AS MATERIALIZED (
        SELECT shop.storefront_id, shop.day, placed.id AS order_id, {NEW} AS new FROM shop {_PLACED}
    ),
    """
_ORDERS = """
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, orders, new_customers
    FROM cell JOIN (
        SELECT storefront_id, day, count(*) AS orders, count(*) FILTER (WHERE new) AS new_customers
        FROM placed_in_shop GROUP BY storefront_id, day
    ) counted ON counted.storefront_id = cell.storefront_id AND counted.day = cell.day
    """
_OF_ORDER = """
    own.order_id = placed.order_id AND own.program_id = cell.program_id AND own.advocate_review <> 'rejected'
        AND NOT own.ended
    """
_REFERRED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS referred_orders,
        count(*) FILTER (WHERE new) AS referred_new_customers
    FROM cell JOIN placed_in_shop placed ON placed.storefront_id = cell.storefront_id AND placed.day = cell.day
    {_of("referrals_conversion", "conversion", _OF_ORDER)}
    {_of("referrals_referral", "referral", "own.id = conversion.referral_id")}
    {CUTS_OF_CONVERSION}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """

_OF_CLICKED = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS bound_of_clicked,
        count(*) FILTER (WHERE standing_conversions > 0) AS converted_of_clicked
    FROM cell {_of_day("referrals_referral", "referral", "clicked_at", _BOUND)}
    {_CUTS_OF_REFERRAL}
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """
_OF_BOUND = f"""
    SELECT cell.program_id, cell.day, cuts.cut, cuts.key, count(*) AS converted_of_bound
    FROM cell {_of_day("referrals_referral", "referral", "bound_at", _BOUND)}
    {_CUTS_OF_REFERRAL}
    WHERE standing_conversions > 0
    GROUP BY cell.program_id, cell.day, cuts.cut, cuts.key
    """
_OF_ENROLLED = f"""
    SELECT cell.program_id, cell.day, '' AS cut, '' AS key, count(*) AS converted_of_enrolled
    FROM cell {_of_day("advocacy_advocate", "advocate", "enrolled_at")}
    {_of("referrals_referral", "referral", f"own.advocate_id = advocate.id AND {_BOUND}")}
    WHERE standing_conversions > 0
    GROUP BY cell.program_id, cell.day
    """

# Clicks make no marks: they are asked for by themselves.
OF_CLICKS = Asked(("clicks", "visitors", "shown", "sharers", "active"), _CLICKS, _VISITS)
OF_CONVERSIONS = Asked(tuple(ADDED_BY_CONVERSION), _CONVERSIONS, whole=("conversions_elsewhere",))
QUESTIONS = {
    Question.PEOPLE: (Asked(("advocates_enrolled",), _PEOPLE, whole=("advocates_enrolled",)),),
    Question.REFERRALS: (Asked(("referrals",), _REFERRALS),),
    Question.CONVERSIONS: (replace(OF_CONVERSIONS, select=_CONVERSIONS_KEPT),),
    Question.CONVERTED: (Asked(("converted_referrals", "times"), _CONVERTED),),
    Question.ORDERS: (
        Asked(("orders", "new_customers"), _ORDERS, _OF_SHOP, whole=("orders", "new_customers")),
        Asked(("referred_orders", "referred_new_customers"), _REFERRED, _OF_SHOP),
    ),
    Question.COHORTS: (
        Asked(("bound_of_clicked", "converted_of_clicked"), _OF_CLICKED),
        Asked(("converted_of_bound",), _OF_BOUND),
    ),
    Question.ENROLLED: (Asked(("converted_of_enrolled",), _OF_ENROLLED, whole=("converted_of_enrolled",)),),
}
# All of them asked of what happened, for whoever compares or counts on the spot.
RECORDS = tuple(
    OF_CONVERSIONS if of is Question.CONVERSIONS else asked for of, group in QUESTIONS.items() for asked in group
)
ALL = (OF_CLICKS, *RECORDS)
