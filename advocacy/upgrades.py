"""Whether a database can be migrated from where it stands.

Where many migrations became one and their files are gone, Django knows nothing of a database that was made by them: it
would make all tables again.
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
    stands_at = {key for key, migration in files.items() if key in done or _replaces_only(migration, done)}
    for app in sorted({app for app, _ in files} & {app for app, _ in done}):
        if not any(place == app for place, _ in stands_at):
            yield Error(
                f"This database has only migrations of {app} that are gone: "
                f"{', '.join(sorted(name for of, name in done if of == app))}.",
                hint="Bring it to the last release that has them, migrate there, then come back.",
                id="advocacy.E001",
            )


def _replaces_only(migration, done):
    """What stands for others is as good as done where all of them are."""
    return bool(migration.replaces) and done.issuperset(migration.replaces)
