"""A real Celery worker process on the test's own database and Redis."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

from django.db import connection


def environment():
    """The test's own: its database's address with the test database's name."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    return os.environ | {"DATABASE_URL": address.geturl()}


@contextlib.contextmanager
def worker(queues="money,people,out", beat=False, threads=0):
    """A worker of its own process group, of two processes or so many threads; gone at the end, whatever happened."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "-c",
        "2",
        "-Q",
        queues,
        "--loglevel",
        "WARNING",
    ]
    command += ["--pool", "threads", "-c", str(threads)] if threads else []
    command += ["--without-gossip", "--without-mingle", "-n", f"test-{os.getpid()}-{time.monotonic_ns()}@%h"]
    process = subprocess.Popen(command, env=environment(), start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition, seconds=40):
    """Poll until it holds; fails in words when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{condition.__name__} did not come true within {seconds} s.")
