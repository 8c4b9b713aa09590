"""Orders from a file: how many a second are kept, checked and taken, and how much memory that needs.

``python -m bench.imports [orders]``: 100,000 without a number. The machine's factor scales the goal; what the processor
was busy with it is told too, because others may share the machine.
"""

import resource
import sys
import tempfile
import time
from datetime import timedelta

from bench import ground

GOAL, MOST_MIB = 5000, 300
_HEADER = (
    "external_id,number,customer_id,email,name,country,currency,subtotal,shipping,total,placed_at,status,refunded\n"
)


def main(orders=100_000):
    with ground.database():
        from bench import machine  # noqa: PLC0415 (Django is set up first)

        factor = machine.factor()
        rate = _measured(orders)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return ground.verdict("orders a second", rate, GOAL, factor=factor) + ground.at_most("MiB at most", used, MOST_MIB)


def _measured(orders):
    from advocacy.models import Storefront  # noqa: PLC0415
    from referrals import imports  # noqa: PLC0415
    from referrals.imports import working  # noqa: PLC0415

    # Nobody works on lane `people` here, whom an import would wait for.
    working.PAUSE = 0
    acme = Storefront.objects.create(name="Acme", slug="acme")
    with tempfile.TemporaryFile() as file:
        _write(file, orders)
        row = _timed(
            "kept",
            orders,
            lambda: imports.keep(storefront=acme, kind="orders", stream=file, at=ground.NOW, check=False),
        )[0]
        rate = _timed("taken", orders, lambda: _work(imports.begin(row=row, at=ground.NOW).job))[1]
        again = imports.keep(storefront=acme, kind="orders", stream=file, at=ground.NOW, check=False)
    _timed("taken again", orders, lambda: _work(imports.begin(row=again, at=ground.NOW).job))
    row.refresh_from_db()
    again.refresh_from_db()
    print(f"first: {row.taken}; again: {again.taken}")
    return rate


def _write(file, orders):
    file.write(_HEADER.encode())
    for number in range(orders):
        who, placed = (
            number * 7919 % max(orders // 3, 1),
            ground.LONG_AGO + timedelta(seconds=200 * number % 30_000_000),
        )
        refunded = "4.00" if number % 50 == 0 else ""
        file.write(
            f"{number},#{number},c{who},c{who}@shop.example,Cleo {who},DE,EUR,50.00,4.00,54.00,"
            f"{placed:%Y-%m-%d %H:%M:%S} +0100,paid,{refunded}\n".encode()
        )


def _work(job):
    import uuid  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from advocacy import jobs  # noqa: PLC0415

    worker = uuid.uuid4()
    jobs.step(pk=job.pk, worker=worker, first=True, at=timezone.now())
    while jobs.step(pk=job.pk, worker=worker, first=False, at=timezone.now()):
        pass


def _timed(what, orders, work):
    began, busy = time.perf_counter(), time.process_time()
    answer = work()
    took, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"{what}: {orders / took:.0f} orders a second; this process was busy for {busy:.1f} of {took:.1f} s")
    return answer, orders / took


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
