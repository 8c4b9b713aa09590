"""Recount what the base keeps from the facts of events; any difference is a bug."""

from advocacy.checking import Check, found

_COLUMNS = (
    "orders",
    "revenue_minor",
    "refunded_minor",
    "friends_joined",
    "friends_converted",
    "first_order_at",
    "last_order_at",
)
# Facts add up in any order; an event that lane people has still to work on is not in the Standing yet.
_STANDINGS = """
    WITH worked AS (
        SELECT event.* FROM advocacy_event event
        LEFT JOIN advocacy_pending pending ON pending.event_id = event.id AND pending.lane = 'people'
        WHERE pending.id IS NULL
    ), counted_anew AS (
        -- Whose standing waits to be counted anew, because they were merged or parted.
        SELECT COALESCE(one.merged_into_id, one.public_id) AS person
        FROM advocacy_pending pending JOIN advocacy_event event ON event.id = pending.event_id
        JOIN advocacy_merge merge ON merge.public_id = event.subject_id
        JOIN advocacy_customer one ON one.id IN (merge.survivor_id, merge.merged_id)
        WHERE pending.lane = 'people' AND event.subject_kind = 'merge'
    ), changes AS (
        SELECT event.customer_id, (facts ->> 'orders_change')::bigint AS orders,
               CASE WHEN facts ->> 'currency' = storefront.currency
                    THEN (facts ->> 'revenue_change_minor')::bigint ELSE 0 END AS revenue,
               CASE WHEN facts ->> 'currency' = storefront.currency
                    THEN (facts ->> 'refunded_change_minor')::bigint ELSE 0 END AS refunded,
               0 AS joined, 0 AS converted,
               CASE WHEN (facts ->> 'orders_change')::bigint > 0
                    THEN (facts ->> 'placed_at')::timestamptz END AS placed_at
        FROM worked event JOIN advocacy_storefront storefront ON storefront.id = event.storefront_id
        WHERE event.subject_kind = 'order'
        UNION ALL
        SELECT advocate.customer_id, 0, 0, 0,
               (event.type IN ('referral.created', 'referral.imported'))::int - (event.type = 'referral.ended')::int,
               COALESCE((facts ->> 'friends_change')::int, 0), NULL
        FROM worked event JOIN advocacy_advocate advocate ON advocate.id = event.advocate_id
        WHERE event.subject_kind IN ('referral', 'conversion')
    ), counted AS (
        SELECT COALESCE(survivor.id, customer_id) AS customer_id, SUM(orders) AS orders, SUM(revenue) AS revenue,
               SUM(refunded) AS refunded,
               SUM(joined) AS joined, SUM(converted) AS converted,
               MIN(placed_at) AS first_at, MAX(placed_at) AS last_at
        FROM changes JOIN advocacy_customer record ON record.id = customer_id
        LEFT JOIN advocacy_customer survivor ON survivor.public_id = record.merged_into_id
        GROUP BY COALESCE(survivor.id, customer_id)
    )
    SELECT COALESCE(counted.customer_id, standing.customer_id) AS customer,
        standing.orders, counted.orders AS of_orders, standing.revenue_minor, counted.revenue AS of_revenue_minor,
        standing.refunded_minor, counted.refunded AS of_refunded_minor,
        standing.friends_joined, counted.joined AS of_friends_joined,
        standing.friends_converted, counted.converted AS of_friends_converted,
        standing.first_order_at, counted.first_at AS of_first_order_at,
        standing.last_order_at, counted.last_at AS of_last_order_at
    FROM counted FULL JOIN advocacy_standing standing ON standing.customer_id = counted.customer_id
    JOIN advocacy_customer whose ON whose.id = COALESCE(counted.customer_id, standing.customer_id)
    WHERE COALESCE(whose.merged_into_id, whose.public_id) NOT IN (SELECT person FROM counted_anew)
      AND ((COALESCE(standing.orders, 0), COALESCE(standing.revenue_minor, 0), COALESCE(standing.refunded_minor, 0),
           COALESCE(standing.friends_joined, 0), COALESCE(standing.friends_converted, 0))
       <> (COALESCE(counted.orders, 0), COALESCE(counted.revenue, 0), COALESCE(counted.refunded, 0),
           COALESCE(counted.joined, 0), COALESCE(counted.converted, 0))
       OR standing.first_order_at IS DISTINCT FROM counted.first_at
       OR standing.last_order_at IS DISTINCT FROM counted.last_at)
    ORDER BY 1
"""

# The log copies whom an event is about from the fact's own row; the database does not check these keys.
_EVENTS = """
    SELECT event.id FROM advocacy_event event
    LEFT JOIN advocacy_program program ON program.id = event.program_id
    LEFT JOIN advocacy_advocate advocate ON advocate.id = event.advocate_id
    LEFT JOIN advocacy_customer customer ON customer.id = event.customer_id
    LEFT JOIN advocacy_customer friend ON friend.id = event.friend_id
    LEFT JOIN advocacy_event cause ON cause.id = event.cause_id
    LEFT JOIN advocacy_pending pending ON pending.event_id = event.id
    WHERE event.program_id IS NOT NULL AND program.storefront_id IS DISTINCT FROM event.storefront_id
       OR event.advocate_id IS NOT NULL AND advocate.storefront_id IS DISTINCT FROM event.storefront_id
       OR event.customer_id IS NOT NULL AND customer.storefront_id IS DISTINCT FROM event.storefront_id
       OR event.friend_id IS NOT NULL AND friend.storefront_id IS DISTINCT FROM event.storefront_id
       OR event.cause_id IS NOT NULL AND cause.storefront_id IS DISTINCT FROM event.storefront_id
       OR pending.storefront_id <> event.storefront_id
    GROUP BY event.id ORDER BY event.id
"""


def _apart(*, customer, **row):
    """What differs, from each column of what is stored and, under ``of_``, of what was counted."""
    pairs = [(column, row[column] or 0, row[f"of_{column}"] or 0) for column in _COLUMNS]
    apart = ", ".join(f"{column} is {stored}, not {counted}" for column, stored, counted in pairs if stored != counted)
    return f"The standing of customer {customer} is not what its events add up to: {apart}."


_CHECKS = (
    Check("events", _EVENTS, "Event {id} names a program, people or a cause that are not of its storefront."),
    Check("standings", _STANDINGS, _apart),
)


def differences():
    """Sentences, one per difference; none where everything agrees."""
    for check in _CHECKS:
        yield from found(check)
