"""The demo's story against a real web server and real workers, one of which is killed in the middle of it."""

import contextlib

import pytest

from advocacy.outbox import tasks
from config.story import stage
from config.story.storefront import Storefront
from config.story.tale import Tale
from rewards import audit
from tests.faults.workers import kill, worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here(live_server, settings):
    """Links lead to the test's own server."""
    settings.BASE_URL = live_server.url
    return live_server.url


def test_everything_in_the_story_comes_true_though_its_worker_is_killed(here):
    setting = stage.set_up()
    with contextlib.ExitStack() as workers:
        first = workers.enter_context(worker())

        def replaced():
            kill(first)
            workers.enter_context(worker())
            tasks.sweep()

        tale = Tale(Storefront(here, setting.token), setting.program, run="x", fault=replaced)
        broken = [step.what for step in tale.tell() if not step.kept]
    assert broken == []
    assert tale.balances == {"alice": (750, 225), "bob": (0, 150), "fred": (750, 0), "gina": (0, 0)}
    assert list(audit.differences()) == []
