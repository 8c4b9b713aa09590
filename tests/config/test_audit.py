"""The audit says each difference in a sentence and ends with 1. One row is spoilt for each thing that it recounts."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from advocacy import audit as standings
from advocacy import checking
from advocacy.models import Customer, Event, Standing
from advocacy.outbox.drain import drain
from config.management.commands.audit import PARTS
from referrals import audit as referrals_audit
from referrals import orders
from referrals.models import Order, Referral
from tests import cast, sparing
from tests.cast import DAY, NOON


@pytest.fixture
def fred(acme, alice):
    """Fred came by alice and bought for 54.00, with all that follows worked on."""
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK")
    orders.record(storefront=acme, orders=[fields], at=NOON)
    while drain("people", at=NOON) + drain("money", at=NOON):
        pass
    return Customer.objects.get(external_id="fred")


@pytest.fixture
def as_in_production(monkeypatch):
    """A million rows may wait in a temporary table; other tests do without."""
    for audit in sparing.AUDITS:
        monkeypatch.setattr(f"{audit}.found", checking.found)


def test_nothing_differs_and_it_ends_well(fred, as_in_production):
    said = StringIO()
    call_command("audit", stdout=said)
    assert said.getvalue().count(": no difference\n") == len(PARTS)


def test_a_difference_is_said_and_ends_with_1(fred, as_in_production):
    Standing.objects.filter(customer=fred).update(orders=2)
    said = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", stdout=said)
    assert ended.value.returncode == 1
    assert f"  The standing of customer {fred.pk} is not what its events add up to: orders is 2, not 1." in (
        said.getvalue().splitlines()
    )


@pytest.mark.parametrize(
    ("column", "stored", "counted"),
    [
        ("orders", 3, 1),
        ("revenue_minor", 4999, 5000),
        ("refunded_minor", 1, 0),
        ("friends_joined", 1, 0),
        ("friends_converted", 1, 0),
        ("first_order_at", NOON - DAY, NOON),
        ("last_order_at", NOON + timedelta(seconds=1), NOON),
    ],
)
def test_each_column_of_a_standing_is_recounted(fred, column, stored, counted):
    Standing.objects.filter(customer=fred).update(**{column: stored})
    assert list(standings.differences()) == [
        f"The standing of customer {fred.pk} is not what its events add up to: {column} is {stored}, not {counted}."
    ]


def test_a_standing_that_is_missing_is_a_difference(fred):
    Standing.objects.filter(customer=fred).delete()
    assert len(list(standings.differences())) == 1


def test_refunds_of_an_order_are_recounted(fred):
    Order.objects.update(refunded_minor=100)
    pk = Order.objects.get().pk
    said = list(referrals_audit.differences())
    assert f"Order {pk} says 100 refunded; its refunds add up to 0." in said


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("referrals_conversion SET sequence = 7", "is number 7 of its referral; its newest event says 1."),
        ("referrals_referral SET advocate_id = {mallory}", "is not between those whom its event names."),
        (
            "referrals_order SET total_minor = 9999",
            "is paid with a total of 9999 and a revenue of 5000; its newest event says paid, 5400 and 5000.",
        ),
    ],
)
def test_what_events_told_is_compared(fred, program, spoilt, said):
    mallory = cast.mallory(program)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {spoilt.format(mallory=mallory.pk)}")
    assert said in [each.split(" ", 2)[2] for each in referrals_audit.differences()]


def test_standing_conversions_of_a_referral_are_recounted(fred):
    Referral.objects.update(standing_conversions=0)
    pk = Referral.objects.get().pk
    assert list(referrals_audit.differences()) == [f"Referral {pk} says 0 standing conversions; there are 1."]
    Referral.objects.update(standing_conversions=1, converted_at=None)
    (said,) = referrals_audit.differences()
    assert said.startswith(f"Referral {pk} says it converted at None; its first standing conversion is of 20")


@pytest.mark.parametrize("column", ["customer_id", "program_id", "advocate_id", "friend_id", "cause_id"])
def test_events_name_people_of_their_storefront(fred, column):
    pk = Event.objects.get(type="conversion.recorded").pk
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE advocacy_event SET {column} = 0 WHERE id = {pk}")
    assert f"Event {pk} names a program, people or a cause that are not of its storefront." in standings.differences()
    if column not in ("customer_id", "cause_id"):
        assert f"Event {pk} names others than its conversion's referral does." in referrals_audit.differences()
