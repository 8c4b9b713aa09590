"""The ledger's part of ``manage.py audit`` over a million transfers: how long it takes, and how much memory it needs.

Conversions are settled and credited by the product, and then copied by the database until there are enough, with people
of their own. A tenth of the counters is spoilt: each must be found, and so many sentences must need no memory either.
"""

import resource
import sys
import time
from datetime import timedelta

from bench import ground

GOAL_SECONDS, GOAL_MEGABYTES = 60, 16
CONVERSIONS, COPIES = 2_000, 124
GIVE_10 = {
    "frequency": "first_order",
    "minimum_order_minor": 2000,
    "benefits": {
        "advocate": {"form": "credit", "kind": "fixed", "amount_minor": 1000},
        "friend": {"form": "credit", "kind": "percent", "percent_bp": 1000},
    },
    "hold_days": 14,
    "hold_from": "payment",
}
# Above every number that is in use.
_STEP = 100_000_000


def main():
    with ground.database():
        from django.db import connection  # noqa: PLC0415 (Django is set up first)

        from bench import machine  # noqa: PLC0415
        from rewards import audit  # noqa: PLC0415

        factor = machine.factor()
        _settle()
        with connection.cursor() as cursor:
            _copy(cursor)
            cursor.execute("UPDATE rewards_counter SET used = used + 1 WHERE id % 10 = 0")
            spoilt = cursor.rowcount
            cursor.execute("ANALYZE")
            cursor.execute("SELECT COUNT(*) FROM rewards_transfer")
            transfers = cursor.fetchone()[0]
        before, began = _peak(), time.perf_counter()
        for name, differences in audit.parts().items():
            since = time.perf_counter()
            found = sum(1 for _ in differences())
            print(f"  {name}: {time.perf_counter() - since:.1f} s")
            if found != (spoilt if name == "caps" else 0):
                raise SystemExit(f"{name}: {found} differences.")
        seconds, grown = time.perf_counter() - began, _peak() - before
    print(f"{transfers} transfers, {spoilt} differences: {seconds:.1f} s, {grown} MB more memory than before")
    missed = ground.at_most("seconds of an audit of a million transfers", seconds, GOAL_SECONDS, factor=factor)
    return missed + ground.at_most("MB more memory", grown, GOAL_MEGABYTES)


def _peak():
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _settle():
    from advocacy.outbox import drain  # noqa: PLC0415
    from bench import backlog  # noqa: PLC0415
    from rewards import crediting  # noqa: PLC0415

    program, advocates = backlog.program({"Give 10": GIVE_10}, advocates=200)
    backlog.convert(program, advocates, number=CONVERSIONS)
    later = ground.NOW + timedelta(days=15)
    while drain.drain("money", at=ground.NOW + timedelta(seconds=1)):
        pass
    while crediting.release(at=later):
        pass


def _copy(cursor):
    """Every row once more for each copy; the storefront, its rule and the house's accounts are shared."""
    from advocacy.models import Advocate, Customer, Event  # noqa: PLC0415
    from rewards.models import Account, Counter, Decision, Reward, Subject, Transfer  # noqa: PLC0415

    cursor.execute("SELECT COALESCE(ARRAY_AGG(id), '{}') FROM rewards_account WHERE customer_id IS NULL")
    house = ", ".join(map(str, cursor.fetchone()[0]))
    theirs = {name: f"CASE WHEN {name} IN ({house}) THEN {name} ELSE {_further(name)} END" for name in _SIDES}
    people = {name: _further(name) for name in ("advocate_id", "friend_id", "customer_id")}
    cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica")
    _multiply(cursor, Customer, external_id="external_id || '-' || copy")
    _multiply(cursor, Advocate, customer_id=people["customer_id"])
    _multiply(cursor, Event, "subject_kind = 'conversion'", subject_id=_other("subject_id"), **people)
    _multiply(cursor, Subject, **people)
    _multiply(cursor, Account, "customer_id IS NOT NULL", customer_id=people["customer_id"])
    _multiply(cursor, Counter, key=_other("key"))
    friend = (
        "(SELECT friend.public_id FROM rewards_subject subject JOIN advocacy_customer friend "
        "ON friend.id = subject.friend_id WHERE subject.id = rewards_decision.subject_id)"
    )
    cursor.execute("ANALYZE")
    verdicts = f"REPLACE(verdicts::text, {friend}::text, {_other(friend)}::text)::jsonb"
    _multiply(cursor, Decision, subject_id=_further("subject_id"), verdicts=verdicts)
    recipient = {"subject_id": _further("subject_id"), "recipient_id": _further("recipient_id")}
    _multiply(cursor, Reward, advocate_id=people["advocate_id"], **recipient)
    _multiply(cursor, Transfer, reward_id=_further("reward_id"), **theirs)
    cursor.execute("SET session_replication_role = DEFAULT")


_SIDES = ("source_id", "target_id")


def _further(name):
    return f"{name} + copy::bigint * {_STEP}"


def _other(name):
    return f"MD5({name}::text || copy)::uuid"


def _multiply(cursor, model, where="TRUE", **changed):
    table, began = model._meta.db_table, time.perf_counter()
    columns = [field.column for field in model._meta.concrete_fields]
    changed |= {"id": _further(f"{table}.id")}
    if "public_id" in columns:
        changed["public_id"] = _other("public_id")
    said = ", ".join(changed.get(column, column) for column in columns)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {said} FROM {table}, generate_series(1, {COPIES}) AS copy WHERE {where}"
    )
    print(f"  {cursor.rowcount} rows of {table} copied in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
