"""Clicks and shares of days: counted by link, and from there by channel, advocate and day, each visitor once in each.

The same as ``questions.OF_CLICKS`` says of each cell by itself; here each click is read once, also where days follow
each other, as a rebuild of millions must.
"""

# ruff: noqa: S608 - statements are made of the constants here

from referrals.models import BitsField
from referrals.rollups import counting, questions
from referrals.rollups.cells import CELL, MOVED, moved_by, runs

# The days of a run belong together: what it reads from before its first day, to know whose first click was earlier,
# may be another run's.
_VISITS = f"""
    visit AS MATERIALIZED (
        SELECT own.*, coalesce(link.channel, '') AS channel, coalesce(moved.advocate_id, link.advocate_id) AS advocate
        FROM (
            SELECT cell.program_id, cell.day AS run, click.link_id, click.somebody, click.utc_day, click.first_at,
                (click.first_at AT TIME ZONE cell.zone)::date AS day
            FROM cell CROSS JOIN LATERAL (
                SELECT link_id, CASE visitor WHEN '' THEN uuid_send(id) ELSE visitor END AS somebody,
                    date_bin('1 day', at, 'epoch') AS utc_day, min(at) AS first_at
                FROM referrals_click
                WHERE %(clicks)s AND program_id = cell.program_id AND counted AND at >= cell.since AND at < cell.end
                    AND id >= cell.lowest AND id < cell.highest
                GROUP BY link_id, somebody, utc_day, date_bin('1 hour', at, 'epoch')
            ) click
        ) own
        LEFT JOIN referrals_link link ON link.id = own.link_id
        {moved_by("own", "own.day")}
    ),
    """
_BEFORE = f"""
    {MOVED}
    before AS MATERIALIZED (
        SELECT own.* FROM cell
        JOIN referrals_linkday own ON own.program_id = cell.program_id AND own.day BETWEEN cell.day AND cell.until
    ),
    """
# Second of the day and link in one number, whose least is the first click's. Days begin at whole seconds, so of two
# clicks within one it does not matter which is first.
_FIRST = "min(floor(extract(epoch FROM first_at - utc_day))::bigint << 44 | link_id)"
_LINK_OF_FIRST = f"({_FIRST} & ((1::bigint << 44) - 1))"
# Who came: by link, of these by advocate, and by channel; each on the day of the first click there.
_CAME = f"""
    came AS MATERIALIZED (
        SELECT program_id, run, link_id, channel, advocate, somebody, utc_day, min(day) AS day,
            min(first_at) AS first_at
        FROM visit GROUP BY program_id, run, link_id, channel, advocate, somebody, utc_day
    ), came_first AS (
        SELECT program_id, run, min(day) AS day, {_LINK_OF_FIRST} AS link_id
        FROM came GROUP BY program_id, run, advocate, somebody, utc_day
    ), came_by_channel AS MATERIALIZED (
        SELECT program_id, run, channel, somebody, utc_day, min(day) AS day
        FROM came GROUP BY program_id, run, channel, somebody, utc_day
    ), came_at_all AS (
        SELECT program_id, run, min(day) AS day FROM came_by_channel GROUP BY program_id, run, somebody, utc_day
    ),
    """
_SHARED = """
    shared AS (
        SELECT cell.program_id, (share.at AT TIME ZONE cell.zone)::date AS day, share.link_id,
            bool_or(share.kind = 'view') AS shown, bool_or(share.kind = 'share') AS shared
        FROM cell JOIN referrals_share share ON share.storefront_id = cell.storefront_id
            AND share.at >= cell.start AND share.at < cell.end
        JOIN referrals_link link ON link.id = share.link_id AND link.program_id = cell.program_id
        GROUP BY 1, 2, 3
    ),
    """
_LINKS = f"""
    fresh AS MATERIALIZED (
        SELECT own.*, coalesce(link.channel, '') AS channel,
            coalesce(moved.advocate_id, link.advocate_id) AS advocate_id
        FROM (
            SELECT program_id, day, link_id, sum(clicks) AS clicks, sum(visitors) AS visitors,
                sum(first_visitors) AS first_visitors, bool_or(shown) AS shown, bool_or(shared) AS shared
            FROM (
                SELECT program_id, day, link_id, count(*) AS clicks, 0 AS visitors, 0 AS first_visitors,
                    false AS shown, false AS shared
                FROM visit WHERE day >= run GROUP BY program_id, day, link_id
                UNION ALL
                SELECT program_id, day, link_id, 0, count(*), 0, false, false
                FROM came WHERE day >= run GROUP BY program_id, day, link_id
                UNION ALL
                SELECT program_id, day, link_id, 0, 0, count(*), false, false
                FROM came_first WHERE day >= run GROUP BY program_id, day, link_id
                UNION ALL
                SELECT program_id, day, link_id, 0, 0, 0, shown, shared FROM shared
            ) told GROUP BY program_id, day, link_id
        ) own
        LEFT JOIN referrals_link link ON link.id = own.link_id
        {moved_by("own", "own.day")}
    ),
    """
_NUMBERS = ("advocate_id", "clicks", "visitors", "first_visitors", "shown", "shared")
_KEY = ("program_id", "day", "link_id")


def _kept(table, key, numbers, *, fresh, before):
    """Expressions by which a table becomes ``fresh``, of which it holds ``before``: only what differs is written."""
    names = ", ".join((*key, *numbers))
    news = ", ".join(f"{fresh}.{name} AS {name}" for name in numbers)
    differs, sets = (
        f"({', '.join(f'{fresh}.{name}' for name in numbers)}) IS DISTINCT FROM "
        f"({', '.join(f'{before}.{name}' for name in numbers)})",
        ", ".join(f"{name} = EXCLUDED.{name}" for name in numbers),
    )
    same = " AND ".join(f"own.{name} = news_of_{fresh}.{name}" for name in key)
    return f"""
        news_of_{fresh} AS MATERIALIZED (
            SELECT {", ".join(key)}, {news}, {fresh}.{numbers[-1]} IS NULL AS gone
            FROM {fresh} FULL JOIN {before} USING ({", ".join(key)}) WHERE {differs}
        ), gone_of_{fresh} AS (
            DELETE FROM {table} own USING news_of_{fresh} WHERE gone AND {same}
        ), kept_of_{fresh} AS (
            INSERT INTO {table} ({names}) SELECT {names} FROM news_of_{fresh} WHERE NOT gone
            ON CONFLICT ({", ".join(key)}) DO UPDATE SET {sets}
        ),
        """


_WIDTH = BitsField.WIDTH
_NO_BIT = f"0::bit({_WIDTH})"


def _bits(condition):
    bit = f"set_bit({_NO_BIT}, (advocate_id %% {_WIDTH})::int, 1)"
    return f"coalesce(bit_or({bit}) FILTER (WHERE {condition}), {_NO_BIT})"


def _paged(source):
    return f"""
        SELECT program_id, day, channel, advocate_id / {_WIDTH} AS page, {_bits("shown")} AS shown,
            {_bits("shared")} AS sharers, {_bits("clicks > 0 OR shared")} AS active
        FROM {source} WHERE advocate_id IS NOT NULL GROUP BY program_id, day, channel, page
        """


_PAGE_KEY, _KINDS = ("program_id", "day", "channel", "page"), ("shown", "sharers", "active")
_PAGES_BEFORE = """
    SELECT own.* FROM cell JOIN referrals_dayadvocates own ON own.program_id = cell.program_id
        AND own.day BETWEEN cell.day AND cell.until
    """
_PAGES = f"paged AS MATERIALIZED ({_paged('fresh')}), paged_before AS MATERIALIZED ({_PAGES_BEFORE}),"
_ONES = ", ".join(f"sum(bit_count({name})) AS {name}" for name in _KINDS)
_FOUND = f"""
    found AS MATERIALIZED (
        SELECT program_id, day, cut, key, sum(clicks)::integer AS clicks, sum(visitors)::integer AS visitors,
            sum(shown)::integer AS shown, sum(sharers)::integer AS sharers, sum(active)::integer AS active
        FROM (
            SELECT program_id, day, cuts.cut, cuts.key, clicks, 0 AS visitors, 0 AS shown, 0 AS sharers, 0 AS active
            FROM fresh CROSS JOIN LATERAL (VALUES ('', ''), ('channel', channel)) cuts (cut, key)
            UNION ALL
            SELECT program_id, day, '', '', 0, count(*), 0, 0, 0
            FROM came_at_all WHERE day >= run GROUP BY program_id, day
            UNION ALL
            SELECT program_id, day, 'channel', channel, 0, count(*), 0, 0, 0
            FROM came_by_channel WHERE day >= run GROUP BY program_id, day, channel
            UNION ALL
            SELECT program_id, day, 'channel', channel, 0, 0, {_ONES} FROM paged GROUP BY program_id, day, channel
            UNION ALL
            SELECT program_id, day, '', '', 0, 0, {_ONES} FROM (
                SELECT program_id, day, page, {", ".join(f"bit_or({name}) AS {name}" for name in _KINDS)}
                FROM paged GROUP BY program_id, day, page
            ) joined GROUP BY program_id, day
        ) told GROUP BY program_id, day, cut, key
    ),
    """
_WRITE = f"""
    WITH {CELL}, {_BEFORE} {_VISITS} {_CAME} {_SHARED} {_LINKS}
    {_kept("referrals_linkday", _KEY, _NUMBERS, fresh="fresh", before="before")}
    {_PAGES} {_kept("referrals_dayadvocates", _PAGE_KEY, _KINDS, fresh="paged", before="paged_before")}
    {_FOUND} {counting.written(questions.OF_CLICKS, cuts="('channel')")}
    """


def write(cells, *, clicks=True):
    """Count the clicks and shares of these (program_id, day) anew, whose rows of Day are there and locked.

    ``clicks``: without them shares alone, of days whose clicks are not kept any more.
    """
    counting.run(_WRITE, runs(cells), clicks=clicks)


# What is kept, as ``questions.OF_CLICKS`` tells it.
_DAYS = counting.there(questions.OF_CLICKS, cuts="('channel')")
_BY_LINK = """
    SELECT own.program_id, own.day, cuts.cut, cuts.key, sum(own.clicks)::integer, sum(cuts.visitors)::integer,
        bool_or(own.shown)::integer, bool_or(own.shared)::integer, bool_or(own.clicks > 0 OR own.shared)::integer
    FROM cell JOIN referrals_linkday own ON own.program_id = cell.program_id
        AND own.day BETWEEN cell.day AND cell.until
    LEFT JOIN referrals_link link ON link.id = own.link_id
    CROSS JOIN LATERAL (VALUES
        ('link', coalesce(link.id::text, ''), own.visitors),
        ('advocate', coalesce(own.advocate_id::text, ''), own.first_visitors)
    ) cuts (cut, key, visitors)
    GROUP BY own.program_id, own.day, cuts.cut, cuts.key
    """
_OTHER_PAGES = f"""
    WITH {CELL}, linked AS (
        SELECT own.*, coalesce(link.channel, '') AS channel
        FROM cell JOIN referrals_linkday own ON own.program_id = cell.program_id
            AND own.day BETWEEN cell.day AND cell.until
        LEFT JOIN referrals_link link ON link.id = own.link_id
    ), fresh AS MATERIALIZED ({_paged("linked")}), kept AS MATERIALIZED ({_PAGES_BEFORE})
    SELECT program_id, day, channel, page FROM fresh FULL JOIN kept USING ({", ".join(_PAGE_KEY)})
    WHERE (fresh.shown, fresh.sharers, fresh.active) IS DISTINCT FROM (kept.shown, kept.sharers, kept.active)
    ORDER BY program_id, day, channel, page
    """


def differing(cells, *, clicks=True):
    """As ``counting.differing``, of clicks and shares."""
    return counting.differing(questions.OF_CLICKS, cells, kept=f"{_DAYS} UNION ALL {_BY_LINK}", clicks=clicks)


def differing_pages(cells):
    """``(program_id, day, channel, page)`` of DayAdvocates that are not what LinkDay says."""
    return counting.run(_OTHER_PAGES, runs(cells))
