"""Whether a database can be migrated from where it stands.

Where many migrations became one (``replaces``) and their files are gone, Django takes a database with all of them as it
is, but one with only some it would migrate on as if the rest had been done.
"""

from django.core.checks import Error
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def check(*, app_configs=None, databases=None, **options):
    """Django's check of databases, which ``migrate`` asks before it does anything."""
    return [error for alias in databases or () for error in _errors(alias)]


def _errors(alias):
    done = set(MigrationRecorder(connections[alias]).applied_migrations())
    files = MigrationLoader(None).disk_migrations
    for (app, name), migration in files.items():
        gone = [old for old in migration.replaces if old not in files]
        missing = [old for old in gone if old not in done]
        if missing and len(missing) < len(migration.replaces) and (app, name) not in done:
            yield Error(
                f"This database has only some of the migrations that {app}.{name} stands for; "
                f"missing: {', '.join('.'.join(old) for old in missing)}.",
                hint="Bring it to the last release that has these migrations, migrate there, then come back.",
                id="advocacy.E001",
            )
