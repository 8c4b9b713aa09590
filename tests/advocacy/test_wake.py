"""Telling the workers: one message is enough for all that waits when it is taken, and none is missing."""

import threading

import pytest
import redis
from django.conf import settings
from django.db import transaction

from advocacy.outbox import tasks, wake

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.delete("money")
    yield lambda: broker.llen("money")
    broker.delete("money")


def messages(calls, queue):
    """How many are sent in all when each is taken at once."""
    sent = 0
    for call in calls:
        call()
        sent += queue()
        redis.Redis.from_url(settings.REDIS_URL).delete("money")
    return sent


def test_a_transaction_wakes_a_lane_once_however_many_facts_it_has(django_capture_on_commit_callbacks, queue):
    with django_capture_on_commit_callbacks() as calls:
        with transaction.atomic():
            wake.after_commit(["money"])
        wake.after_commit(["money"])
    assert messages(calls, queue) == 1


def test_what_was_undone_does_not_keep_a_lane_from_being_woken(django_capture_on_commit_callbacks, queue):
    with django_capture_on_commit_callbacks() as calls:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            wake.after_commit(["money"])
            raise ZeroDivisionError
        wake.after_commit(["money"])
    assert messages(calls, queue) == 1


def test_a_message_that_nobody_took_yet_is_enough(queue):
    wake.now("money")
    wake.now("money")
    assert queue() == 1


def test_one_that_was_taken_is_not(queue):
    wake.now("money")
    redis.Redis.from_url(settings.REDIS_URL).rpop("money")
    wake.now("money")
    assert queue() == 1


def test_nobody_is_woken_while_a_worker_will_look_again_and_everybody_is_afterwards(queue):
    staying = threading.Thread(target=wake.stay, args=["money", 0.5])
    staying.start()
    broker = redis.Redis.from_url(settings.REDIS_URL)
    while not broker.exists("money looks again"):
        pass
    wake.now("money")
    assert queue() == 0
    staying.join()
    wake.now("money")
    assert queue() == 1


def test_a_task_is_called_once_until_it_says_that_it_has_begun_and_not_while_it_will_look_again(queue):
    wake.begun(tasks.sweep)
    wake.call(tasks.sweep, queue="money")
    wake.call(tasks.sweep, queue="money")
    assert queue() == 1
    wake.begun(tasks.sweep)
    wake.stay_for(tasks.sweep, 0.01)
    wake.call(tasks.sweep, queue="money")
    assert queue() == 1
    wake.begun(tasks.sweep)
    wake.call(tasks.sweep, queue="money")
    assert queue() == 2
    # A call that was lost is forgotten.
    broker = redis.Redis.from_url(settings.REDIS_URL)
    assert 1000 < broker.pttl(f"{tasks.sweep.name} is called") <= 2000
    wake.begun(tasks.sweep)


def test_the_note_of_a_worker_that_never_looked_again_expires(queue, monkeypatch):
    def die(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(wake.time, "sleep", die)
    with pytest.raises(KeyboardInterrupt):
        wake.stay("money", 5)
    monkeypatch.undo()
    broker = redis.Redis.from_url(settings.REDIS_URL)
    assert 0 < broker.pttl("money looks again") <= 20_000
    broker.delete("money looks again")


def test_a_worker_that_took_little_says_that_it_looks_again_before_it_does(queue, monkeypatch):
    """Who commits while it pauses sends no message, and is seen by its next look."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    pauses, seen = [], []
    looks = iter([1, 0])
    monkeypatch.setattr(tasks.draining, "drain", lambda lane, at: next(looks))

    def meanwhile(seconds):
        pauses.append(seconds)
        wake.now("money")
        seen.append((broker.exists("money looks again"), queue()))

    monkeypatch.setattr(wake.time, "sleep", meanwhile)
    tasks.drain("money")
    assert (pauses, seen) == ([tasks.PAUSE], [(1, 0)])
    wake.now("money")
    assert queue() == 1
