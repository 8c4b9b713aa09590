"""Keep what the base knows of a customer's dealings, from the facts of events alone. Nothing is read up.

Every fact is a change, so events may be added up in any order; each is handed over once.
"""

from collections import defaultdict
from datetime import datetime

from django.db import connection
from django.db.models import Q

from advocacy import persons
from advocacy.models import Advocate, Event, Merge, Pending, Standing, Storefront

_JOINED = ("referral.created", "referral.imported")
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
    """Handler of order.*, referral.* and conversion.*: add what each changes to its customer's standing.

    An order counts for its customer, a friend for the advocate's customer; of who was merged, for the survivor, whose
    standing is counted anew at customer.merged and customer.unmerged. Amounts in other currencies than the
    storefront's are no value here. First and last order are of those that ever counted.
    """
    persons.together({event.storefront_id for event in events})
    # First, because it leaves out what waits, which is also what comes with it.
    _recount([event for event in events if event.subject_kind == "merge"])
    _store(_changes(event for event in events if event.subject_kind != "merge"))


def _recount(events):
    """A person's standing is what all of their records did, and is kept with the survivor."""
    for event in events:
        merge = Merge.objects.select_related("survivor", "merged").get(public_id=event.subject_id)
        people = persons.customers({merge.survivor.person_id, merge.merged.person_id})
        Standing.objects.bulk_create([Standing(customer_id=pk) for pk in people], ignore_conflicts=True)
        mine = Standing.objects.filter(customer__in=people)
        list(mine.order_by("pk").select_for_update())
        mine.update(**dict.fromkeys(_SUMS, 0), first_order_at=None, last_order_at=None)
        _store(_changes(_worked(people)))


def _worked(people):
    """The events that people's standings are made of, but for those that wait in lane people."""
    waiting = Pending.objects.filter(lane="people").values("event")
    advocates = Advocate.objects.filter(customer__in=people)
    orders = Q(subject_kind="order", customer__in=people)
    friends = Q(subject_kind__in=("referral", "conversion"), advocate__in=advocates)
    return Event.objects.filter(orders | friends).exclude(pk__in=waiting)


def _changes(events):
    """``{customer: {"sums", "placed"}}``."""
    events = list(events)
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
            sums["friends_joined"] += (event.type in _JOINED) - (event.type == "referral.ended")
            sums["friends_converted"] += event.facts.get("friends_change", 0)
    return _by_person(added)


def _by_person(added):
    """What records did that lead to others counts for the survivor."""
    for record, owner in persons.owners(set(added) - {None}).items():
        entry, mine = added.pop(record), added[owner]
        mine["placed"] += entry["placed"]
        for name in _SUMS:
            mine["sums"][name] += entry["sums"][name]
    return added


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
