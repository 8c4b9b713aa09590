"""A worker knows every task that beat sends; tried in a process of its own, because tests load what workers do not."""

import json
import subprocess
import sys

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.celery import forget_old_tasks

_ASKED = """
import json
from config.celery import app
app.loader.import_default_modules()
app.finalize()
wanted = {entry["task"] for entry in app.conf.beat_schedule.values()}
print(json.dumps([sorted(wanted), sorted(wanted - set(app.tasks))]))
"""


def test_a_worker_knows_every_task_that_beat_sends():
    said = subprocess.run([sys.executable, "-c", _ASKED], check=True, capture_output=True, text=True).stdout
    wanted, unknown = json.loads(said.splitlines()[-1])
    assert "advocacy.errands.tasks.run" in wanted
    assert unknown == []


@pytest.mark.django_db
def test_beat_forgets_what_no_worker_knows_any_more():
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    for name in ("an old one", "sweep"):
        PeriodicTask.objects.create(name=name, task=f"old.{name}", interval=every)
    forget_old_tasks()
    assert list(PeriodicTask.objects.values_list("name", flat=True)) == ["sweep"]
