"""The migrations make what the models say, and refuse a database that stopped between old ones before they touch it."""

import pytest
from django.core import management
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


@pytest.fixture
def stands_for():
    """``(the migration, those that it stands for)`` of rewards, in a database of before."""
    files = MigrationLoader(None).disk_migrations
    ((key, migration),) = [each for each in files.items() if each[0][0] == "rewards" and each[1].replaces]
    rows = MigrationRecorder.Migration.objects
    rows.filter(app="rewards").delete()
    rows.bulk_create([MigrationRecorder.Migration(app=app, name=name) for app, name in migration.replaces])
    return key, migration.replaces


def test_what_misses_the_last_of_them_is_told_so_and_stays_as_it_is(stands_for):
    (_, name), replaced = stands_for
    last = MigrationRecorder.Migration.objects.filter(app="rewards", name=replaced[-1][1])
    last.delete()
    before = MigrationRecorder.Migration.objects.count()
    with pytest.raises(SystemCheckError) as refused:
        management.call_command("migrate", verbosity=0, skip_checks=False)
    assert f"rewards.{name} stands for; missing: rewards.{replaced[-1][1]}." in str(refused.value)
    assert MigrationRecorder.Migration.objects.count() == before


def test_what_has_all_of_them_is_taken_as_it_is(stands_for):
    management.call_command("check", databases=["default"])
    assert stands_for[0] in MigrationLoader(connection).applied_migrations


def test_a_new_database_has_nothing_to_answer_for():
    MigrationRecorder.Migration.objects.all().delete()
    management.call_command("check", databases=["default"])


def test_the_migrations_say_what_the_models_say(capsys):
    try:
        management.call_command("makemigrations", "--check", "--dry-run")
    except SystemExit:
        pytest.fail(f"A migration is missing:\n{capsys.readouterr().out}")
