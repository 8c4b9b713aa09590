"""What waited for an exchange rate: in which order it is decided, and that nothing keeps the others waiting."""

import logging
from decimal import Decimal

import pytest

from rewards import audit, crediting, rates, tasks
from rewards.models import Decision, Rate, Reward, Subject
from rewards.settlement import waiting
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, settle, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def brought(alice, *names):
    return [conversion_of(alice, person(alice.storefront, name)) for name in names]


def dollars_come(alice):
    said = rates.Said("line 1", NOW.date(), "USD", "EUR", Decimal("0.9"), "ecb")
    rates.put(storefront=alice.storefront, rates=[said], at=NOW)


def test_what_was_told_first_is_decided_first_whoever_was_known_before(alice):
    caps = [{"scope": "program", "period": "all", "measure": "count", "limit": 1, "side": ""}]
    rule_of(alice.program, hold_days=0, friend_kind="", caps=caps)
    fred, gina = brought(alice, "fred", "gina")
    tell(gina, currency="USD")
    tell(fred, currency="USD")
    settle()
    first = Decision.objects.order_by("pk").values_list("subject__public_id", flat=True)
    assert list(first) == [gina.public_id, fred.public_id]
    dollars_come(alice)
    assert waiting.Round().decide(at=NOW) == 2
    assert Reward.objects.get().subject.public_id == gina.public_id


@pytest.mark.parametrize("limit", [200, 1])
def test_one_that_fails_is_logged_and_waits_and_the_others_are_decided(alice, monkeypatch, caplog, limit):
    rule_of(alice.program, hold_days=0)
    fred, gina, hugo = brought(alice, "fred", "gina", "hugo")
    for conversion in (fred, gina, hugo):
        tell(conversion, currency="USD")
    settle()
    dollars_come(alice)
    post = crediting.ledger.post

    def fail_for_fred(postings, *, at):
        if any(posting.reward.subject.public_id == fred.public_id for posting in postings):
            raise ZeroDivisionError
        return post(postings, at=at)

    monkeypatch.setattr(crediting.ledger, "post", fail_for_fred)
    caplog.set_level(logging.ERROR)
    this = waiting.Round()
    while this.decide(at=NOW, limit=limit):
        pass
    (left,) = Subject.objects.exclude(waits_for="")
    assert (left.public_id, left.waits_for) == (fred.public_id, "rate_missing USD")
    assert f"Subject {left.pk} waited for a rate and cannot be decided." in caplog.text
    assert not Rate.objects.get().served
    monkeypatch.undo()
    tasks.decide_waiting()
    assert not Subject.objects.exclude(waits_for="").exists()
    assert list(audit.differences()) == []
