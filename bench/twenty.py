"""Settling a backlog with 20 rules by as many processes as there are cores, as workers do."""

import subprocess
import sys
import time

from bench import ground, rules

GOAL, ADVOCATES, BACKLOG, CORES = 1_000, 500, 10_000, 2


def main():
    with ground.database():
        from bench import backlog, machine  # noqa: PLC0415

        factor = machine.factor()
        program, advocates = backlog.program(rules.TWENTY, advocates=ADVOCATES)
        backlog.convert(program, advocates, number=BACKLOG)
        began = time.perf_counter()
        workers = [subprocess.Popen([sys.executable, "-m", "bench.drain"]) for _ in range(CORES)]
        failed = [worker.wait() for worker in workers]
        seconds = time.perf_counter() - began - _starting()
        if any(failed):
            raise SystemExit("A worker failed.")
        backlog.check(conversions=BACKLOG)
    return ground.verdict(
        f"conversions a second with 20 rules, {CORES} processes", BACKLOG / seconds, GOAL, factor=factor
    )


def _starting():
    """Seconds that such a process takes to start and find nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bench.drain"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
