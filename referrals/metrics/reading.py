"""The numbers of days, by name: from the roll-ups, or, of another time zone's days, counted on the spot.

A window is (program id, first day, last day); its numbers are ``{name: number}`` of ``catalogue.COUNTS``, ``COHORTS``,
``revenue_minor``, ``conversions_elsewhere``, ``counted_at``, ``times``, how many conversions took how long
(``questions.HOURS``), and ``clicks_gone``: whether some of its clicks were deleted before they were counted.
"""

# ruff: noqa: S608 - statements are made of the constants here

from django.db import connection, transaction

from referrals.metrics.catalogue import COHORTS, COUNTS, DISTINCT, WHOLE
from referrals.rollups import counting, questions
from referrals.rollups.cells import CELL, asked

_MONEY = ("revenue_minor", "conversions_elsewhere")
_ADDED = [name for name in (*COUNTS, *COHORTS, *_MONEY) if name not in (*DISTINCT, "advocates")]
# Of a part of a day there is no such number.
_OF_DAYS = (*WHOLE, "advocates_enrolled", "converted_of_enrolled", "conversions_elsewhere")
_OF_CUTS = [name for name in _ADDED if name not in _OF_DAYS]
_PARTS_OF_TIMES = """
    SELECT array_agg(number ORDER BY place) FROM (
        SELECT place, sum(number) AS number FROM {table}, unnest(own.times) WITH ORDINALITY AS took (number, place)
        WHERE own.program_id = asked.program_id AND own.day BETWEEN asked.since AND asked.until AND {further}
        GROUP BY place
    ) every
    """
# Of a day whose clicks nobody counted: friends came on it, or by clicks of it, before the program was here; or it was
# here, and they were deleted before.
_GONE = """
    coalesce(bool_or(
        clicks = 0 AND CASE WHEN day < begun.day THEN referrals > 0 OR bound_of_clicked > 0 OR conversions > 0
            ELSE clicks_at IS NULL AND day <= %(kept_after)s END
    ), false)
    """
_ASKED = """
    unnest(%(programs)s::bigint[], %(days)s::date[], %(untils)s::date[], %(fully)s::boolean[])
    AS asked (program_id, since, until, fully)
    """

# Whoever was there on several days is one bit.
_JOINED = ", ".join(f"bit_or({name}) AS {name}" for name in DISTINCT)
_ONES = ", ".join(f"coalesce(sum(bit_count({name})), 0) AS {name}" for name in DISTINCT)
_WINDOWS = f"""
    SELECT asked.program_id, asked.since, asked.until,
        ({_PARTS_OF_TIMES.format(table="referrals_day own", further="asked.fully")}),
        (SELECT coalesce(sum(advocates_enrolled), 0) FROM referrals_day
            WHERE program_id = asked.program_id AND day <= asked.until AND asked.fully),
        shared.*, added.*
    FROM {_ASKED}
    CROSS JOIN LATERAL (
        SELECT {_ONES} FROM (
            SELECT {_JOINED} FROM referrals_dayadvocates
            WHERE program_id = asked.program_id AND day BETWEEN asked.since AND asked.until AND asked.fully
            GROUP BY page
        ) paged
    ) shared
    CROSS JOIN LATERAL (
        SELECT (program.created_at AT TIME ZONE storefront.time_zone)::date AS day
        FROM advocacy_program program JOIN advocacy_storefront storefront ON storefront.id = program.storefront_id
        WHERE program.id = asked.program_id
    ) begun
    CROSS JOIN LATERAL (
        SELECT max(counted_at), {_GONE}, {", ".join(f"coalesce(sum({name}), 0)" for name in _ADDED)} FROM referrals_day
        WHERE program_id = asked.program_id AND day BETWEEN asked.since AND asked.until
    ) added
    """

_LINKED = ("clicks", "visitors", *DISTINCT)
_OF_RECORDS = [name for name in _OF_CUTS if name not in _LINKED]
# What links brought is by link; of an advocate it is what all of their links did.
_OF_LINKS = """
    SELECT largest.key, sum(clicks) AS clicks, sum({visitors}) AS visitors, max(shown::int) AS shown,
        max(shared::int) AS sharers, max((clicks > 0 OR shared)::int) AS active
    FROM largest {days} GROUP BY largest.key
    """
# The key of a link is in that of its days, which are looked up one by one; advocates' are read through.
_CLICKED = {
    "link": _OF_LINKS.format(
        visitors="visitors",
        days="""
        CROSS JOIN generate_series(%(since)s::timestamp, %(until)s::timestamp, interval '1 day') AS midnight
        CROSS JOIN LATERAL (
            SELECT * FROM referrals_linkday WHERE program_id = %(program)s AND day = midnight::date
                AND link_id = largest.key OFFSET 0
        ) own
        """,
    ),
    "advocate": _OF_LINKS.format(
        visitors="first_visitors",
        days="""
        JOIN referrals_linkday own ON coalesce(own.advocate_id, 0) = largest.key
            AND own.program_id = %(program)s AND own.day BETWEEN %(since)s AND %(until)s
        """,
    ),
}
_KEY_OF = {"link": "own.link_id", "advocate": "own.advocate_id"}
_RECORDED = """
    SELECT {key} AS key, {sums} FROM referrals_daycut
    WHERE program_id = %(program)s AND cut = %(cut)s AND day BETWEEN %(since)s AND %(until)s
        AND (%(keys)s::text[] IS NULL OR key = ANY(%(keys)s::text[])) AND {only}
    GROUP BY 1
    """
_SUMMED = _RECORDED.format(
    key="key",
    only="true",
    sums=", ".join(f"{'max' if name in DISTINCT else 'sum'}({name}) AS {name}" for name in (*_OF_CUTS, *DISTINCT)),
)
# The largest are found by what they are sorted by, and the rest is looked up of these alone. Of none the key is 0.
_NUMBER = "coalesce(nullif(key, ''), '0')::bigint"
# Of a part that lost all it had, as where the storefront's days began at another hour once, rows of nothing are left.
_SOMETHING = " OR ".join(f"{name} <> 0" for name in _OF_RECORDS)
_BY_ROW = f"""
    WITH own AS MATERIALIZED (
        SELECT key, sum(converted) AS converted, sum(bound) AS bound, sum(clicked) AS clicked FROM (
            SELECT {_NUMBER} AS key, converted_referrals AS converted, referrals AS bound, 0 AS clicked
            FROM referrals_daycut WHERE program_id = %(program)s AND cut = %(cut)s
                AND day BETWEEN %(since)s AND %(until)s AND (%(keys)s::text[] IS NULL OR key = ANY(%(keys)s::text[]))
                AND ({_SOMETHING})
            UNION ALL
            SELECT coalesce({{key}}, 0), 0, 0, clicks FROM referrals_linkday own
            WHERE program_id = %(program)s AND day BETWEEN %(since)s AND %(until)s
                AND (%(ids)s::bigint[] IS NULL OR coalesce({{key}}, 0) = ANY(%(ids)s::bigint[]))
                AND (clicks > 0 OR shown OR shared)
        ) told GROUP BY key
    ), largest AS MATERIALIZED (
        SELECT * FROM own ORDER BY converted DESC, bound DESC, clicked DESC, key LIMIT %(most)s
    ), recorded AS ({
    _RECORDED.format(
        key=_NUMBER,
        sums=", ".join(f"sum({name}) AS {name}" for name in _OF_RECORDS),
        only="key = ANY(ARRAY(SELECT CASE key WHEN 0 THEN '' ELSE key::text END FROM largest))",
    )
}), clicked AS ({{clicked}})
    SELECT CASE key WHEN 0 THEN '' ELSE key::text END, {
    ", ".join(f"coalesce({name}, 0) AS {name}" for name in (*_OF_CUTS, *DISTINCT))
}, (SELECT count(*) FROM own)
    FROM largest LEFT JOIN recorded USING (key) LEFT JOIN clicked USING (key)
    ORDER BY converted DESC, bound DESC, clicked DESC, key
    """
_ROWS_BY = {cut: _BY_ROW.format(key=key, clicked=_CLICKED[cut]) for cut, key in _KEY_OF.items()}
# By channel an advocate counts once, whichever link it was.
_BY_WORD = f"""
    SELECT *, count(*) OVER () FROM ({_SUMMED}) own
    ORDER BY converted_referrals DESC, referrals DESC, clicks DESC, key LIMIT %(most)s
    """


_TIMES_OF_CUT = f"""
    SELECT asked.key, ({
    _PARTS_OF_TIMES.format(table="referrals_daycut own", further="own.cut = %(cut)s AND own.key = asked.key")
})
    FROM (
        SELECT key, %(program)s::bigint AS program_id, %(since)s::date AS since, %(until)s::date AS until
        FROM unnest(%(keys)s::text[]) AS wanted (key)
    ) asked
    """
_OF_CHANNELS = f"""
    SELECT channel, {_ONES} FROM (
        SELECT channel, {_JOINED} FROM referrals_dayadvocates
        WHERE program_id = %(program)s AND day BETWEEN %(since)s AND %(until)s GROUP BY channel, page
    ) paged GROUP BY channel
    """
_ENROLLED = f"""
    WITH {CELL}
    SELECT cell.program_id, cell.day, cell.until, count(advocate.id)
    FROM cell LEFT JOIN advocacy_advocate advocate
        ON advocate.program_id = cell.program_id AND advocate.enrolled_at < cell."end"
    GROUP BY cell.program_id, cell.day, cell.until, cell."end"
    """


def windows(wanted, sums=(), *, kept_after):
    """``{window: numbers}`` from the roll-ups, by one question for all of them.

    ``kept_after``: the last day whose clicks are not kept any more.

    Of ``sums`` only what days add up to is read: distinct counts over many windows take their time.
    """
    every = list(dict.fromkeys([*wanted, *sums]))
    asking = asked(every) | {"fully": [place < len(set(wanted)) for place in range(len(every))]}
    asking["kept_after"] = kept_after
    names = ("advocates", *DISTINCT, "counted_at", "clicks_gone", *_ADDED)
    return {
        (program_id, since, until): dict(zip(names, map(_plain, numbers), strict=True)) | {"times": _times(times)}
        for program_id, since, until, times, *numbers in _rows(_WINDOWS, asking)
    }


def grouped(window, *, cut, keys=None, most=None):
    """``({key: numbers}, how many keys there are)`` from the roll-ups, the largest first, ``most`` of them."""
    program_id, since, until = window
    named = {"program": program_id, "cut": cut, "since": since, "until": until, "keys": keys, "most": most}
    named["ids"] = None if keys is None or cut not in _ROWS_BY else [int(key or 0) for key in keys]
    largest = _ROWS_BY.get(cut, _BY_WORD)
    names, found, there_are = (*_OF_CUTS, *DISTINCT), {}, 0
    for key, *numbers, there_are in _by_hash(largest, named):  # noqa: B007 - the same in each row
        found[key] = nothing() | dict(zip(names, map(_plain, numbers), strict=True))
    for key, times in _rows(_TIMES_OF_CUT, named | {"keys": list(found)}):
        found[key]["times"] = _times(times)
    if cut == "channel":
        for key, *numbers in _rows(_OF_CHANNELS, named):
            if key in found:
                found[key] |= zip(DISTINCT, map(_plain, numbers), strict=True)
    return found, there_are


def counted(wanted, *, zone, columns=None):
    """``windows`` of another zone's days, by the questions that make the roll-ups; ``columns`` only, if given."""
    found = {window: nothing() for window in wanted}
    for window, cut, _, told in _live(wanted, zone, columns):
        if cut == "":
            found[window] |= told
    if wanted and (columns is None or "advocates" in columns):
        for program_id, since, until, advocates in _rows(_ENROLLED, asked(wanted, zone=zone)):
            found[program_id, since, until]["advocates"] = advocates
    return found


def counted_by(window, *, cut, zone, columns=None):
    """``grouped`` of another zone's days, all keys."""
    found = {}
    for _, own, key, told in _live([window], zone, columns):
        if own == cut:
            found.setdefault(key, nothing()).update(told)
    return found


def _live(wanted, zone, columns):
    for question in questions.ALL:
        if columns is None or columns & set(question.columns):
            for program_id, since, until, cut, key, *numbers in counting.read(question, wanted, zone=zone):
                told = zip(question.columns, map(_plain, numbers), strict=True)
                yield (program_id, since, until), cut, key, dict(told)


def nothing():
    """The numbers of a window, or a part of one, with nothing in it."""
    return dict.fromkeys((*_ADDED, *DISTINCT, "advocates"), 0) | {"times": [], "counted_at": None, "clicks_gone": False}


def _times(parts):
    return [int(number) for number in parts or ()]


def _plain(number):
    return int(number) if hasattr(number, "as_tuple") else number


# Sorting what two workers have summed is a third of the time, and a second worker takes the processor of another page.
_PLAN = "SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 1"
_ANY_PLAN = "SET LOCAL enable_sort TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT"


def _by_hash(statement, named):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAN)
        cursor.execute(statement, named)
        found = cursor.fetchall()
        # Whoever has a transaction around this goes on as before.
        cursor.execute(_ANY_PLAN)
        return found


def _rows(statement, named):
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return cursor.fetchall()
