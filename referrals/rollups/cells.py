"""The cells that are counted together: each some days of a program in a time zone, as rows that statements join."""

from datetime import timedelta

# Midnights become moments here. An id carries its click's time, so its range says which months are not looked into;
# the clock of a test twin is ahead of its ids.
CELL = """
    cell AS MATERIALIZED (
        SELECT asked.program_id, asked.day, asked.until, program.storefront_id, program.currency,
            coalesce(%(zone)s::text, storefront.time_zone) AS zone, moments.start, moments.end,
            date_trunc('day', moments.start, 'UTC') AS since,
            CASE WHEN storefront.test_twin_of_id IS NULL THEN moments.lowest
                ELSE '00000000-0000-0000-0000-000000000000'::uuid END AS lowest,
            CASE WHEN storefront.test_twin_of_id IS NULL THEN moments.highest
                ELSE 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid END AS highest
        FROM unnest(%(programs)s::bigint[], %(days)s::date[], %(untils)s::date[]) AS asked (program_id, day, until)
        JOIN advocacy_program program ON program.id = asked.program_id
        JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
        CROSS JOIN LATERAL (
            SELECT asked.day::timestamp AT TIME ZONE coalesce(%(zone)s::text, storefront.time_zone) AS start,
                (asked.until + 1)::timestamp AT TIME ZONE coalesce(%(zone)s::text, storefront.time_zone) AS end
        ) midnights
        CROSS JOIN LATERAL (
            SELECT midnights.*, rpad(lpad(to_hex(floor(1000 * extract(epoch FROM start - interval '2 days'))::bigint),
                    12, '0'), 32, '0')::uuid AS lowest,
                rpad(lpad(to_hex(floor(1000 * extract(epoch FROM midnights.end + interval '2 days'))::bigint),
                    12, '0'), 32, '0')::uuid AS highest
        ) moments
    )
    """
# Whose a link was on a day, where a merge moved it since: on the day of the move it is still theirs.
MOVED = """
    moved AS MATERIALIZED (
        SELECT move.program_id, move.link_id, move.advocate_id, day.last AS last_day,
            lag(day.last) OVER (PARTITION BY move.link_id ORDER BY move.until, move.id) AS after_day
        FROM (SELECT DISTINCT program_id, zone FROM cell) shop
        JOIN referrals_linkmove move ON move.program_id = shop.program_id
        CROSS JOIN LATERAL (SELECT (move.until AT TIME ZONE shop.zone)::date) day (last)
    ),
    """


def moved_by(own, day):
    """Join ``moved`` to rows of a program and a link on a day: its advocate comes before the link's own."""
    return f"""
        LEFT JOIN moved ON moved.program_id = {own}.program_id AND moved.link_id = {own}.link_id
            AND {day} <= moved.last_day AND ({day} > moved.after_day OR moved.after_day IS NULL)
        """


def asked(cells, *, zone=None, clicks=True):
    """The parameters of ``CELL`` for these (program id, day) or (program id, first day, last day).

    ``zone``: whose days these are, where they are not the storefront's. ``clicks``: whether clicks are read; shares
    are kept for longer.
    """
    cells = [(cell[0], cell[1], cell[-1]) for cell in cells]
    programs, days, untils = map(list, zip(*cells, strict=True)) if cells else ([], [], [])
    return {"programs": programs, "days": days, "untils": untils, "zone": zone, "clicks": clicks}


def runs(cells):
    """(program id, first day, last day) of days that follow each other, of these (program id, day)."""
    found = []
    for program_id, day in sorted(cells):
        if found and found[-1][0] == program_id and found[-1][2] == day - timedelta(days=1):
            found[-1] = (program_id, found[-1][1], day)
        else:
            found.append((program_id, day, day))
    return found
