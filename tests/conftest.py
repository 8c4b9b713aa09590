"""Servers for the tests: embedded and their own, unless DATABASE_URL and REDIS_URL name others."""

import atexit
import contextlib
import gc
import importlib
import os
import sys
from urllib.parse import urlsplit

import django
import hypothesis
import pytest
from django.db import connection

from config import collecting, services
from tests import drawing, emptying, sparing

# What this machine's .env says must not change what the tests see.
os.environ["ENV_FILE"] = ""
os.environ.setdefault("MODE", "development")
# A test changes a storefront and calls at once.
os.environ["KEY_TRUST_MILLISECONDS"] = "0"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _start_servers():
    """Before Django reads its settings. Parallel processes inherit the addresses and start nothing."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    held = contextlib.ExitStack()
    atexit.register(held.close)
    os.environ.update(held.enter_context(services.running(private="test")))


def _take_own_redis_database():
    """Each parallel process has its own, as pytest-django gives each its own PostgreSQL database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    address, number = os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1
    if address.startswith("unix://"):
        os.environ["REDIS_URL"] = f"{address}?db={number}"
    else:
        os.environ["REDIS_URL"] = urlsplit(address)._replace(path=f"/{number}").geturl()


# How long an example takes says something of the machine, nothing of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
_start_servers()
_take_own_redis_database()
django.setup()
emptying.install()
sparing.install()
# A parallel process that inherited this would read its settings before it has a Redis database of its own.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_configure(config):
    drawing.begin(config)


def pytest_report_header():
    return drawing.header()


def pytest_collection_modifyitems(config, items):
    drawing.leave_out(config, items)


def pytest_sessionstart(session):
    """Parallel processes that take all tests read all: each compiles its part first, and finds the others' done."""
    worker, tests = os.environ.get("PYTEST_XDIST_WORKER"), session.config.rootpath / "tests"
    if worker is None or sys.dont_write_bytecode or session.config.args != session.config.getini("testpaths"):
        return
    mine = slice(int(worker.removeprefix("gw")), None, int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    for path in sorted(tests.rglob("test_*.py"))[mine]:
        # What cannot be imported is told by whoever runs it.
        with contextlib.suppress(Exception):
            importlib.import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


@pytest.fixture(scope="session")
def _garbage_lies():
    gc.disable()


@pytest.fixture(scope="session")
def django_db_setup(_garbage_lies, django_db_setup, django_db_blocker):
    """Migrating makes all models anew several times; to look for those that may go takes long."""
    collecting.rarely()
    gc.enable()
    yield
    # PostgreSQL would wait 5 s for whoever is still there, and then not drop the database.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(emptying.OTHERS_LEAVE)


pytest_plugins = ["tests.fixtures"]
