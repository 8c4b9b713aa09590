"""What advocacy.standing makes of the events that orders and conversions record."""

import random

import pytest

from advocacy import standing
from advocacy.models import Event, Standing
from referrals import conversions, orders
from tests import cast
from tests.cast import DAY, HOUR, NOON

KEPT = ("order.", "referral.created", "conversion.")


def events():
    return [event for event in Event.objects.order_by("id") if event.type.startswith(KEPT)]


def of(customer):
    return Standing.objects.filter(customer=customer).values().first()


@pytest.fixture
def history(acme, alice):
    """Fred buys twice in EUR and once in USD; a part is refunded, one order cancelled, one conversion rejected."""
    taken = []
    for day, changes in enumerate(({}, {"currency": "USD"}, {})):
        fields = cast.order(str(day), at=NOON + day * DAY, customer={"external_id": "fred"}, **changes)
        fields["referral_code"] = "ALICE-LINK"
        taken += orders.record(storefront=acme, orders=[fields], at=NOON + day * DAY)
    later = NOON + 5 * DAY
    orders.refund(order=taken[0].order, refund={"refund_id": "r", "amount_minor": 540}, at=later)
    orders.change(storefront=acme, external_id="2", fields={"status": "cancelled"}, at=later)
    conversions.review(conversion=taken[0].conversion, side="both", review="rejected", at=later)
    return taken


# Written down by night.
EXPECTED = {"alive_percent", "expected_orders_e2", "expected_value_minor", "at_risk_since", "advocate_left_at"}


def test_standing_is_what_the_events_add_up_to(alice, history):
    standing.keep(events=events(), at=NOON)
    fred = of(history[0].order.customer)
    told = {name: value for name, value in fred.items() if name not in EXPECTED}
    assert told == {
        "customer_id": history[0].order.customer_id,
        "orders": 2,
        "revenue_minor": 4500,
        "refunded_minor": 5940,
        "first_order_at": NOON,
        "last_order_at": NOON + 2 * DAY,
        "friends_joined": 0,
        "friends_converted": 0,
    }
    advocate = of(alice.customer)
    assert (advocate["friends_joined"], advocate["friends_converted"], advocate["orders"]) == (1, 1, 0)
    assert advocate["first_order_at"] is None


def test_batches_of_any_size_and_order_come_to_the_same(alice, history):
    standing.keep(events=events(), at=NOON)
    whole = list(Standing.objects.order_by("customer_id").values())
    Standing.objects.all().delete()
    shuffled = events()
    random.Random(7).shuffle(shuffled)
    while shuffled:
        batch, shuffled = shuffled[:3], shuffled[3:]
        standing.keep(events=batch, at=NOON)
    assert list(Standing.objects.order_by("customer_id").values()) == whole


def test_a_batch_takes_five_questions_however_large(history, django_assert_num_queries):
    all_of_them = list(Event.objects.order_by("id"))
    kept = [event for event in all_of_them if event.type.startswith(KEPT)]
    with django_assert_num_queries(5):
        standing.keep(events=kept, at=NOON)


def test_a_friend_is_converted_while_one_conversion_stands(acme, alice, history):
    orders.change(storefront=acme, external_id="1", fields={"status": "cancelled"}, at=NOON + 5 * DAY + HOUR)
    standing.keep(events=events(), at=NOON)
    assert of(alice.customer)["friends_converted"] == 0
