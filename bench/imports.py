"""Orders from a file: how many a second are kept, checked and taken, and how much memory that needs.

``python -m bench.imports [orders]``: 100,000 without a number. Two processes take them, as the two workers of the queue
``bulk`` do. The machine's factor scales the goal; what the processor was busy with it is told too, because others may
share the machine.
"""

import contextlib
import resource
import subprocess
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
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
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
        with _another_worker() as helps:
            rate = _timed("taken", orders, lambda: helps(imports.begin(row=row, at=ground.NOW)))[1]
        again = imports.keep(storefront=acme, kind="orders", stream=file, at=ground.NOW, check=False)
    with _another_worker() as helps:
        _timed("taken again", orders, lambda: helps(imports.begin(row=again, at=ground.NOW)))
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


@contextlib.contextmanager
def _another_worker():
    """Do an import here and in a process beside this one."""
    command = (sys.executable, "-m", "bench.imports", "--beside")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        other.stdout.readline()

        def helps(row):
            print(row.pk, file=other.stdin, flush=True)
            _work(row.job)

        yield helps
        other.stdin.close()


def _beside():
    """What a worker does whom the job asked for help; it has started before its time is taken."""
    ground.set_up_django()
    from referrals.imports import lanes  # noqa: PLC0415 (Django is set up first)

    print("ready", flush=True)
    if said := sys.stdin.readline():
        lanes.help(pk=int(said), lasting=timedelta(hours=1))


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
    sys.exit(_beside() if sys.argv[1:] == ["--beside"] else main(*map(int, sys.argv[1:])))
