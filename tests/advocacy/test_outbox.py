"""The event log: recorded with its fact, worked on exactly once, one bad event never stops the others."""

import time
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from advocacy.models import Event, Pending
from advocacy.outbox import drain as draining
from advocacy.outbox import tasks
from advocacy.outbox.record import ChainTooLong, Draft, record
from referrals import events as catalogue
from rewards import settlement
from rewards.models import Reward, Transfer
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell

pytestmark = pytest.mark.django_db
HANDLERS = {}


@pytest.fixture
def handlers(settings):
    """What follows an event, as a test says it."""
    settings.EVENT_HANDLERS = f"{__name__}.HANDLERS"
    HANDLERS.clear()
    return HANDLERS


@pytest.fixture
def alice():
    program = program_of(acme())
    rule_of(program)
    return alice_of(program)


@pytest.fixture
def fred(alice):
    return person(alice.storefront, "fred")


def facts_of(alice, fred):
    return tell(conversion_of(alice, fred)).facts


def test_an_event_waits_only_in_lanes_that_have_a_handler_for_it(handlers, alice, fred):
    handlers["conversion.recorded"] = {"money": [lambda **_: None], "people": [lambda **_: None]}
    event = tell(conversion_of(alice, fred))
    assert sorted(Pending.objects.filter(event=event).values_list("lane", flat=True)) == ["money", "people"]


def test_an_event_is_gone_with_its_fact_when_the_transaction_fails(alice, fred):
    before = Event.objects.count()
    with pytest.raises(RuntimeError, match="undo"), transaction.atomic():
        tell(conversion_of(alice, fred))
        assert (Event.objects.count(), Pending.objects.count()) == (before + 1, 2)
        raise RuntimeError("undo")
    assert (Event.objects.count(), Pending.objects.count()) == (before, 0)


def test_an_event_carries_exactly_the_facts_of_its_catalogue(alice, fred):
    with pytest.raises(ValueError, match="look at: surprise"):
        tell(conversion_of(alice, fred), surprise=1)


def test_each_handler_gets_all_its_events_at_once_in_event_order(handlers, alice, fred):
    calls = []

    def listener(*, events, at):
        calls.append([event.version for event in events])

    handlers["conversion.recorded"] = {"people": [listener]}
    handlers["conversion.adjusted"] = {"people": [listener]}
    conversion = conversion_of(alice, fred)
    tell(conversion)
    tell(conversion, catalogue.CONVERSION_ADJUSTED)
    tell(conversion, catalogue.CONVERSION_ADJUSTED)
    assert draining.drain("people", at=NOW) == 3
    assert calls == [[1, 2, 3]]
    assert Pending.objects.count() == 0


def test_a_batch_leaves_the_advocates_whom_another_one_has(handlers, alice, fred):
    handlers["conversion.recorded"] = {"people": [lambda **_: None]}
    tell(conversion_of(alice, fred))
    bob = alice_of(alice.program, "bob")
    tell(conversion_of(bob, person(alice.storefront, "frieda")))
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        place = (draining.share_of_lane("people"), alice.pk % draining.SHARES)
        other.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", place)
        assert draining.drain("people", at=NOW) == 1
        assert Pending.objects.get().event.advocate == alice
    assert draining.drain("people", at=NOW) == 1


def test_who_waits_longest_is_taken_first_whatever_their_share(handlers, alice, fred, monkeypatch):
    taken = []
    handlers["conversion.recorded"] = {"people": [lambda events, at: taken.extend(e.advocate_id for e in events)]}
    bob = alice_of(alice.program, "bob")
    first, second = sorted((alice, bob), key=lambda one: one.pk % draining.SHARES, reverse=True)
    tell(conversion_of(first, fred))
    tell(conversion_of(second, person(alice.storefront, "frieda")))
    tell(conversion_of(first, person(alice.storefront, "frida")))
    monkeypatch.setattr(draining, "BATCH", 2)
    while draining.drain("people", at=NOW):
        pass
    assert taken == [first.pk, first.pk, second.pk]


def test_a_worker_looks_again_after_a_batch_that_was_not_full(monkeypatch):
    """Another one may have left rows, because this one had their share."""
    batches = [2, 1, 0, 7]
    monkeypatch.setattr(tasks.draining, "drain", lambda lane, at: batches.pop(0))
    tasks.drain("people")
    assert batches == [7]


def test_a_broken_people_handler_does_not_keep_money_from_being_paid(handlers, alice, fred):
    def broken(*, events, at):
        raise LookupError("no such segment")

    handlers["conversion.recorded"] = {"money": [settlement.settle], "people": [broken]}
    tell(conversion_of(alice, fred))
    draining.drain("people", at=NOW)
    draining.drain("money", at=NOW)
    assert balances(alice.customer) == {"pending": 1000}
    waiting = Pending.objects.get()
    assert (waiting.lane, waiting.attempts) == ("people", 1)
    assert "(LookupError)" in waiting.last_error
    assert "no such segment" not in waiting.last_error


def test_one_bad_event_does_not_stop_the_others_and_leaves_nothing_half_done(handlers, alice, fred):
    bad = conversion_of(alice, person(alice.storefront, "bad"))

    def raises_on_bad(*, events, at):
        if any(event.subject_id == bad.public_id for event in events):
            raise ZeroDivisionError("bad")

    handlers["conversion.recorded"] = {"money": [settlement.settle, raises_on_bad]}
    tell(conversion_of(alice, fred))
    tell(bad)
    tell(conversion_of(alice, person(alice.storefront, "gina")))
    draining.drain("money", at=NOW)
    assert Reward.objects.filter(side="advocate").count() == 2
    assert Transfer.objects.count() == 4
    assert balances(alice.customer) == {"pending": 2000}
    assert Pending.objects.get().event.subject_id == bad.public_id


def test_after_eight_failures_an_event_is_stuck_and_visible_until_somebody_retries_it(handlers, alice, fred):
    broken = [True]

    def sometimes(*, events, at):
        if broken[0]:
            raise ValueError("not today")

    handlers["conversion.recorded"] = {"people": [sometimes]}
    tell(conversion_of(alice, fred))
    at, waits = NOW, []
    for _ in range(8):
        draining.drain("people", at=at)
        pending = Pending.objects.get()
        waits.append((pending.next_attempt_at - at).total_seconds())
        assert draining.drain("people", at=at) == 0, "it is not tried again before its time"
        at = pending.next_attempt_at
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640]
    assert pending.stuck_at is not None
    assert draining.drain("people", at=at + timedelta(days=1)) == 0

    broken[0] = False
    assert draining.retry(Pending.objects.all()) == 1
    assert draining.drain("people", at=at) == 1
    assert Pending.objects.count() == 0


def lost(state):
    """As Django raises what PostgreSQL or the driver said."""
    error = OperationalError("trouble")
    error.__cause__ = psycopg.errors.lookup(state)("trouble") if state else None
    return error


@pytest.mark.parametrize(
    "error", [lost("40P01"), lost("40001"), lost("57P01"), lost("08006"), lost("55P03"), lost(None)]
)
def test_an_interruption_counts_as_no_attempt(handlers, alice, fred, error):
    def interrupted(*, events, at):
        raise error

    handlers["conversion.recorded"] = {"people": [interrupted]}
    tell(conversion_of(alice, fred))
    with pytest.raises(draining.Interrupted):
        draining.drain("people", at=NOW)
    assert Pending.objects.get().attempts == 0


def test_a_statement_that_runs_too_long_is_the_events_own_trouble(handlers, alice, fred, monkeypatch):
    monkeypatch.setattr(draining, "SECONDS", 0.05)

    def endless(*, events, at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    handlers["conversion.recorded"] = {"people": [endless]}
    tell(conversion_of(alice, fred))
    draining.drain("people", at=NOW)
    assert Pending.objects.get().attempts == 1


@pytest.mark.parametrize("state", ["54001", "53100"])
def test_what_would_fail_again_is_an_attempt_though_the_driver_calls_it_operational(handlers, alice, fred, state):
    def too_much(*, events, at):
        raise lost(state)

    handlers["conversion.recorded"] = {"people": [too_much]}
    tell(conversion_of(alice, fred))
    draining.drain("people", at=NOW)
    assert Pending.objects.get().attempts == 1


def test_a_batch_that_takes_too_long_in_all_is_taken_one_by_one(handlers, alice, fred, monkeypatch):
    monkeypatch.setattr(draining, "SECONDS", 0.2)
    sizes = []

    def slow_in_company(*, events, at):
        sizes.append(len(events))
        time.sleep(0.15 * (len(events) - 1))

    handlers["conversion.recorded"] = {"people": [slow_in_company]}
    for name in ("gina", "harry", "ivy"):
        tell(conversion_of(alice, person(alice.storefront, name)))
    while draining.drain("people", at=NOW):
        pass
    assert sizes == [3, 1, 1, 1]
    assert Pending.objects.count() == 0


def test_a_task_that_is_out_of_time_leaves_its_batch_to_be_taken_alone(handlers, alice, fred):
    def out_of_time(*, events, at):
        raise draining.SoftTimeLimitExceeded

    handlers["conversion.recorded"] = {"people": [out_of_time]}
    tell(conversion_of(alice, fred))
    with pytest.raises(draining.Interrupted):
        draining.drain("people", at=NOW)
    assert Pending.objects.values_list("alone", "attempts").get() == (True, 0)
    with pytest.raises(draining.Interrupted):
        draining.drain("people", at=NOW)
    assert Pending.objects.get().attempts == 1


def test_a_row_that_somebody_has_just_tried_is_not_tried_again_at_once(handlers, alice, fred):
    def broken(*, events, at):
        raise ValueError("broken")

    handlers["conversion.recorded"] = {"people": [broken]}
    tell(conversion_of(alice, fred))
    pk = Pending.objects.get().pk
    draining.drain("people", at=NOW)
    assert draining._single("people", pk, NOW) == 0
    assert Pending.objects.get().attempts == 1


def test_an_event_that_nothing_follows_in_its_lane_waits_visibly(handlers, alice, fred):
    handlers["conversion.recorded"] = {"people": [lambda **_: None]}
    tell(conversion_of(alice, fred))
    handlers.clear()
    draining.drain("people", at=NOW)
    assert "Nothing follows conversion.recorded in lane people" in Pending.objects.get().last_error


def test_a_chain_of_causes_ends(alice, fred):
    cause = None
    for _ in range(6):
        conversion = conversion_of(alice, fred)
        conversion.version = 1
        draft = Draft(
            type=catalogue.CONVERSION_HELD,
            subject=conversion,
            storefront=alice.storefront,
            facts=facts_of(alice, fred),
            cause=cause,
            occurred_at=NOW,
        )
        cause = record([draft], at=NOW)[0]
    conversion = conversion_of(alice, fred)
    with pytest.raises(ChainTooLong):
        record([Draft(**vars(draft) | {"cause": cause, "subject": conversion})], at=NOW)


def test_an_event_from_the_future_is_stored_as_of_now(alice, fred):
    assert tell(conversion_of(alice, fred), at=NOW).occurred_at == NOW
    draft_at = NOW + timedelta(hours=3)
    conversion = conversion_of(alice, fred)
    facts = facts_of(alice, fred)
    conversion.version = 1
    draft = Draft(
        type=catalogue.CONVERSION_HELD,
        subject=conversion,
        storefront=alice.storefront,
        facts=facts,
        occurred_at=draft_at,
    )
    assert record([draft], at=NOW)[0].occurred_at == NOW
