"""The sums over buyers that are read: by day of the first order, and by its month and the months since then."""

# ruff: noqa: S608 - statements are made of the constants here

from referrals.models import HORIZONS

# Whom a review rejected, or who began before, counts for no side, and is in none of the cuts.
_CUTS = """
    VALUES ('all', CASE WHEN began_before THEN 'before' WHEN rejected THEN 'rejected' WHEN referred THEN 'referred'
            ELSE 'other' END),
        ('program', CASE WHEN referred AND NOT began_before THEN program_id::text END),
        ('channel', CASE WHEN NOT rejected AND NOT began_before THEN channel END)
    """
# Buyers who are alike in all of this are summed first: they are in the same cells.
_WHO = "referred, rejected, began_before, program_id, channel"
_ALIKE = """
    , ('stratum', CASE WHEN NOT rejected AND NOT began_before
        THEN band || '/' || coalesce(program_id, 0) || '/' || segment END)
    """

_DAY_SUMS = {"customers": "sum(sign)"}
for _days in HORIZONS:
    _DAY_SUMS |= {
        f"value_{_days}": f"sum(sign * value_{_days})",
        f"squares_{_days}": f"sum(sign * value_{_days}::numeric * value_{_days})",
        f"again_{_days}": f"coalesce(sum(sign) FILTER (WHERE orders_{_days} > 1), 0)",
    }
_MONTH_SUMS = {"active": "sum(sign)", "kept_minor": "sum(sign * kept)"}

DAY_KEY, DAY_NUMBERS = ("cut", "key", "day"), tuple(_DAY_SUMS)
MONTH_KEY, MONTH_NUMBERS = ("cut", "key", "month", "age"), tuple(_MONTH_SUMS)

# The stored buyers as rows to be summed.
EVERYBODY = "moved AS (SELECT 1 AS sign, * FROM referrals_buyer WHERE storefront_id = %(storefront)s)"


def days(rows):
    """The WorthDay cells of ``rows``, which have Buyer's columns and ``sign``, 1 or −1; those that do not move not."""
    who = f"{_WHO}, segment, band, first_day"
    return f"""
        SELECT %(storefront)s::bigint AS storefront_id, cut, key, first_day AS day, {_summed(_DAY_SUMS)}
        FROM (SELECT {who}, {_sums(_DAY_SUMS)} FROM {rows} GROUP BY {who}) alike
        CROSS JOIN LATERAL ({_CUTS}{_ALIKE}) AS cuts (cut, key)
        WHERE key IS NOT NULL
        GROUP BY cut, key, first_day HAVING {_moves(_DAY_SUMS)}
        """


def months(rows):
    """The CohortMonth cells of ``rows``."""
    who = f"{_WHO}, month, age"
    return f"""
        SELECT %(storefront)s::bigint AS storefront_id, cut, key, month, age, {_summed(_MONTH_SUMS)}
        FROM (
            SELECT {who}, {_sums(_MONTH_SUMS)} FROM (
                SELECT *, date_trunc('month', first_day)::date AS month FROM {rows}
            ) begun CROSS JOIN LATERAL unnest(months, months_minor) AS bought (age, kept)
            GROUP BY {who}
        ) alike CROSS JOIN LATERAL ({_CUTS}) AS cuts (cut, key)
        WHERE key IS NOT NULL
        GROUP BY cut, key, month, age HAVING {_moves(_MONTH_SUMS)}
        """


def added(cells, table, key, numbers):
    """The statement that adds ``cells``, a question as above, to those of a table."""
    columns = ", ".join(("storefront_id", *key, *numbers))
    adding = ", ".join(f"{name} = stored.{name} + EXCLUDED.{name}" for name in numbers)
    return f"""
        INSERT INTO {table} AS stored ({columns}) SELECT {columns} FROM ({cells}) moved
        ON CONFLICT (storefront_id, {", ".join(key)}) DO UPDATE SET {adding}
        """


def _sums(sums):
    return ", ".join(f"{expression} AS {name}" for name, expression in sums.items())


def _summed(sums):
    return ", ".join(f"sum({name}) AS {name}" for name in sums)


def _moves(sums):
    return " OR ".join(f"sum({name}) <> 0" for name in sums)
