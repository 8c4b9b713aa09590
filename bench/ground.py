"""Where a measurement stands: the servers of ``bin/demo``, and a database of its own that is dropped afterwards."""

import contextlib
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg

from config import services
from config.stack import PROCESSES

NOW = datetime.now(UTC)
_WORKERS = sum("worker" in command for command in PROCESSES.values())
LONG_AGO = NOW - timedelta(days=400)


@contextlib.contextmanager
def database():
    """A migrated database of its own, in the environment as DATABASE_URL; Django is set up on it."""
    os.environ |= {"MODE": "development", "LOG_LEVEL": "WARNING", "ENV_FILE": ""}
    with services.running() as addresses, _own(addresses["DATABASE_URL"]) as address:
        os.environ |= addresses | {"DATABASE_URL": address}
        command = (sys.executable, "manage.py", "migrate", "--verbosity", "0")
        subprocess.run(command, cwd=services.CHECKOUT, check=True)
        set_up_django()
        yield
        _leave()


@contextlib.contextmanager
def _own(address):
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(address)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def set_up_django():
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 (the settings need the address)

    django.setup()


def _leave():
    from django.db import connections  # noqa: PLC0415

    connections.close_all()


def wait_for_workers():
    """Until all workers of the stack answer: while they start they take the processors from what is measured."""
    from config.celery import app  # noqa: PLC0415 (Django is set up first)

    for _ in range(60):
        if len(app.control.ping(timeout=1)) == _WORKERS:
            return
    raise SystemExit("The workers do not answer.")


def verdict(name, ratio, goal, *, factor=1.0):
    """Print it; the exit code. A goal in absolute figures is scaled by the machine's factor."""
    wanted = goal * factor
    print(
        f"{name}: {ratio:.2f} (goal: at least {_scaled(goal, wanted, factor)}) {'ok' if ratio >= wanted else 'MISSED'}"
    )
    return 0 if ratio >= wanted else 1


def at_most(name, value, goal, *, factor=1.0):
    """Print it; the exit code. A goal in absolute figures is scaled by the machine's factor."""
    wanted = goal / factor
    print(f"{name}: {value:.0f} (goal: below {_scaled(goal, wanted, factor)}) {'ok' if value < wanted else 'MISSED'}")
    return 0 if value < wanted else 1


def _scaled(goal, wanted, factor):
    return f"{goal:g}" if factor == 1.0 else f"{wanted:.4g} here, which is {goal:g} scaled by {factor:.2f}"
