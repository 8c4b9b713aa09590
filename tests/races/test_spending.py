"""Spending that meets: real threads on PostgreSQL, each with its own connection."""

import contextlib
import threading
import time
from datetime import timedelta

import pytest

from advocacy.refusals import Conflict
from referrals import events as conversion_events
from rewards import adjustments, audit, exchange, expiry, lots, redemptions
from rewards.models import Redemption
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.wallet_scene import DAY, balance, lot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    return alice_of(program_of(acme(), points_per_unit=100))


def reserve(alice, amount, unit="EUR"):
    wanted = {"storefront": alice.storefront, "customer": alice.customer, "unit": unit, "amount_minor": amount}
    return redemptions.reserve(**wanted, at=NOW)


def unless(refusal, *calls):
    """As a job that does each of these, refused or not."""

    def run():
        for call in calls:
            with contextlib.suppress(refusal):
                call()

    return run


def test_the_same_credit_is_not_spent_twice(alice):
    for _ in range(5):
        lot(alice.program, alice.customer, 200)
    together(*[unless(lots.NotEnough, *[lambda: reserve(alice, 300)] * 2)] * 6)
    assert Redemption.objects.count() == 3
    assert (balance(alice.customer), balance(alice.customer, kind="reserved")) == (100, 900)
    assert list(audit.differences()) == []


def test_a_basket_confirmed_and_given_back_at_once_is_one_of_both(alice):
    lot(alice.program, alice.customer, 10_000)
    for _ in range(10):
        row = reserve(alice, 100)
        together(
            unless(Conflict, lambda row=row: redemptions.confirm(redemption=row, at=NOW)),
            unless(Conflict, lambda row=row: redemptions.give_back(redemption=row, at=NOW)),
            lambda: redemptions.end(at=NOW + DAY),
        )
        row.refresh_from_db()
        assert row.state in ("confirmed", "returned", "expired")
    spent = Redemption.objects.filter(state="confirmed").count()
    assert balance(alice.customer) == 10_000 - 100 * spent
    assert list(audit.differences()) == []


def test_spending_refunds_expiry_and_adjustments_at_once_agree(alice):
    rule_of(alice.program, hold_days=0, frequency="every_order")
    conversions = [conversion_of(alice, person(alice.storefront, f"friend {number}")) for number in range(6)]
    for conversion in conversions:
        tell(conversion)
    drain_all()
    for _ in range(4):
        lot(alice.program, alice.customer, 500, expires_in=1)
        lot(alice.program, alice.customer, 500, form="points")
    for conversion in conversions[:3]:
        tell(conversion, conversion_events.CONVERSION_ADJUSTED, refunded_minor=2500)
    by_hand = {"program": alice.program, "customer": alice.customer, "form": "credit", "reason": "Goodwill", "at": NOW}
    together(
        drain_all,
        unless(lots.NotEnough, *[lambda: redemptions.confirm(redemption=reserve(alice, 700), at=NOW)] * 4),
        unless(lots.NotEnough, *[lambda: redemptions.give_back(redemption=reserve(alice, 700), at=NOW)] * 4),
        lambda: expiry.expire(at=NOW + DAY + timedelta(hours=1)),
        lambda: adjustments.take(**by_hand, amount_minor=300, allow_negative=True),
        lambda: adjustments.give(**by_hand, amount_minor=300),
        lambda: exchange.for_credit(program=alice.program, customer=alice.customer, points=1500, at=NOW),
    )
    assert list(audit.differences()) == []
    assert balance(alice.customer, kind="reserved") == 0


def test_points_become_the_first_credit_while_a_settlement_makes_the_same_accounts(alice, monkeypatch):
    """Each needs the accounts of points and of credit; one that took only the points first would wait for the other."""
    rule_of(alice.program, "Credit", hold_days=0)
    rule_of(alice.program, "Points", hold_days=0, advocate_form="points", advocate_amount_minor=50)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    lot(alice.program, alice.customer, 500, form="points")
    half_way, credited = threading.Event(), exchange._credit

    def later(made, at):
        half_way.set()
        time.sleep(0.4)
        return credited(made, at)

    monkeypatch.setattr(exchange, "_credit", later)
    together(
        lambda: exchange.for_credit(program=alice.program, customer=alice.customer, points=500, at=NOW),
        lambda: half_way.wait(5) and drain_all(),
    )
    assert balance(alice.customer) == 1000 + 500
    assert balance(alice.customer, form="points") == 50
    assert list(audit.differences()) == []
