"""What customers bought, as arrays of numpy: read by one statement in the database's own binary form, a few bytes each.

Times are days: from the first day with an order until the last one, and until ``day``. Who has several records is one
row (Buyer), the survivor's.
"""

import numpy as np
from django.db import connection

# In the order of their keys: sums of floats, and with them a night's parameters, are the same each time.
_ALIKE = """
    SELECT string_agg(int4send(repeats) || int4send(recency) || int4send(age) || int4send(number), '')
    FROM (
        SELECT repeat_days AS repeats, CASE WHEN repeat_days > 0 THEN last_day - first_day ELSE 0 END AS recency,
            GREATEST(%(day)s, last_day) - first_day AS age, count(*)::integer AS number
        FROM referrals_buyer WHERE storefront_id = %(storefront)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ) AS history
    """
_SPENT_ALIKE = """
    SELECT string_agg(int4send(repeat_days) || int8send(repeat_minor) || int4send(number), '')
    FROM (
        SELECT repeat_days, repeat_minor, count(*)::integer AS number FROM referrals_buyer
        WHERE storefront_id = %(storefront)s AND repeat_days > 0 AND repeat_minor > 0 GROUP BY 1, 2 ORDER BY 1, 2
    ) AS spent
    """
# Of who was erased nothing is expected: nobody can be told of it. A record that leads to another is its survivor's.
_PAGE = """
    SELECT string_agg(
        int8send(customer_id) || int4send(repeats) || int4send(recency) || int4send(age) || int8send(spent), ''
    )
    FROM (
        SELECT buyer.customer_id, repeat_days AS repeats,
            CASE WHEN repeat_days > 0 THEN last_day - first_day ELSE 0 END AS recency,
            GREATEST(%(day)s, last_day) - first_day AS age, repeat_minor::bigint AS spent
        FROM referrals_buyer buyer JOIN advocacy_customer customer ON customer.id = buyer.customer_id
        WHERE buyer.storefront_id = %(storefront)s AND buyer.customer_id > %(after)s
            AND customer.erased_at IS NULL AND customer.merged_into_id IS NULL
        ORDER BY buyer.customer_id LIMIT %(most)s
    ) AS history
    """
_HISTORY = [("repeats", ">i4"), ("recency", ">i4"), ("age", ">i4")]


def make_room():
    """Until the transaction ends: what groups all customers at once stays in memory, and may take a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', '64MB', true), set_config('statement_timeout', '120s', true)")


def alike(*, storefront, day):
    """Histories of when they bought, each with how many customers share it: ``repeats, recency, age, number``."""
    return _asked(_ALIKE, [*_HISTORY, ("number", ">i4")], storefront=storefront.pk, day=day)


def spent_alike(*, storefront):
    """What was spent on days after the first, by who came back: ``repeats, spent`` (in all), ``number``."""
    return _asked(_SPENT_ALIKE, [("repeats", ">i4"), ("spent", ">i8"), ("number", ">i4")], storefront=storefront.pk)


def page(*, storefront, day, after, most):
    """Of so many customers with keys above ``after``: ``customer, repeats, recency, age, spent``, by key."""
    columns = [("customer", ">i8"), *_HISTORY, ("spent", ">i8")]
    return _asked(_PAGE, columns, storefront=storefront.pk, day=day, after=after, most=most)


def _asked(question, columns, **numbers):
    with connection.cursor() as cursor:
        cursor.execute(question, numbers)
        (found,) = cursor.fetchone()
    return np.frombuffer(bytes(found or b""), dtype=columns)
