"""Merges' stage: friends who buy, two records made one and parted again, and what the wallets hold then."""

import pytest
from django.utils import timezone

from advocacy import audit as of_people
from advocacy.outbox.drain import drain
from referrals import audit as of_referrals
from rewards import audit as of_rewards
from rewards import rebuild
from tests import cast
from tests.flows.api import secret
from tests.rewards import scene

DAY = cast.DAY


@pytest.fixture
def shop(acme, program, alice):
    scene.rule_of(program, frequency="every_order", hold_days=0)
    return secret(acme)


def settle():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def buys(shop, number, customer, code=None, *, days_ago=1, **changes):
    hint = {"referral_code": code} if code else {}
    order = cast.order(str(number), at=timezone.now() - days_ago * DAY, customer=customer, **hint | changes)
    answer = shop.post("/orders", order)
    assert answer.status_code == 201, answer.content
    return answer.json()


def merge(shop, into, merged, status=201):
    answer = shop.post("/customers/merge", {"into": into, "merged": merged, "reason": "One person"})
    assert answer.status_code == status, answer.content
    settle()
    return answer.json()


def undo(shop, made):
    answer = shop.post(f"/merges/{made['id']}/undo", {"reason": "Two people"})
    settle()
    return answer


def has(shop, name):
    """What is available, and what the statement says last."""
    found = shop.get(f"/wallets/{name}").json()["balances"]
    lines = shop.get(f"/wallets/{name}/statement").json()["data"]
    amounts = [each["available"]["amount_minor"] for each in found]
    return amounts, [line["balance"]["amount_minor"] for line in lines][:1]


def nothing_differs():
    found = [*of_people.differences(), *of_referrals.differences(), *of_rewards.differences()]
    *again, done = rebuild.verify()
    assert [*found, *again] == []
    return done


def brings(shop, code, *numbers, **changes):
    """Friends who come by the code, one order each."""
    for number in numbers:
        buys(shop, number, {"external_id": f"friend {number}"}, code, **changes)
    settle()


def refund(shop, number, part=1):
    """One part of the order, such as 2 for a half."""
    amount = shop.get(f"/orders/{number}").json()["total"]["amount_minor"] // part
    answer = shop.post(f"/orders/{number}/refunds", {"refund_id": f"r{number}", "amount_minor": amount})
    assert answer.status_code == 201, answer.content
    settle()
