"""The migrations make what the models say, go on where a database stands, and refuse one that they know nothing of."""

import pytest
from django.core import management
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


@pytest.fixture
def stands_for():
    """``(the migration, those that it stands for)`` of rewards, in a database of before."""
    files = MigrationLoader(None).disk_migrations
    ((key, migration),) = [each for each in files.items() if each[0][0] == "rewards" and each[1].replaces]
    _has_of_rewards(*[name for _, name in migration.replaces])
    return key, migration.replaces


def _has_of_rewards(*names):
    rows = MigrationRecorder.Migration.objects
    rows.filter(app="rewards").delete()
    rows.bulk_create([MigrationRecorder.Migration(app="rewards", name=name) for name in names])


def test_what_has_only_migrations_that_are_gone_is_told_so_and_stays_as_it_is():
    _has_of_rewards("0001_initial", "0002_coupon_uses")
    before = MigrationRecorder.Migration.objects.count()
    with pytest.raises(SystemCheckError) as refused:
        management.call_command("migrate", verbosity=0, skip_checks=False)
    assert "only migrations of rewards that are gone: 0001_initial, 0002_coupon_uses." in str(refused.value)
    assert MigrationRecorder.Migration.objects.count() == before


def test_what_misses_the_last_of_them_is_migrated_on_by_that_one(stands_for):
    _, replaced = stands_for
    MigrationRecorder.Migration.objects.filter(app="rewards", name=replaced[-1][1]).delete()
    management.call_command("check", databases=["default"])
    assert _first_to_come() == replaced[-1]


def test_what_has_all_of_them_is_taken_as_it_is(stands_for):
    key, replaced = stands_for
    management.call_command("check", databases=["default"])
    assert key in MigrationLoader(connection).applied_migrations
    assert _first_to_come() not in [key, *replaced]


def _first_to_come():
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes("rewards"))
    return (plan[0][0].app_label, plan[0][0].name) if plan else None


def test_a_new_database_has_nothing_to_answer_for():
    MigrationRecorder.Migration.objects.all().delete()
    management.call_command("check", databases=["default"])


def test_the_migrations_say_what_the_models_say(capsys):
    try:
        management.call_command("makemigrations", "--check", "--dry-run")
    except SystemExit:
        pytest.fail(f"A migration is missing:\n{capsys.readouterr().out}")
