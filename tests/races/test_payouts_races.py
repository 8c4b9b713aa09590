"""Payouts that meet: two gatherings pay once, two results count once, a refund meets a batch."""

import contextlib

import pytest

from advocacy.refusals import Refused
from rewards import audit
from rewards.models import Payout, Transfer
from rewards.payouts import gathering
from tests.races.test_settlement_races import together
from tests.rewards import scene
from tests.rewards.payouts_stage import LATER, cash_rule, earns, exported, payee_of, policy_of, refunded, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program():
    program = scene.program_of(scene.acme())
    cash_rule(program)
    return program


@pytest.fixture
def conversions(program):
    """Eight advocates with 25.00 EUR each."""
    advocates = [scene.alice_of(program, f"advocate {number}") for number in range(8)]
    for advocate in advocates:
        payee_of(advocate.customer)
    return [earns(advocate) for advocate in advocates]


def test_two_gatherings_at_once_pay_once(program, conversions):
    policy = policy_of(program.storefront)
    refusals = []

    def gather():
        try:
            gathering.gather(policy=policy, at=LATER)
        except Refused as refused:
            refusals.append(refused.code)

    together(*[gather] * 4)
    assert refusals == ["nothing_to_pay"] * 3
    assert sorted(Payout.objects.values_list("number", flat=True)) == list(range(1, 9))
    assert Transfer.objects.filter(leg="reserve").count() == 8
    assert list(audit.differences()) == []


def test_the_same_results_at_once_count_once(program, conversions):
    batch = exported(policy_of(program.storefront, four_eyes_above_minor=10**6))
    results = {f"n{number}": "paid" if number % 2 else "failed" for number in range(1, 9)}
    together(*[lambda: said(batch, **results)] * 4)
    assert Transfer.objects.filter(leg="pay").count() == 4
    assert Transfer.objects.filter(leg="give_back").count() == 4
    assert list(audit.differences()) == []


def test_refunds_and_a_gathering_at_once_wait_for_each_other_and_do_not_deadlock(program, conversions):
    policy = policy_of(program.storefront)
    refunds = [lambda one=one: refunded(one, 5000) for one in reversed(conversions)]
    together(lambda: _try(policy), *refunds[:4], lambda: _try(policy), *refunds[4:])
    assert list(audit.differences()) == []


def _try(policy):
    with contextlib.suppress(gathering.NothingToPay):
        gathering.gather(policy=policy, at=LATER)
