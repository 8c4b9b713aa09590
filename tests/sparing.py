"""What a production process does once or not at all would here be done for each of thousands of tests."""

from importlib import import_module

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test import client
from whitenoise.middleware import WhiteNoiseMiddleware

AUDITS = ("advocacy.audit", "rewards.audit")
_find_files, _found = WhiteNoiseMiddleware.add_files_from_finders, {}
_store_rendered = client.store_rendered_templates


def install():
    # Passwords are hashed as in production, but in no time: a server that a test starts can still check them.
    PBKDF2PasswordHasher.iterations = 1
    WhiteNoiseMiddleware.add_files_from_finders = _find_files_once
    client.store_rendered_templates = _store_the_first
    for audit in map(import_module, AUDITS):
        audit.found = _found_in_place


def _find_files_once(middleware):
    """Every client of a test has middleware of its own, which would look for the static files of all apps."""
    if not _found:
        _find_files(middleware)
        _found.update(middleware.files)
    middleware.files.update(_found)


def _store_the_first(store, **rendered):
    """What a test looks into is the context of the page; Django copies those of its hundreds of parts too."""
    if "context" not in store:
        _store_rendered(store, **rendered)


def _found_in_place(check):
    """A temporary table for each of forty questions takes longer than the questions, of so few rows."""
    with connection.cursor() as cursor:
        cursor.execute(check.statement)
        names = [column.name for column in cursor.description]
        told = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    more = {"read": check.page(told)} if check.page and told else {}
    say = check.sentence if callable(check.sentence) else check.sentence.format
    yield from filter(None, (say(**row, **more) for row in told))
