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

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)


@contextlib.contextmanager
def database():
    """A migrated database of its own, in the environment as DATABASE_URL; Django is set up on it."""
    os.environ |= {"MODE": "development", "LOG_LEVEL": "WARNING", "ENV_FILE": ""}
    with services.running() as addresses, _own(addresses["DATABASE_URL"]) as address:
        os.environ |= addresses | {"DATABASE_URL": address}
        command = (sys.executable, "manage.py", "migrate", "--verbosity", "0")
        subprocess.run(command, cwd=services.CHECKOUT, check=True)
        _set_up_django()
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


def _set_up_django():
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 (the settings need the address)

    django.setup()


def _leave():
    from django.db import connections  # noqa: PLC0415

    connections.close_all()


def verdict(name, ratio, goal):
    """Print it; the exit code."""
    print(f"{name}: {ratio:.2f} (goal: at least {goal}) {'ok' if ratio >= goal else 'MISSED'}")
    return 0 if ratio >= goal else 1


def at_most(name, value, goal):
    """Print it; the exit code."""
    print(f"{name}: {value:.0f} (goal: below {goal:.0f}) {'ok' if value < goal else 'MISSED'}")
    return 0 if value < goal else 1
