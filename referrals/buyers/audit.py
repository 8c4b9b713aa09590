"""What a recount would find different. Differences are bugs."""

# ruff: noqa: S608 - statements are made of the constants here

import json

from django.db import connection, transaction

from referrals.buyers import cells, counting

# Who waits to be counted, by whichever record.
_WAITING = """
    SELECT coalesce(survivor.id, named.id)
    FROM referrals_buyermark mark JOIN advocacy_customer named ON named.id = mark.customer_id
    LEFT JOIN advocacy_customer survivor ON survivor.public_id = named.merged_into_id
    WHERE mark.storefront_id = %(storefront)s
    UNION SELECT customer_id FROM referrals_buyermark WHERE storefront_id = %(storefront)s
    """
_BUYERS = f"""
    WITH {counting.fresh(counting.OF_RANGE)},
    stored AS (SELECT * FROM referrals_buyer WHERE {counting.STORED_OF_RANGE})
    SELECT 'buyer ' || customer_id, to_jsonb(stored), to_jsonb(fresh) FROM fresh FULL JOIN stored USING (customer_id)
    WHERE to_jsonb(stored) IS DISTINCT FROM to_jsonb(fresh) AND customer_id NOT IN ({_WAITING})
    ORDER BY customer_id
    """


def _of_cells(question, table, key, numbers):
    names = ", ".join(f"'{name}', {name}" for name in numbers)
    mine = f"SELECT {{0}}, jsonb_build_object({names}) AS numbers FROM {{1}}"
    return f"""
        WITH {cells.EVERYBODY},
        fresh AS ({mine.format(", ".join(key), f"({question}) summed")}),
        stored AS ({mine.format(", ".join(key), f"{table} WHERE storefront_id = %(storefront)s")})
        SELECT concat_ws(' ', '{table.removeprefix("referrals_")}', {", ".join(key)}), stored.numbers, fresh.numbers
        FROM fresh FULL JOIN stored USING ({", ".join(key)})
        WHERE stored.numbers IS DISTINCT FROM fresh.numbers
        ORDER BY {", ".join(key)}
        """


_SUMS = (
    _of_cells(cells.days("moved"), "referrals_worthday", cells.DAY_KEY, cells.DAY_NUMBERS),
    _of_cells(cells.months("moved"), "referrals_cohortmonth", cells.MONTH_KEY, cells.MONTH_NUMBERS),
)


def differences(*, storefront, at):
    """A sentence for every number that differs: of buyers from their orders, of sums from the buyers.

    Who waits to be counted differs in nothing; so ask when no events are on their way.
    """
    for portion, _ in counting.portions(storefront):
        yield from _asked(_BUYERS, storefront, portion)
    for question in _SUMS:
        yield from _asked(question, storefront)


def _asked(question, storefront, more=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(question, counting.parameters(storefront) | dict(more))
        found = cursor.fetchall()
    for what, stored, fresh in found:
        yield from _told(storefront, what, _read(stored), _read(fresh))


def _read(said):
    return (json.loads(said) if isinstance(said, str) else said) or {}


def _told(storefront, what, stored, fresh):
    if not stored and any(fresh.values()):
        yield f"{storefront}, {what}: a recount finds it, and it is not stored."
        return
    if not fresh and any(stored.values()):
        yield f"{storefront}, {what}: it is stored, and a recount finds none."
        return
    for name in sorted(stored.keys() | fresh.keys()):
        # A sum that came to nothing again is as good as none.
        if stored.get(name) != fresh.get(name) and (stored.get(name) or fresh.get(name)):
            yield f"{storefront}, {what}: {name} is {stored.get(name)}, a recount finds {fresh.get(name)}."
