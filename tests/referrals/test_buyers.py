from datetime import UTC, date, datetime

import pytest

from advocacy import merging
from advocacy.outbox.drain import drain
from referrals import buyers
from referrals.buyers import counting, recounting
from referrals.models import Buyer, BuyerMark, CohortMonth, WorthDay
from tests import cast
from tests.cast import DAY, NOON
from tests.referrals.history import bought, brought, counted, person

pytestmark = pytest.mark.django_db


def utc(*moment):
    return datetime(*moment, tzinfo=UTC)


def row_of(customer):
    row = Buyer.objects.filter(customer=customer).values().first()
    return row and {name: value for name, value in row.items() if name not in ("customer_id", "storefront_id")}


def test_a_buyer_is_all_that_they_bought(acme, program, alice, fred):
    brought(alice, fred, at=utc(2025, 12, 1))
    bought(fred, at=utc(2026, 2, 1, 12), revenue_minor=50, total_minor=100, refunded_minor=50)
    bought(fred, at=utc(2026, 1, 31, 10), revenue_minor=1024, segment="vip")
    bought(fred, at=utc(2026, 2, 1, 10), revenue_minor=200, segment="press")
    bought(fred, at=utc(2026, 5, 1, 10), revenue_minor=7)
    bought(fred, at=utc(2026, 1, 1, 10), currency="USD")
    bought(fred, at=utc(2026, 1, 1, 10), status="cancelled")
    counted(acme)
    assert row_of(fred) == {
        "first_at": utc(2026, 1, 31, 10),
        "first_day": date(2026, 1, 31),
        "last_at": utc(2026, 5, 1, 10),
        "last_day": date(2026, 5, 1),
        "orders": 4,
        "repeat_days": 2,
        "repeat_minor": 232,
        "kept_minor": 1256,
        "first_minor": 1024,
        "value_30": 1249,
        "value_90": 1256,
        "value_180": 1256,
        "value_365": 1256,
        "value_730": 1256,
        "orders_30": 3,
        "orders_90": 4,
        "orders_180": 4,
        "orders_365": 4,
        "orders_730": 4,
        "months": [0, 1, 4],
        "months_minor": [1024, 225, 7],
        "referred": True,
        "rejected": False,
        "began_before": False,
        "program_id": program.pk,
        "advocate_id": alice.pk,
        "channel": "referral",
        "segment": "vip",
        "band": 5,
        "left_out": 1,
    }


def test_days_are_the_storefronts_with_its_clocks_put_forward(acme, fred):
    """Berlin's clocks were put forward on 29 March 2026: 30 days later the same hour of theirs is in."""
    acme.time_zone = "Europe/Berlin"
    acme.save()
    bought(fred, at=utc(2026, 3, 1, 23, 30), revenue_minor=1000)  # 2 March, 00:30
    bought(fred, at=utc(2026, 3, 31, 22, 30), revenue_minor=200)  # 1 April, 00:30: the last moment of 30 days
    bought(fred, at=utc(2026, 3, 31, 22, 30, 1), revenue_minor=30)
    counted(acme)
    row = row_of(fred)
    assert (row["first_day"], row["last_day"], row["months"]) == (date(2026, 3, 2), date(2026, 4, 1), [0, 1])
    assert (row["value_30"], row["value_90"], row["repeat_days"]) == (1200, 1230, 1)


def test_records_of_one_person_are_one_buyer_until_they_are_parted(acme, fred):
    gina = cast.customer(acme, "gina")
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
    bought(gina, at=NOON - 50 * DAY, revenue_minor=20)
    counted(acme)
    merge, _ = merging.merge(survivor=fred, merged=gina, source="admin", at=NOON)
    settled()
    assert row_of(gina) is None
    assert (row_of(fred)["orders"], row_of(fred)["months_minor"], WorthDay.objects.get(cut="all", customers=1).day) == (
        2,
        [120],
        (NOON - 50 * DAY).date(),
    )
    merging.undo(merge=merge, reason="not the same", at=NOON)
    settled()
    assert [row_of(each)["kept_minor"] for each in (fred, gina)] == [100, 20]


def settled():
    for lane in ("money", "people"):
        while drain(lane, at=NOON):
            pass
    buyers.recount(at=NOON)
    assert list(buyers.differences(storefront=cast.Storefront.objects.get(slug="acme"), at=NOON)) == []


def test_a_storefront_that_fails_loses_no_mark_and_stops_no_other(acme, rival, fred, monkeypatch):
    """Whatever breaks the count, or kills it, leaves the marks and the sums as they were."""
    for customer in (fred, person(rival, "ron")):
        bought(customer, at=NOON - 40 * DAY)
        BuyerMark.objects.create(storefront=customer.storefront, customer=customer, marked_at=NOON)
    statement = recounting._COUNT_MARKED
    broken = statement.replace("SELECT count(*) FROM moved", f"SELECT 1 / (%(storefront)s - {acme.pk}) FROM moved")
    monkeypatch.setattr(recounting, "_COUNT_MARKED", broken)
    assert buyers.recount(at=NOON) == 1
    assert list(Buyer.objects.values_list("storefront", flat=True)) == [rival.pk]
    assert list(WorthDay.objects.values_list("storefront", flat=True).distinct()) == [rival.pk]
    assert list(BuyerMark.objects.values_list("customer", flat=True)) == [fred.pk]
    monkeypatch.setattr(recounting, "_COUNT_MARKED", statement)
    assert buyers.recount(at=NOON) == 1
    assert Buyer.objects.count() == 2


class TestDifferences:
    @pytest.fixture
    def story(self, acme, alice, fred, monkeypatch):
        monkeypatch.setattr(counting, "PORTION", 1)
        brought(alice, fred, at=NOON - 40 * DAY)
        bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
        counted(acme)

    def test_name_each_number_that_is_off_and_a_rebuild_mends_it(self, acme, fred, story):
        Buyer.objects.update(orders=2)
        WorthDay.objects.filter(cut="all").update(value_30=90)
        CohortMonth.objects.filter(cut="channel").update(active=0)
        assert list(buyers.differences(storefront=acme, at=NOON)) == [
            f"Acme Coffee, buyer {fred.pk}: orders is 2, a recount finds 1.",
            "Acme Coffee, worthday all referred 2026-01-21: value_30 is 90, a recount finds 100.",
            "Acme Coffee, cohortmonth channel referral 2026-01-01 0: active is 0, a recount finds 1.",
        ]
        told = []
        buyers.rebuild(storefront=acme, at=NOON, told=lambda done, total: told.append((done, total)))
        assert told[-1] == (2, 2)
        assert list(buyers.differences(storefront=acme, at=NOON)) == []

    def test_leave_out_who_waits_to_be_counted(self, acme, fred, story):
        bought(fred, at=NOON - 39 * DAY)
        assert list(buyers.differences(storefront=acme, at=NOON))
        BuyerMark.objects.create(storefront=acme, customer=fred, marked_at=NOON)
        assert list(buyers.differences(storefront=acme, at=NOON)) == []
