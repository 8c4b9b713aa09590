"""Settling a backlog of conversions in batches, against the same one by one, on the same database in the same run.

One by one means what lane ``money`` does with a batch of one: a transaction for each event. It is measured on a sample,
half of it before the batches and half after, so that fuller tables favour neither.
"""

import statistics
import sys
import time
from datetime import timedelta

from bench import ground

GOAL = 8
ADVOCATES, BACKLOG, SAMPLE = 500, 10_000, 1_000
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


def main():
    with ground.database():
        from bench import backlog  # noqa: PLC0415 (Django is set up first)

        program, advocates = backlog.program(GIVE_10, advocates=ADVOCATES)
        singles = [_one_by_one(backlog, program, advocates)]
        backlog.convert(program, advocates, number=BACKLOG)
        batched = _settle(BACKLOG, batch=None)
        singles.append(_one_by_one(backlog, program, advocates))
        backlog.check(conversions=BACKLOG + SAMPLE)
    single = statistics.harmonic_mean(singles)
    print(f"one by one: {[round(rate) for rate in singles]} conversions a second ({SAMPLE} of them)")
    print(f"in batches: {round(batched)} conversions a second ({BACKLOG} of them)")
    return ground.verdict("settling in batches ÷ one by one", batched / single, GOAL)


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
