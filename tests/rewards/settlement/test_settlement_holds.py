"""What waits for its hold or a review, and what is credited when it is over."""

from datetime import timedelta

import pytest

from advocacy import enrolment
from advocacy.models import AdvocateStatus
from referrals import events as catalogue
from rewards import crediting, tasks, wallets
from rewards.models import Reward, Transfer
from tests.rewards.scene import (
    NOW,
    balances,
    conversion_of,
    person,
    rule_of,
    settle,
    tell,
)

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=14)


def test_without_a_hold_it_is_credited_at_once(program, alice, fred):
    rule_of(program, hold_days=0)
    tell(conversion_of(alice, fred))
    settle()
    assert balances(alice.customer) == {"available": 1000}
    assert list(Transfer.objects.filter(reward__recipient=fred).order_by("id").values_list("leg", flat=True)) == [
        "grant",
        "release",
    ]


def test_a_held_side_is_not_credited_until_it_is_released_and_the_other_side_is(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion, advocate_review="held")
    settle()
    crediting.release(at=DUE)
    assert balances(alice.customer) == {"pending": 1000}
    assert balances(fred) == {"available": 500}
    tell(conversion, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle(at=DUE)
    assert balances(alice.customer) == {"available": 1000}


def test_a_rejection_takes_one_side_back_and_its_undoing_restores_it(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_REJECTED, advocate_review="rejected")
    settle()
    assert (balances(alice.customer), balances(fred)) == ({}, {"pending": 500})
    tell(conversion, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle()
    assert balances(alice.customer) == {"pending": 1000}


@pytest.mark.parametrize("status", [AdvocateStatus.PAUSED, AdvocateStatus.BANNED])
def test_a_paused_or_banned_advocate_waits_and_the_friend_does_not(program, alice, fred, status):
    rule_of(program)
    tell(conversion_of(alice, fred))
    settle()
    enrolment.set_status(advocate=alice, status=status, at=NOW)
    crediting.release(at=DUE)
    assert (balances(alice.customer), balances(fred)) == ({"pending": 1000}, {"available": 500})
    coming = wallets.balance(storefront=program.storefront, customer=alice.customer, at=DUE)[0].coming
    assert coming == [wallets.Coming(1000, None, f"advocate_{status}")], "nobody can say when"
    assert Reward.objects.get(side="advocate").held_by == f"advocate_{status}"
    assert crediting.release(at=DUE) == 0, "she is looked at again when something changes"
    enrolment.set_status(advocate=alice, status=AdvocateStatus.ACTIVE, at=DUE)
    settle(at=DUE)
    crediting.release(at=DUE)
    assert balances(alice.customer) == {"available": 1000}


def test_one_reward_that_cannot_be_credited_does_not_keep_the_others(program, alice, fred, monkeypatch):
    rule_of(program)
    bad = conversion_of(alice, fred)
    tell(bad)
    tell(conversion_of(alice, person(program.storefront, "gina")))
    settle()

    def post(postings, *, at):
        if any(posting.reward.subject.public_id == bad.public_id for posting in postings):
            raise ZeroDivisionError("bad")
        return ledger_post(postings, at=at)

    ledger_post = crediting.ledger.post
    monkeypatch.setattr(crediting.ledger, "post", post)
    assert crediting.release(at=DUE) == 2
    assert balances(alice.customer) == {"pending": 1000, "available": 1000}


def test_the_task_credits_what_is_due_batch_by_batch(program, alice, fred):
    rule_of(program, hold_days=1)
    tell(conversion_of(alice, fred))
    settle()
    tasks.release()
    assert balances(alice.customer) == {"available": 1000}
