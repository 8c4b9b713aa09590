"""A mail to each of 100,000 people asked for at once, while lane money works.

Lane ``out`` makes the rows in a process of its own and hands them to the queue, while this process settles conversions,
20 a batch, as they come; before that it settles as many with nothing beside it. How long a batch takes is what a reward
waits for. ``python -m bench.mails 5000`` measures a smaller one, by the same goals.
"""

import statistics
import subprocess
import sys
import time
from datetime import timedelta

from bench import ground, rules

GOAL_SECONDS, MAILS = 60, 100_000
# A second process on two cores: what it costs a batch at most.
SLOWER_AT_MOST = 2
ADVOCATES, BATCH, ALONE = 500, 20, 60


def main(number=MAILS):
    number = int(number)
    with ground.database():
        from bench import backlog, machine  # noqa: PLC0415 (Django is set up first)

        factor = machine.factor()
        program, advocates = backlog.program(rules.FIVE, advocates=ADVOCATES)
        backlog.convert(program, advocates, number=ALONE * BATCH + number // 5 + 1000)
        alone = _settle(lambda done: done < ALONE)
        _ask(program, number)
        worker = subprocess.Popen([sys.executable, "-m", "bench.drain", "out"])
        began = _begun()
        beside = _settle(lambda _: worker.poll() is None)
        if worker.wait():
            raise SystemExit("The worker failed.")
        seconds = time.perf_counter() - began
        _check(number)
    print(
        f"a batch of {BATCH} conversions: {_told(alone)} alone ({len(alone)}), {_told(beside)} beside ({len(beside)})"
    )
    slower = statistics.median(beside) / statistics.median(alone)
    return ground.at_most(
        f"seconds until {number} mails are queued", seconds, GOAL_SECONDS * number / MAILS, factor=factor
    ) + ground.at_most("lane money beside ÷ alone, %", slower * 100, SLOWER_AT_MOST * 100)


def _told(waits):
    slowest = sorted(waits)[int(len(waits) * 0.99)]
    return f"{statistics.median(waits) * 1000:.0f} ms, 99 of 100 within {slowest * 1000:.0f}"


def _settle(goes_on):
    """Seconds of each batch, while it goes on and there is something."""
    from advocacy.outbox import drain  # noqa: PLC0415

    usual, drain.BATCH, waits = drain.BATCH, BATCH, []
    while goes_on(len(waits)):
        began = time.perf_counter()
        if not drain.drain("money", at=ground.NOW + timedelta(seconds=1)):
            break  # enough was seen
        waits.append(time.perf_counter() - began)
    drain.BATCH = usual
    return waits


def _ask(program, number):
    """So many advocates joined, and the program welcomes each: the events wait in lane out."""
    from django.db import transaction  # noqa: PLC0415

    from advocacy import events  # noqa: PLC0415
    from advocacy.models import Advocate, MailKind, Program, bulk  # noqa: PLC0415
    from advocacy.outbox.record import Draft, record  # noqa: PLC0415
    from bench import backlog  # noqa: PLC0415

    Program.objects.filter(pk=program.pk).update(mail_kinds=[MailKind.WELCOME])
    shared = {"storefront": program.storefront, "program": program}
    people = backlog.people(program.storefront, number)
    joined = bulk.insert([Advocate(customer=each, enrolled_at=ground.NOW, **shared) for each in people])
    for start in range(0, number, 5000):
        drafts = []
        for advocate in joined[start : start + 5000]:
            advocate.version = 1
            who = {"subject": advocate, "customer": advocate.customer, "advocate": advocate}
            facts = {**dict.fromkeys(events.ADVOCATE_ENROLLED.facts, ""), "status": "active"}
            drafts.append(Draft(type=events.ADVOCATE_ENROLLED, facts=facts, occurred_at=ground.NOW, **who, **shared))
        with transaction.atomic():
            record(drafts, at=ground.NOW)


def _begun():
    """When the worker has made its first rows: starting it takes the processors, too."""
    from advocacy.models import Mail  # noqa: PLC0415

    while not Mail.objects.exists():
        time.sleep(0.02)
    return time.perf_counter()


def _check(number):
    from advocacy.models import Mail  # noqa: PLC0415

    queued = Mail.objects.filter(kind="welcome", state="waiting").count()
    if queued != number:
        raise SystemExit(f"{queued} mails wait: not what it should.")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
