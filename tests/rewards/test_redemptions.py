"""Spending credit and points: which lots it takes, what comes back, and what is refused."""

from datetime import timedelta

import pytest

from advocacy.models import Event
from advocacy.outbox import drain
from advocacy.refusals import Conflict, Refused
from referrals import events as conversion_events
from rewards import audit, exchange, expiry, lots, redemptions
from rewards.models import Exchange, Redemption, Transfer
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.wallet_scene import DAY, balance, lot, parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme(), points_per_unit=100)


@pytest.fixture
def alice(program):
    return alice_of(program).customer


@pytest.fixture(autouse=True)
def _nothing_differs():
    yield
    assert list(audit.differences()) == []


def reserve(customer, amount, *, unit="EUR", at=NOW, **said):
    return redemptions.reserve(
        storefront=customer.storefront, customer=customer, unit=unit, amount_minor=amount, at=at, **said
    )


@pytest.mark.parametrize(
    ("expiries", "amount", "left"),
    [
        # (days until each lot of 10.00 expires, what is spent, what each has left)
        ((None, 30, 10), 500, [1000, 1000, 500]),
        ((None, 30, 10), 1500, [1000, 500, 0]),
        ((None, 30, 10), 3000, [0, 0, 0]),
        ((None, None, None), 1500, [0, 500, 1000]),
        ((20, 20, 10), 1001, [999, 1000, 0]),
    ],
)
def test_what_expires_soonest_is_spent_first_then_what_is_oldest(program, alice, expiries, amount, left):
    rewards = [lot(program, alice, 1000, expires_in=days) for days in expiries]
    reserve(alice, amount)
    assert parts(rewards) == left
    assert (balance(alice), balance(alice, kind="reserved")) == (3000 - amount, amount)


def test_more_than_there_is_is_refused_and_nothing_is_written(program, alice):
    lot(program, alice, 1000)
    before = Transfer.objects.count()
    with pytest.raises(lots.NotEnough) as refused:
        reserve(alice, 1001)
    assert refused.value.message == "There is 10.00 EUR to spend, 10.01 EUR was asked for."
    assert (Transfer.objects.count(), Redemption.objects.count()) == (before, 0)


def test_each_form_and_unit_is_a_wallet_of_its_own(program, alice):
    lot(program, alice, 1000, form="cash")
    lot(program, alice, 1000, form="points")
    with pytest.raises(lots.NotEnough):
        reserve(alice, 1)
    assert reserve(alice, 400, unit="PTS", program=program).worth_minor == 400


def test_a_basket_is_confirmed_once(program, alice):
    reward = lot(program, alice, 1000)
    spent = reserve(alice, 400)
    confirmed = redemptions.confirm(redemption=spent, order="1001", at=NOW)
    assert (confirmed.state, confirmed.order_external_id) == ("confirmed", "1001")
    redemptions.confirm(redemption=spent, at=NOW + DAY)
    assert parts([reward], "spent_minor") == [400]
    assert reward.status == "available"
    assert list(Event.objects.filter(subject_kind="redemption").values_list("type", flat=True).order_by("id")) == [
        "redemption.reserved",
        "redemption.confirmed",
    ]


def test_a_basket_that_is_left_gives_back_by_itself(program, alice):
    rewards = [lot(program, alice, 1000), lot(program, alice, 1000)]
    spent = reserve(alice, 1500)
    assert redemptions.end(at=NOW + timedelta(minutes=29)) == 0
    assert redemptions.end(at=NOW + timedelta(minutes=30)) == 1
    assert parts(rewards) == [1000, 1000]
    spent.refresh_from_db()
    assert spent.state == "expired"
    with pytest.raises(Conflict) as refused:
        redemptions.confirm(redemption=spent, at=NOW + timedelta(hours=1))
    assert refused.value.code == "reservation_over"


def test_what_is_over_is_not_confirmed_also_before_the_task_came(program, alice):
    lot(program, alice, 1000)
    spent = reserve(alice, 400)
    with pytest.raises(Conflict):
        redemptions.confirm(redemption=spent, at=spent.reserved_until)


def test_one_that_cannot_be_given_back_does_not_stop_the_others(program, alice, monkeypatch):
    lot(program, alice, 1000)
    broken, fine = reserve(alice, 400), reserve(alice, 300)
    carry = lots.carry

    def sometimes(*, reference, **said):
        return 1 / 0 if reference == broken.public_id else carry(reference=reference, **said)

    monkeypatch.setattr(lots, "carry", sometimes)
    assert redemptions.end(at=NOW + DAY) == 1
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == ("reserved", "expired")
    assert balance(alice) == 600


def test_a_reservation_lasts_a_day_at_most(program, alice):
    lot(program, alice, 1000)
    for until in (NOW, NOW + timedelta(hours=24, seconds=1)):
        with pytest.raises(Refused):
            reserve(alice, 1, until=until)
    assert reserve(alice, 1, until=NOW + DAY).reserved_until == NOW + DAY


def test_a_reversal_gives_each_lot_its_part_back_what_was_taken_last_first(program, alice):
    rewards = [lot(program, alice, 1000, expires_in=10), lot(program, alice, 1000)]
    spent = redemptions.confirm(redemption=reserve(alice, 1500), at=NOW)
    redemptions.reverse(redemption=spent, amount_minor=700, at=NOW)
    assert parts(rewards) == [200, 1000]
    with pytest.raises(Refused) as refused:
        redemptions.reverse(redemption=spent, amount_minor=801, at=NOW)
    assert refused.value.message == "Between 0.01 EUR and 8.00 EUR can be given back."
    assert redemptions.reverse(redemption=spent, at=NOW).state == "reversed"
    assert parts(rewards) == [1000, 1000]
    assert parts(rewards, "status") == ["available", "available"]
    with pytest.raises(Conflict):
        redemptions.reverse(redemption=spent, at=NOW)


def test_what_is_spent_is_not_given_back_and_what_is_given_back_not_reversed(program, alice):
    lot(program, alice, 1000)
    spent = redemptions.confirm(redemption=reserve(alice, 500), at=NOW)
    with pytest.raises(Conflict):
        redemptions.give_back(redemption=spent, at=NOW)
    left = redemptions.give_back(redemption=reserve(alice, 500), at=NOW)
    assert redemptions.give_back(redemption=left, at=NOW).state == "returned"
    with pytest.raises(Conflict):
        redemptions.reverse(redemption=left, at=NOW)


def test_what_was_spent_and_then_refunded_is_paid_off_by_later_credit(program, alice):
    rule_of(program, hold_days=0, friend_kind="")
    conversion = conversion_of(program.advocates.get(), person(program.storefront, "fred"))
    tell(conversion)
    drain.drain("money", at=NOW)
    redemptions.confirm(redemption=reserve(alice, 1000), at=NOW)
    tell(conversion, conversion_events.CONVERSION_ADJUSTED, refunded_minor=5000)
    drain.drain("money", at=NOW)
    assert balance(alice) == -1000
    later = lot(program, alice, 1500)
    assert balance(alice) == 500
    with pytest.raises(lots.NotEnough):
        reserve(alice, 501)
    redemptions.confirm(redemption=reserve(alice, 500), at=NOW)
    assert parts([later]) == [1000]
    assert balance(alice) == 0


def test_a_reservation_is_its_owners_also_when_the_order_behind_it_is_refunded(program, alice):
    rule_of(program, hold_days=0, friend_kind="")
    conversion = conversion_of(program.advocates.get(), person(program.storefront, "fred"))
    tell(conversion)
    drain.drain("money", at=NOW)
    held = reserve(alice, 1000)
    tell(conversion, conversion_events.CONVERSION_ADJUSTED, refunded_minor=2500)
    drain.drain("money", at=NOW)
    assert (balance(alice), balance(alice, kind="reserved")) == (-500, 1000)
    redemptions.give_back(redemption=held, at=NOW)
    assert balance(alice) == 500


def test_what_comes_back_after_it_had_expired_may_be_spent_for_14_days_more(program, alice):
    reward = lot(program, alice, 1000, expires_in=5)
    spent = redemptions.confirm(redemption=reserve(alice, 1000), at=NOW)
    assert expiry.expire(at=NOW + 6 * DAY) == 0
    redemptions.reverse(redemption=spent, at=NOW + 10 * DAY)
    assert parts([reward], "expires_at") == [NOW + 24 * DAY]
    assert (expiry.expire(at=NOW + 23 * DAY), balance(alice)) == (0, 1000)
    assert (expiry.expire(at=NOW + 24 * DAY), balance(alice)) == (1, 0)


def test_points_become_credit_at_the_set_rate_rounded_down(program, alice):
    program.points_per_unit = 30
    points = lot(program, alice, 100, form="points")
    made = exchange.for_credit(program=program, customer=alice, points=50, at=NOW)
    assert (made.amount_minor, balance(alice), balance(alice, "points")) == (166, 166, 50)
    assert parts([points], "spent_minor") == [50]
    with pytest.raises(lots.NotEnough):
        exchange.for_credit(program=program, customer=alice, points=51, at=NOW)
    assert Exchange.objects.count() == 1
    assert Event.objects.get(type="points.exchanged").facts["amount_minor"] == 166


@pytest.mark.parametrize(("rate", "code"), [(None, "no_points_rate"), (1000, "worth_nothing")])
def test_points_without_a_worth_are_not_exchanged(program, alice, rate, code):
    program.points_per_unit = rate
    lot(program, alice, 9, form="points")
    with pytest.raises(Refused) as refused:
        exchange.for_credit(program=program, customer=alice, points=9, at=NOW)
    assert refused.value.code == code


def test_what_is_past_its_time_is_not_spent_though_nobody_took_it_away_yet(program, alice):
    lot(program, alice, 500, expires_in=1)
    lasting = lot(program, alice, 300)
    with pytest.raises(lots.NotEnough) as refused:
        reserve(alice, 301, at=NOW + DAY)
    assert refused.value.spendable == 300
    reserve(alice, 300, at=NOW + DAY)
    assert parts([lasting]) == [0]
