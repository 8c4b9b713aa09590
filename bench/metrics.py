"""Roll-ups of a large store: rebuilt, kept up with a day's changes, read by pages and calls; and the night's fit.

``python -m bench.metrics [customers]``: 1,000,000 by default, and first a tenth of that, beside which a day's changes
may cost at most half as much again. Both stores are filled by ``bench.store``.
"""

import os
import subprocess
import sys
import time
from datetime import timedelta

from bench import ground

CUSTOMERS = 1_000_000
REBUILD_SECONDS, REBUILD_RATIO = 300, 2
DAY_SECONDS, DAY_RATIO = 10, 1.5
REQUEST_MILLISECONDS, FIT_SECONDS, FIT_MEGABYTES = 300, 10, 500
_GROUPS = ("channel", "link", "advocate", "segment", "day", "week", "month")
_CUTS = ("program", "channel", "segment", "cohort")
REQUESTS = (
    "/admin/metrics/",
    *(f"/admin/metrics/?part={part}" for part in ("growing", "worth", "back", "expected", "said", "owed")),
    *(f"/admin/metrics/?part=cut&by={cut}" for cut in _GROUPS[:4]),
    "/api/v1/metrics",
    "/api/v1/metrics?compare=true",
    *(f"/api/v1/metrics/signup_to_conversion?group_by={group}" for group in _GROUPS),
    "/api/v1/metrics/time_to_conversion",
    "/api/v1/lifetime_values",
    *(f"/api/v1/lifetime_values?cut={cut}" for cut in _CUTS),
    "/api/v1/cohorts",
    "/api/v1/cohorts?cut=channel&key=referral",
    "/api/v1/growth",
    "/api/v1/program_money?compare=true",
    "/api/v1/channel_risk",
    "/api/v1/surveys/scores",
    "/api/v1/gaps",
    "/api/v1/mentions/scores",
)
_TIMES = 20


def main(customers=CUSTOMERS, what="all"):
    # No click may be too old to be counted.
    os.environ["CLICK_RETENTION_DAYS"] = "800"
    if what == "day":
        print(_measured(int(customers), only_a_day=True)[0])
        return 0
    small = _of_a_tenth(int(customers) // 10)
    day, missed = _measured(int(customers))
    print(f"a day's changes: {day:.1f} s, {small:.1f} s in a store of a tenth")
    return missed + ground.at_most("a day's changes ÷ the same at a tenth, in %", 100 * day / small, 100 * DAY_RATIO)


def _of_a_tenth(customers):
    """Seconds of a day's changes in a store of so many, by a process of its own: one has one database."""
    command = (sys.executable, "-m", "bench.metrics", str(customers), "day")
    *said, seconds = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    print("\n".join(said), flush=True)
    return float(seconds)


def _measured(customers, *, only_a_day=False):
    """``(seconds of a day's changes, how many goals were missed)``."""
    with ground.database():
        from bench import machine, store  # noqa: PLC0415 (Django is set up first)

        factor = machine.factor()
        began = time.perf_counter()
        program = store.make(customers=customers)
        print(f"{customers:,} customers made in {time.perf_counter() - began:.0f} s", flush=True)
        if only_a_day:
            rebuild(program)
            return a_day(program), 0
        return measure(program, factor=factor)


def measure(program, *, factor):
    """The same of a store that is there."""
    whole, ratio = rebuild_beside_plain(program)
    missed = ground.at_most("seconds of a full rebuild", whole, REBUILD_SECONDS, factor=factor)
    missed += ground.at_most("full rebuild ÷ plain statements, in %", 100 * ratio, 100 * REBUILD_RATIO)
    day = a_day(program)
    missed += ground.at_most("seconds of a day's changes", day, DAY_SECONDS, factor=factor)
    seconds, megabytes = fit(program)
    missed += ground.at_most("seconds of a fit", seconds, FIT_SECONDS, factor=factor)
    missed += ground.at_most("MB of the fitting process", megabytes, FIT_MEGABYTES)
    slowest = requests(program)
    missed += ground.at_most("ms of the slowest page or call, 95 %", slowest, REQUEST_MILLISECONDS, factor=factor)
    return day, missed


def rebuild_beside_plain(program):
    """Seconds, and as a ratio to plain statements that count the same."""
    from bench import counts  # noqa: PLC0415

    plain, whole = counts.ask(program), rebuild(program)
    print(f"rebuilt in {whole:.1f} s; plain statements took {plain:.1f} s")
    return whole, whole / plain


def rebuild(program):
    """Seconds for all days and buyers anew: by the job, and beside it by a worker, as wherever the product runs."""
    from bench import recounting  # noqa: PLC0415
    from referrals import buyers, rollups  # noqa: PLC0415

    with recounting.beside(ground.NOW) as begin:
        began = time.perf_counter()
        rollups.rebuild(storefront=program.storefront)
        begin()
        buyers.rebuild(storefront=program.storefront, at=ground.NOW)
        print(f"  buyers in {time.perf_counter() - began:.1f} s", flush=True)
        recounting.until_none_is_marked(ground.NOW)
    print(f"  and days in {time.perf_counter() - began:.1f} s", flush=True)
    return time.perf_counter() - began


def a_day(program):
    """Seconds for marking what changed in a day, and for counting it: days by two workers, buyers by one."""
    from bench import changes, recounting  # noqa: PLC0415
    from referrals import buyers  # noqa: PLC0415

    told, later = changes.write(program=program, since=ground.NOW), ground.NOW + changes.DAY + timedelta(minutes=6)
    with recounting.beside(later) as begin:
        began = time.perf_counter()
        _mark(told, later)
        marked = time.perf_counter()
        begin()
        while buyers.recount(at=later, seconds=60):
            pass
        counted = time.perf_counter()
        recounting.until_none_is_marked(later)
    ended = time.perf_counter()
    print(
        f"  {len(told):,} events marked in {marked - began:.1f} s, buyers counted in {counted - marked:.1f} s", end=" "
    )
    print(f"beside days, all in {ended - marked:.1f} s", flush=True)
    return ended - began


def _mark(told, at):
    """What the lane of these events does for roll-ups, a batch a transaction."""
    from django.db import transaction  # noqa: PLC0415

    from advocacy.models import Event  # noqa: PLC0415
    from advocacy.outbox import drain  # noqa: PLC0415
    from referrals import buyers, rollups  # noqa: PLC0415

    for first in range(0, len(told), drain.BATCH):
        batch = list(Event.objects.filter(pk__in=told[first : first + drain.BATCH]).order_by("pk"))
        with transaction.atomic():
            rollups.mark(events=batch, at=at)
            buyers.mark(events=batch, at=at)


def fit(program):
    """``(seconds, MB)`` of a process that fits how often customers buy and how much they spend."""
    command = (sys.executable, "-m", "bench.fitting", str(program.storefront_id))
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    print(f"  fitted: {told.stdout.strip()}", flush=True)
    seconds, megabytes, _ = told.stdout.split(" ", 2)
    return float(seconds), int(megabytes)


def requests(program):
    """Milliseconds of the slowest, at 95 %, each asked for by itself."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from advocacy import keys  # noqa: PLC0415
    from advocacy.models import KeyKind  # noqa: PLC0415
    from config import collecting  # noqa: PLC0415
    from referrals import growth  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["*"]
    began = time.perf_counter()
    growth.count(program=program, at=ground.NOW)
    print(f"  tallies of the night in {time.perf_counter() - began:.1f} s")
    _, token = keys.make(storefront=program.storefront, kind=KeyKind.SECRET, name="bench", at=ground.NOW)
    admin, shop = Client(), Client(headers={"authorization": f"Bearer {token}"})
    admin.force_login(get_user_model().objects.create_superuser("olga", "olga@example.com", "olgas long password"))
    collecting.rarely()  # as wherever the product serves
    return max(_slow(admin if path.startswith("/admin") else shop, path) for path in REQUESTS)


def _slow(client, path):
    """Milliseconds within which 95 of 100 are answered, after the first one."""
    took = []
    for _ in range(_TIMES + 1):
        began = time.perf_counter()
        answer = client.get(path)
        took.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content[:300]}")
    took = sorted(took[1:])
    slow = took[-(-95 * _TIMES // 100) - 1]
    print(f"  {path}: {took[_TIMES // 2]:.0f} ms, 95 %: {slow:.0f} ms, {len(answer.content) // 1024} kB", flush=True)
    return slow


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
