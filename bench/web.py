"""A WSGI application behind the web server of production, the load that it gets, and how fast this machine is at that.

Goals in absolute figures were set on another machine. Where they are about calls over HTTP, web server, threads of
Python, database and whoever asks share its processors; the figure known of it that is most like that is the rate of a
bare Django view.
"""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from config import services
from config.stack import PROCESSES, free_port

# Redirects a second of the other machine by a Django that has nothing else, 32 connections kept open.
BARE = 9_900
_ROUNDS, _SECONDS = 3, 2


def factor():
    """The part of the other machine's speed that this one has now; at most 1."""
    with served("bench.bare:application", {"BENCH_BARE": "yes"}) as port:
        load(1, port, ["/bare/x"])
        rates = [rate(load(_SECONDS, port, ["/bare/x"])) for _ in range(_ROUNDS)]
    bare = statistics.median(rates)
    found = min(bare / BARE, 1.0)
    print(
        f"this machine: {bare:.0f} redirects a second by a bare view ({bare / BARE:.2f} of {BARE}): factor {found:.2f}"
    )
    return found


@contextlib.contextmanager
def served(application, environment):
    """The port of a server with the options of production."""
    port = free_port(8300, say=lambda words: None)
    workers = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    command = (sys.executable, "-m", *PROCESSES["web"], "--host", "127.0.0.1", "--port", str(port))
    command += ("--workers", workers, "--log-level", "warning", application)
    server = subprocess.Popen(command, cwd=services.CHECKOUT, env=os.environ | environment)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port):
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise SystemExit("The web server does not answer.")


def load(seconds, port, paths, *, rate=0):
    command = (sys.executable, "-m", "bench.load", str(port), str(seconds), str(rate), *paths)
    result = json.loads(subprocess.run(command, cwd=services.CHECKOUT, check=True, stdout=subprocess.PIPE).stdout)
    if set(result["statuses"]) != {"302"}:
        raise SystemExit(f"Not every answer was a redirect: {result['statuses']}")
    return result


def rate(result):
    """Redirects a second."""
    return result["statuses"]["302"] / result["seconds"]
