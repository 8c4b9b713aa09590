"""What each conversion adds to its day: a refund moves the day by the difference, however many conversions it has.

A day whose cell is locked either adds up what is kept of its conversions, after that was brought up to date, or moves
by what some of them changed.
"""

# ruff: noqa: S608 - statements are made of the constants here

from referrals.models import ConversionCount
from referrals.rollups import counting, questions
from referrals.rollups.asking import listed
from referrals.rollups.cells import CELL

_NUMBERS = questions.OF_CONVERSIONS.columns
_PARTED = questions.OF_CONVERSIONS.parted
_COLUMNS = [column.column for column in ConversionCount._meta.concrete_fields]
_NAMES, _SETS = ", ".join(_COLUMNS), listed("{name} = EXCLUDED.{name}", _COLUMNS[1:])
_STORE = f"ON CONFLICT (conversion_id) DO UPDATE SET {_SETS}"
_DIFFERS = " OR ".join(f"fresh.{name} IS DISTINCT FROM old.{name}" for name in _COLUMNS[1:])

_FRESH = f"""
    fresh AS MATERIALIZED (
        SELECT conversion.id AS conversion_id, cell.program_id, cell.day, {
    ", ".join(f"{said} AS {name}" for name, said in questions.ADDED_BY_CONVERSION.items())
}
        FROM cell CROSS JOIN LATERAL (
            SELECT * FROM referrals_conversion own WHERE {{which}} AND own.program_id = cell.program_id
                AND own.converted_at >= cell.start AND own.converted_at < cell.end AND NOT own.ended OFFSET 0
        ) conversion
        {questions.PLACED_OF_CONVERSION}
    )
    """
_OF_DAYS = f"""
    old AS MATERIALIZED (
        SELECT own.* FROM cell JOIN referrals_conversioncount own
            ON own.program_id = cell.program_id AND own.day BETWEEN cell.day AND cell.until
    ), {_FRESH.format(which="true")}
    """
_KEEP = f"""
    WITH {CELL}, {_OF_DAYS}, gone AS (
        DELETE FROM referrals_conversioncount own USING old WHERE own.conversion_id = old.conversion_id
            AND NOT EXISTS (SELECT FROM fresh WHERE fresh.conversion_id = old.conversion_id)
    )
    INSERT INTO referrals_conversioncount ({_NAMES})
    SELECT fresh.{", fresh.".join(_COLUMNS)} FROM fresh LEFT JOIN old USING (conversion_id) WHERE {_DIFFERS} {_STORE}
    """
_MOVE = f"""
    WITH {CELL}, {_FRESH.format(which="own.id = ANY(%(changed)s)")}, old AS MATERIALIZED (
        SELECT * FROM referrals_conversioncount WHERE conversion_id = ANY(%(changed)s)
    ), moved AS MATERIALIZED (
        SELECT conversion_id, coalesce(fresh.program_id, old.program_id) AS program_id,
            coalesce(fresh.day, old.day) AS day, fresh.conversion_id IS NULL AS gone,
            {listed("coalesce(fresh.{name}, 0) - coalesce(old.{name}, 0) AS {name}", _NUMBERS)}
        FROM fresh FULL JOIN old USING (conversion_id) WHERE {_DIFFERS}
    ), gone AS (
        DELETE FROM referrals_conversioncount WHERE conversion_id IN (SELECT conversion_id FROM moved WHERE gone)
    ), stored AS (
        INSERT INTO referrals_conversioncount ({_NAMES})
        SELECT {_NAMES} FROM fresh WHERE conversion_id IN (SELECT conversion_id FROM moved) {_STORE}
    ), parts AS MATERIALIZED (
        SELECT moved.program_id, moved.day, cut, key, {listed("sum(moved.{name}) AS {name}", _NUMBERS)}
        FROM moved JOIN referrals_conversion conversion ON conversion.id = moved.conversion_id
        JOIN referrals_referral referral ON referral.id = conversion.referral_id
        {questions.CUTS_OF_CONVERSION}
        GROUP BY moved.program_id, moved.day, cut, key
    ), whole AS (
        UPDATE referrals_day own SET {listed("{name} = coalesce(own.{name}, 0) + parts.{name}", _NUMBERS)}
        FROM parts WHERE own.program_id = parts.program_id AND own.day = parts.day AND parts.cut = ''
    )
    INSERT INTO referrals_daycut AS own (program_id, day, cut, key, {", ".join(_PARTED)})
    SELECT program_id, day, cut, key, {", ".join(_PARTED)} FROM parts WHERE cut <> ''
    ON CONFLICT (program_id, cut, day, key) DO UPDATE SET {listed("{name} = own.{name} + EXCLUDED.{name}", _PARTED)}
    """
_OTHERS = f"""
    WITH {CELL}, {_OF_DAYS}
    SELECT coalesce(fresh.program_id, old.program_id), coalesce(fresh.day, old.day), conversion_id
    FROM fresh FULL JOIN old USING (conversion_id) WHERE {_DIFFERS} ORDER BY conversion_id
    """


def keep(cells):
    """Bring what is kept of the conversions of these (program id, day) up to date, before the days add it up."""
    counting.run(_KEEP, cells)


def move(cells, conversions):
    """Move these (program id, day) by what these conversions of them changed."""
    counting.run(_MOVE, cells, changed=list(conversions))


def differing(cells):
    """``(program_id, day, conversion id)`` of conversions of which something else is kept than they add."""
    return counting.run(_OTHERS, cells)
