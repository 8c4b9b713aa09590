"""What a production process does once or not at all would here be done for each of thousands of tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import client
from whitenoise.middleware import WhiteNoiseMiddleware

_find_files, _found = WhiteNoiseMiddleware.add_files_from_finders, {}
_store_rendered = client.store_rendered_templates


def install():
    # Passwords are hashed as in production, but in no time: a server that a test starts can still check them.
    PBKDF2PasswordHasher.iterations = 1
    WhiteNoiseMiddleware.add_files_from_finders = _find_files_once
    client.store_rendered_templates = _store_the_first


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
