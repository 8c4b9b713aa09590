"""Settling a backlog of conversions, with conditions, caps and decisions written.

With 5 rules against a plain bulk insert of the rows that it made, measured right after it in the same database; and in
batches against one by one, a transaction for each event.
"""

import statistics
import sys
import time
from datetime import timedelta

from bench import ground, rules

PLAIN_GOAL, SINGLES_GOAL = 0.5, 8
ADVOCATES, BACKLOG, SAMPLE = 500, 10_000, 600


def main():
    with ground.database():
        from bench import backlog, plain  # noqa: PLC0415 (Django is set up first)

        program, advocates = backlog.program(rules.FIVE, advocates=ADVOCATES)
        singles = [_one_by_one(backlog, program, advocates)]
        backlog.convert(program, advocates, number=BACKLOG)
        batched = _settle(BACKLOG, batch=None)
        singles.append(_one_by_one(backlog, program, advocates))
        backlog.check(conversions=BACKLOG + SAMPLE)
        inserted = (BACKLOG + SAMPLE) / plain.insert_again()
    single = statistics.harmonic_mean(singles)
    print(f"5 rules, one by one: {[round(rate) for rate in singles]} conversions a second ({SAMPLE} of them)")
    print(f"5 rules, in batches: {round(batched)} conversions a second ({BACKLOG} of them)")
    print(f"the same rows by bulk_create: {round(inserted)} conversions a second")
    return ground.verdict("settling with 5 rules ÷ plain bulk insert", batched / inserted, PLAIN_GOAL) + ground.verdict(
        "settling in batches ÷ one by one", batched / single, SINGLES_GOAL
    )


def _one_by_one(backlog, program, advocates):
    backlog.convert(program, advocates, number=SAMPLE // 2)
    return _settle(SAMPLE // 2, batch=1)


def _settle(number, *, batch):
    """Drain the lane; conversions a second."""
    from advocacy.outbox import drain  # noqa: PLC0415

    usual, drain.BATCH = drain.BATCH, batch or drain.BATCH
    began, done = time.perf_counter(), 0
    # After every conversion's own time, so that holds are counted from it.
    while taken := drain.drain("money", at=ground.NOW + timedelta(seconds=1)):
        done += taken
    seconds = time.perf_counter() - began
    drain.BATCH = usual
    if done != number:
        raise SystemExit(f"{done} events were settled where {number} waited.")
    return number / seconds


if __name__ == "__main__":
    sys.exit(main())
