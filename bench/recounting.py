"""A worker beside another: counts marked days until none is left.

``python -m bench.recounting <moment>`` says that it is ready and begins with the next line that it is sent.
"""

import contextlib
import subprocess
import sys
from datetime import datetime

from bench import ground


@contextlib.contextmanager
def beside(at):
    """``begin()`` lets such a worker begin; it has ended when this ends."""
    command = (sys.executable, "-m", "bench.recounting", at.isoformat())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdout.readline()

        def begin():
            worker.stdin.write("\n")
            worker.stdin.close()

        yield begin
        if worker.wait():
            raise SystemExit("The worker beside it failed.")


def until_none_is_marked(at):
    from referrals import rollups  # noqa: PLC0415 (Django is set up first)
    from referrals.models import Mark  # noqa: PLC0415

    rollups.recount(at=at, seconds=60)
    while Mark.objects.exists():
        rollups.recount(at=at, seconds=60)


if __name__ == "__main__":
    ground.set_up_django()
    print("ready", flush=True)
    sys.stdin.readline()
    until_none_is_marked(datetime.fromisoformat(sys.argv[1]))
