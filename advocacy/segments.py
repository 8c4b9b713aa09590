"""The segments that a storefront puts its customers in, by ``traits["segments"]``."""

from django.db import connection

LONGEST, MOST = 100, 1000

# A partial index finds who is in any; the shop's words that are no name (``Customer.segments``) are passed over.
_COUNTED = """
    SELECT named.value #>> '{}' AS name, count(DISTINCT customer.id)
    FROM advocacy_customer customer
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(customer.traits -> 'segments') WHEN 'array' THEN customer.traits -> 'segments' ELSE '[]' END
    ) AS named (value)
    WHERE customer.storefront_id = %(storefront)s AND customer.traits ? 'segments' AND customer.merged_into_id IS NULL
        AND jsonb_typeof(named.value) = 'string' AND length(named.value #>> '{}') BETWEEN 1 AND %(longest)s
        AND (%(name)s::text IS NULL OR customer.traits -> 'segments' ? %(name)s AND named.value #>> '{}' = %(name)s)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


def counted(*, storefront, name=None):
    """``[(name, customers)]``, the largest first, at most ``MOST``; of merged records the survivor's counts.

    ``name``: of this segment only; empty where nobody is in it.
    """
    asked = {"storefront": storefront.pk, "longest": LONGEST, "most": MOST, "name": name}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, asked)
        return cursor.fetchall()


def within(customers, name):
    """Those of these customers (a queryset) who are in this segment."""
    if not 1 <= len(name) <= LONGEST:
        return customers.none()
    return customers.filter(traits__has_key="segments", traits__segments__contains=[name])
