"""By hand, with a reason; and what time takes: expiry, its reminder, and its undoing."""

import pytest

from advocacy.models import Event
from advocacy.outbox import drain
from advocacy.refusals import Conflict, Refused
from referrals import events as conversion_events
from rewards import adjustments, audit, crediting, expiry, ledger, lots, redemptions
from rewards.models import Adjustment, Leg, Reward, Transfer
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.wallet_scene import DAY, balance, lot, parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program).customer


@pytest.fixture(autouse=True)
def _nothing_differs():
    yield
    assert list(audit.differences()) == []


def change(verb, program, customer, amount, **said):
    fields = {"program": program, "customer": customer, "form": "credit", "reason": "Goodwill", "at": NOW}
    return verb(amount_minor=amount, **fields | said)


def events(kind):
    return list(Event.objects.filter(subject_kind=kind).values_list("type", flat=True).order_by("id"))


def test_what_is_given_is_a_reward_without_a_rule(program, alice):
    made = change(adjustments.give, program, alice, 500, expires_at=NOW + 30 * DAY)
    reward = made.reward
    assert (reward.rule, reward.subject.trigger, reward.side) == (None, "adjustment", "customer")
    assert (reward.available_minor, reward.status, reward.expires_at) == (500, "available", NOW + 30 * DAY)
    assert (events("reward"), events("adjustment")) == (["reward.credited"], ["adjustment.made"])


def test_what_is_given_with_a_hold_is_credited_when_it_is_over(program, alice):
    change(adjustments.give, program, alice, 500, hold_days=3)
    assert (balance(alice), balance(alice, kind="pending")) == (0, 500)
    assert crediting.release(at=NOW + 3 * DAY) == 1
    assert balance(alice) == 500


def test_taking_spends_lots_and_never_falls_below_0_unasked(program, alice):
    reward = lot(program, alice, 500)
    with pytest.raises(lots.NotEnough):
        change(adjustments.take, program, alice, 501)
    assert Adjustment.objects.count() == 1
    change(adjustments.take, program, alice, 200)
    assert parts([reward], "spent_minor") == [200]
    change(adjustments.take, program, alice, 1000, allow_negative=True)
    assert balance(alice) == -700
    later = lot(program, alice, 1000)
    assert (balance(alice), parts([later])) == (300, [1000])


def test_an_adjustment_is_undone_by_its_opposite_once(program, alice):
    given = change(adjustments.give, program, alice, 500)
    taken = change(adjustments.take, program, alice, 200)
    with pytest.raises(Refused) as refused:
        adjustments.undo(adjustment=given, reason="Wrong person", at=NOW)
    assert refused.value.message == "A part was spent: there is 3.00 EUR left, 5.00 EUR would be taken back."
    adjustments.undo(adjustment=taken, reason="A mistake", at=NOW)
    assert balance(alice) == 500
    adjustments.undo(adjustment=given, reason="Wrong person", at=NOW)
    assert (balance(alice), parts([given.reward], "status")) == (0, ["reversed"])
    with pytest.raises(Conflict):
        adjustments.undo(adjustment=given, reason="Again", at=NOW)


def test_what_fell_below_0_is_undone_too(program, alice):
    taken = change(adjustments.take, program, alice, 200, allow_negative=True)
    adjustments.undo(adjustment=taken, reason="A mistake", at=NOW)
    assert balance(alice) == 0


@pytest.mark.parametrize("form", ["coupon", "gift_card", "custom"])
def test_what_is_no_amount_is_not_adjusted(program, alice, form):
    with pytest.raises(Refused):
        change(adjustments.give, program, alice, 500, form=form)


def test_a_program_of_another_storefront_is_refused(program, alice):
    with pytest.raises(Refused):
        change(adjustments.give, program_of(acme("rival")), alice, 500)


# --- expiry


def test_what_is_left_expires_and_no_more(program, alice):
    rewards = [lot(program, alice, 1000, expires_in=10), lot(program, alice, 1000, expires_in=20)]
    redemptions.reserve(storefront=alice.storefront, customer=alice, unit="EUR", amount_minor=400, at=NOW)
    assert expiry.expire(at=NOW + 9 * DAY) == 0
    assert (expiry.expire(at=NOW + 10 * DAY), expiry.expire(at=NOW + 10 * DAY)) == (1, 0)
    assert (parts(rewards), parts(rewards, "expired_minor")) == ([0, 1000], [600, 0])
    assert rewards[0].status == "reserved"
    assert events("reward")[-1] == "reward.expired"


def test_of_a_lot_that_pays_off_another_only_the_rest_expires(program, alice):
    rewards = [lot(program, alice, 1000, expires_in=10), lot(program, alice, 500, expires_in=10)]
    change(adjustments.take, program, alice, 2700, allow_negative=True)
    assert expiry.expire(at=NOW + 10 * DAY) == 0
    rewards += [lot(program, alice, 1000, expires_in=10), lot(program, alice, 500, expires_in=10)]
    assert expiry.expire(at=NOW + 10 * DAY) == 1
    assert parts(rewards, "expired_minor") == [0, 0, 300, 0]
    assert (balance(alice), expiry.expire(at=NOW + 11 * DAY)) == (0, 0)


def in_debt(program, alice, amount):
    """A lot of which so much was spent before all of it was taken back."""
    reward = Reward.objects.select_related("rule", "subject", "advocate").get(pk=lot(program, alice, amount).pk)
    ledger.move(reward, [(Leg.USE, amount)])
    crediting.save([reward])
    ledger.post([ledger.Posting(reward, Leg.USE, amount)], at=NOW)
    crediting.bring([crediting.Target(reward, 0)], at=NOW)
    return reward


def test_what_paid_off_a_debt_does_not_expire_at_the_cost_of_what_comes_later(program, alice):
    lasting, over = lot(program, alice, 300), lot(program, alice, 1000, expires_in=10)
    owing = in_debt(program, alice, 600)
    assert balance(alice) == 700
    assert expiry.expire(at=NOW + 10 * DAY) == 1
    assert (balance(alice), parts([lasting, over, owing])) == (300, [300, 600, -600])
    later = lot(program, alice, 600, expires_in=20)
    assert expiry.expire(at=NOW + 11 * DAY) == 0
    assert (balance(alice), parts([later], "expired_minor")) == (900, [0])
    assert expiry.expire(at=NOW + 20 * DAY) == 1, "in its own time"
    assert balance(alice) == 300


def test_one_that_cannot_expire_does_not_stop_the_others(program, alice, monkeypatch):
    broken, fine = (lot(program, alice, 1000, expires_in=10) for _ in range(2))
    move = expiry.ledger.move

    def sometimes(reward, legs):
        return 1 / 0 if reward.pk == broken.pk else move(reward, legs)

    monkeypatch.setattr(expiry.ledger, "move", sometimes)
    assert expiry.expire(at=NOW + 10 * DAY) == 1
    assert parts([broken, fine], "expired_minor") == [0, 1000]


def test_a_rewards_expiry_counts_from_its_crediting_and_a_refund_takes_what_expired(program, alice):
    rule_of(program, hold_days=7, expires_days=30, friend_kind="")
    conversion = conversion_of(program.advocates.get(), person(program.storefront, "fred"))
    tell(conversion)
    drain.drain("money", at=NOW)
    crediting.release(at=NOW + 7 * DAY)
    reward = Reward.objects.get()
    assert reward.expires_at == NOW + 37 * DAY
    expiry.expire(at=NOW + 37 * DAY)
    assert parts([reward], "status") == ["expired"]
    tell(conversion, conversion_events.CONVERSION_ADJUSTED, refunded_minor=2500, at=NOW + 38 * DAY)
    drain.drain("money", at=NOW + 38 * DAY)
    assert parts([reward], "expired_minor") == [500]
    assert Transfer.objects.get(leg=Leg.TAKE_EXPIRED).amount_minor == 500
    assert balance(alice) == 0


def test_a_reminder_is_recorded_once_before(program, alice):
    reward = lot(program, alice, 1000, expires_in=30)
    lot(program, alice, 1000)
    assert expiry.remind(at=NOW + 16 * DAY) == 0
    at = NOW + 16 * DAY + DAY / 24
    assert (expiry.remind(at=at), expiry.remind(at=at)) == (1, 0)
    assert parts([reward], "reminded_at") == [at]
    assert events("reward")[-1] == "reward.expiring"


def test_nobody_is_reminded_where_the_program_does_not_want_it(program, alice):
    type(program).objects.update(expiry_reminder_days=0)
    lot(program, alice, 1000, expires_in=30)
    assert expiry.remind(at=NOW + 29 * DAY) == 0


def test_what_expired_comes_back_when_it_is_prolonged(program, alice):
    reward = lot(program, alice, 1000, expires_in=10)
    expiry.expire(at=NOW + 10 * DAY)
    at = NOW + 11 * DAY
    made = adjustments.prolong(reward=reward, until=NOW + 50 * DAY, reason="Was ill", at=at)
    assert (made.kind, made.amount_minor, balance(alice)) == ("prolonged", 1000, 1000)
    assert parts([reward], "expires_at") == [NOW + 50 * DAY]
    adjustments.prolong(reward=reward, until=None, reason="For ever", at=at)
    assert parts([reward], "expires_at") == [None]
    assert events("reward")[-2:] == ["reward.prolonged"] * 2


def test_neither_the_past_nor_nothing_is_prolonged(program, alice):
    reward = lot(program, alice, 1000, expires_in=10)
    with pytest.raises(Refused):
        adjustments.prolong(reward=reward, until=NOW, reason="Oops", at=NOW)
    change(adjustments.take, program, alice, 1000)
    with pytest.raises(Refused):
        adjustments.prolong(reward=reward, until=NOW + 50 * DAY, reason="Oops", at=NOW)
    assert Adjustment.objects.filter(kind="prolonged").count() == 0
