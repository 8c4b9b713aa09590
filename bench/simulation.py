"""What would this rule have cost: 100,000 past conversions, two rules today, and a draft in place of one of them.

The history is a month of orders with two products each, a third of them by friends who bought before, a tenth of them
partly refunded later. Rate counts a conversion once, though it is asked of two sets of rules.
"""

import sys
import time
from datetime import timedelta

from bench import ground, rules

SECONDS, CONVERSIONS = 10, 100_000
ADVOCATES, FRIENDS, DAYS = 500, 60_000, 30
TODAY = {name: rules.FIVE[name] for name in ("Give 10, get 10", "France")}
CAP = {"scope": "advocate", "period": "month", "measure": "amount", "limit": 20_000}
DRAFT = {
    "frequency": "every_order",
    "benefits": {"advocate": {"form": "credit", "kind": "percent", "percent_bp": 1500, "maximum_minor": 1500}},
    "conditions": [{"field": "country", "op": "one_of", "value": ["DE", "AT"]}],
    "caps": [CAP],
    "hold_days": 14,
    "hold_from": "payment",
}
_HISTORY = """
    INSERT INTO advocacy_event (public_id, storefront_id, type, subject_kind, subject_id, version, program_id,
        advocate_id, friend_id, customer_id, depth, facts, occurred_at, recorded_at)
    SELECT gen_random_uuid(), %(storefront)s, 'conversion.recorded', 'conversion', md5(n::text)::uuid, 1, %(program)s,
        (%(advocates)s::bigint[])[1 + n %% %(advocate_count)s], friend, friend, 0,
        %(facts)s::jsonb || jsonb_build_object('sequence', 1 + n / %(friend_count)s, 'revenue_minor', 2000 + n %% 7000,
            'goods_minor', 2100 + n %% 7000, 'basis_minor', 2500 + n %% 7000,
            'country', (ARRAY['DE', 'AT', 'CH'])[1 + n %% 3], 'order', gen_random_uuid()),
        at, at
    FROM generate_series(0, %(number)s - 1) n,
        LATERAL (SELECT (%(friends)s::bigint[])[1 + n %% %(friend_count)s] AS friend,
            %(begin)s::timestamptz + %(span)s * (n::float / %(number)s) AS at) of_it"""
_REFUNDS = """
    INSERT INTO advocacy_event (public_id, storefront_id, type, subject_kind, subject_id, version, program_id,
        advocate_id, friend_id, customer_id, depth, facts, occurred_at, recorded_at)
    SELECT gen_random_uuid(), storefront_id, 'conversion.adjusted', subject_kind, subject_id, 2, program_id,
        advocate_id, friend_id, customer_id, 0, facts || '{"refunded_minor": 1000}', recorded_at, recorded_at
    FROM advocacy_event WHERE type = 'conversion.recorded' AND id % 10 = 0"""


def main():
    with ground.database():
        from django.db import connection  # noqa: PLC0415 (Django is set up first)

        from bench import backlog, machine  # noqa: PLC0415

        factor = machine.factor()

        program, advocates = backlog.program(TODAY, advocates=ADVOCATES)
        friends = backlog.people(program.storefront, FRIENDS)
        with connection.cursor() as cursor:
            cursor.execute(_HISTORY, _values(program, advocates, friends))
            cursor.execute(_REFUNDS)
            cursor.execute("ANALYZE")
        seconds = _simulate(program)
    print(f"{CONVERSIONS / seconds:.0f} conversions a second under both sets of rules, {seconds:.1f} s in all")
    return ground.verdict(
        f"{SECONDS} s ÷ a simulation of {CONVERSIONS:,} conversions", SECONDS / seconds, 1, factor=factor
    )


def _simulate(program):
    """All steps of the job, as a worker does them; the seconds."""
    import resource  # noqa: PLC0415
    import uuid  # noqa: PLC0415

    from advocacy import jobs  # noqa: PLC0415
    from advocacy.models import Job  # noqa: PLC0415
    from rewards import simulation  # noqa: PLC0415
    from rewards.models import Rule  # noqa: PLC0415

    own = time.process_time()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    start = ground.NOW - timedelta(days=DAYS + 1)
    job = simulation.start(
        program=program,
        name="15 %",
        terms=DRAFT,
        rule=Rule.objects.get(name="Give 10, get 10"),
        start=start,
        until=ground.NOW,
        at=ground.NOW + timedelta(minutes=1),
    )
    worker, steps = uuid.uuid4(), 0
    while jobs.step(pk=job.pk, worker=worker, first=not steps, at=ground.NOW):
        steps += 1
        now = Job.objects.get(pk=job.pk)
        cursor = len(now.cursor["state"])
        print(f"  {time.perf_counter() - began:5.1f} s: {now.done:,} of {now.total:,}; {cursor:,} bytes kept")
    seconds, own = time.perf_counter() - began, time.process_time() - own
    print(f"  {own:.1f} s of this process's own processor time")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    job.refresh_from_db()
    if job.state != "done" or job.result["subjects"] != CONVERSIONS:
        raise SystemExit(f"{job.state} {job.error} {job.result}")
    for unit in job.result["units"]:
        print(f"  {unit['unit']}: today {unit['today']}, draft {unit['draft']}; memory grew by {grown} MB")
    return seconds


def _values(program, advocates, friends):
    line = {"variant": "v1", "sku": "A-1", "category": "coffee", "quantity": 1, "refunded_minor": 0}
    line |= {"net_minor": 1500, "revenue_minor": 1300}
    return {
        "storefront": program.storefront_id,
        "program": program.pk,
        "advocates": [row.pk for row in advocates],
        "advocate_count": len(advocates),
        "friends": [row.pk for row in friends],
        "friend_count": len(friends),
        "number": CONVERSIONS,
        "begin": ground.NOW - timedelta(days=DAYS),
        "span": timedelta(days=DAYS),
        "facts": _facts([line | {"line": "1", "product": "p1"}, line | {"line": "2", "product": "p2"}]),
    }


def _facts(products):
    import json  # noqa: PLC0415

    moments = ("converted_at", "placed_at", "paid_at", "shipped_at", "delivered_at", "bound_at", "first_order_at")
    facts = dict.fromkeys(moments, ground.NOW.isoformat()) | {
        "digital": False,
        "currency": "EUR",
        "refunded_minor": 0,
        "cancelled": False,
        "products": products,
        "coupon_codes": ["WELCOME"],
        "channel": "whatsapp",
        "method": "click",
        "days_since_signup": 3,
        "earlier_orders": 0,
        "new_customer": True,
        "advocate_segments": ["vip"],
        "friend_segments": [],
        "advocate_tier": "",
        "friend_tier": "",
        "metadata": {},
        "advocate_review": "clear",
        "friend_review": "clear",
        "risk_points": 0,
        "risk_checks": [],
        "rejected_because": "",
        "advocate_status": "active",
        "program_status": "active",
        "stands": True,
        "friends_change": 0,
    }
    return json.dumps(facts)


if __name__ == "__main__":
    sys.exit(main())
