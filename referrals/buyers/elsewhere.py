"""Who is in no value, cohort or prediction, as they paid in another currency than the storefront's."""

from django.db import connection

from referrals.models import Tally, TallyOf

# Of paid orders the index alone is read. Who was merged is their survivor.
_ELSEWHERE = """
    WITH placed AS (
        SELECT customer_id, count(*) AS orders FROM referrals_order
        WHERE storefront_id = %(storefront)s AND status = 'paid' AND currency <> %(currency)s GROUP BY customer_id
    ), person AS (
        SELECT coalesce(survivor.id, named.id) AS id, sum(orders) AS orders
        FROM placed JOIN advocacy_customer named ON named.id = customer_id
        LEFT JOIN advocacy_customer survivor ON survivor.public_id = named.merged_into_id
        GROUP BY 1
    )
    SELECT count(*) FILTER (WHERE buyer.customer_id IS NULL), coalesce(sum(person.orders), 0)
    FROM person LEFT JOIN referrals_buyer buyer ON buyer.customer_id = person.id
    """


def elsewhere(*, storefront):
    """``{"customers", "orders"}``: people who paid in other currencies alone, and all orders in other currencies.

    As the night's tally found them; counted on the spot before the first night.
    """
    rows = Tally.objects.filter(program__storefront=storefront, of=TallyOf.ELSEWHERE)
    newest = rows.order_by("-counted_at").values_list("answer", flat=True).first()
    return newest or count_elsewhere(storefront=storefront)


def count_elsewhere(*, storefront):
    """The same, now: reads all paid orders."""
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, {"storefront": storefront.pk, "currency": storefront.currency})
        customers, orders = cursor.fetchone()
    return {"customers": customers, "orders": int(orders)}
