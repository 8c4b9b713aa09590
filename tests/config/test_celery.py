"""A worker knows every task that beat sends; tried in a process of its own, because tests load what workers do not."""

import json
import subprocess
import sys

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
