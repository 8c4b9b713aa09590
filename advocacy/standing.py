"""Keep what the base knows of a customer's dealings, from the facts of events alone. Nothing is read up.

Every fact is a change, so events may be added up in any order; each is handed over once.
"""

from collections import defaultdict
from datetime import datetime

from django.db import connection

from advocacy.models import Advocate, Storefront

_SUMS = ("orders", "revenue_minor", "refunded_minor", "friends_joined", "friends_converted")

# Rows in the order of their keys, so that two batches never wait for each other in a circle.
_ADD = """
    INSERT INTO advocacy_standing AS standing (customer_id, orders, revenue_minor, refunded_minor, friends_joined,
        friends_converted, first_order_at, last_order_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::timestamptz[], %s::timestamptz[]) AS added ORDER BY 1
    ON CONFLICT (customer_id) DO UPDATE SET
        orders = standing.orders + EXCLUDED.orders,
        revenue_minor = standing.revenue_minor + EXCLUDED.revenue_minor,
        refunded_minor = standing.refunded_minor + EXCLUDED.refunded_minor,
        friends_joined = standing.friends_joined + EXCLUDED.friends_joined,
        friends_converted = standing.friends_converted + EXCLUDED.friends_converted,
        first_order_at = LEAST(standing.first_order_at, EXCLUDED.first_order_at),
        last_order_at = GREATEST(standing.last_order_at, EXCLUDED.last_order_at)
    """


def keep(*, events, at):
    """Handler of order.*, referral.created and conversion.*: add what each changes to its customer's standing.

    An order counts for its customer, a friend for the advocate's customer. Amounts in other currencies than the
    storefront's are no value here. First and last order are of those that ever counted.
    """
    currencies = dict(
        Storefront.objects.filter(pk__in={event.storefront_id for event in events}).values_list("id", "currency")
    )
    brought = {event.advocate_id for event in events if event.advocate_id}
    advocates = dict(Advocate.objects.filter(pk__in=brought).values_list("id", "customer_id"))
    added = defaultdict(lambda: {"sums": dict.fromkeys(_SUMS, 0), "placed": []})
    for event in events:
        if event.type.startswith("order."):
            _add_order(added[event.customer_id], event.facts, currencies[event.storefront_id])
        elif event.advocate_id:
            sums = added[advocates[event.advocate_id]]["sums"]
            sums["friends_joined"] += (event.type == "referral.created") - (event.type == "referral.ended")
            sums["friends_converted"] += event.facts.get("friends_change", 0)
    _store(added)


def _add_order(entry, facts, currency):
    entry["sums"]["orders"] += facts["orders_change"]
    if facts["currency"] == currency:
        entry["sums"]["revenue_minor"] += facts["revenue_change_minor"]
        entry["sums"]["refunded_minor"] += facts["refunded_change_minor"]
    if facts["orders_change"] > 0:
        entry["placed"].append(datetime.fromisoformat(facts["placed_at"]))


def _store(added):
    people = sorted(added)
    sums = [[added[person]["sums"][name] for person in people] for name in _SUMS]
    first = [min(added[person]["placed"], default=None) for person in people]
    last = [max(added[person]["placed"], default=None) for person in people]
    if people:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [people, *sums, first, last])
