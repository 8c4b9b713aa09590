"""How fast this machine is beside the one that the goals in absolute figures were set on, in what workers do alone.

Measured in the run that it judges, because a shared machine is never the same twice. The two figures known of the other
machine are of plain inserts of events, without anything of the product in them. For what is asked over HTTP there is
``bench.web.factor``.
"""

import time

from django.db import connection

from advocacy.models import Event, Storefront
from bench import ground

# Events a second: by bulk_create, 500 a commit; by one statement and commit each, one client.
BULK, SINGLE = 6_400, 3_800
_BATCH, _BATCHES, _SINGLES = 500, 12, 1_500


def factor():
    """The part of the other machine's speed that this one has now, by the better of both figures; at most 1."""
    storefront = Storefront.objects.create(name="Machine", slug="machine")
    bulk, single = _bulk(storefront), _single(storefront)
    # The better one makes the harder goal.
    found = min(max(bulk / BULK, single / SINGLE), 1.0)
    print(
        f"this machine: {bulk:.0f} events a second by bulk_create ({bulk / BULK:.2f} of {BULK}), "
        f"{single:.0f} one by one ({single / SINGLE:.2f} of {SINGLE}): factor {found:.2f}"
    )
    return found


def _bulk(storefront):
    rows = [[_event(storefront) for _ in range(_BATCH)] for _ in range(_BATCHES)]
    began = time.perf_counter()
    for batch in rows:
        Event.objects.bulk_create(batch)
    return _BATCH * _BATCHES / (time.perf_counter() - began)


def _single(storefront):
    fields = Event._meta.concrete_fields[1:]
    names, places = ", ".join(field.column for field in fields), ", ".join(["%s"] * len(fields))
    rows = [_event(storefront) for _ in range(_SINGLES)]
    values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
    statement = f"INSERT INTO advocacy_event ({names}) VALUES ({places})"
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for each in values:
            cursor.execute(statement, each)
    return _SINGLES / (time.perf_counter() - began)


def _event(storefront):
    return Event(
        storefront=storefront,
        type="order.recorded",
        subject_kind="order",
        subject_id=Event._meta.get_field("public_id").get_default(),
        version=1,
        facts={"currency": "EUR", "total_minor": 5000, "status": "paid", "channel": "", "country": "DE"},
        occurred_at=ground.NOW,
        recorded_at=ground.NOW,
    )
