from datetime import timedelta

import pytest

from advocacy.outbox.drain import drain
from referrals import lifetime_value, rollups, tasks
from referrals.models import LifetimeValue
from tests import cast
from tests.cast import DAY, MINUTE, NOON
from tests.referrals.history import bought, brought, event, person

pytestmark = pytest.mark.django_db


def compared(storefront, days=30, *, at=NOON):
    lifetime_value.recount(storefront=storefront, at=at)
    return next(each for each in lifetime_value.compare(storefront=storefront) if each["horizon_days"] == days)


def means(storefront, **options):
    return {days: compared(storefront, days, **options)["others"]["mean_minor"] for days in (30, 90, 180, 365, 730)}


def friend(advocate, name, *, at=NOON):
    referred = person(advocate.storefront, name)
    brought(advocate, referred, at=at)
    return referred


def test_value_is_what_was_bought_within_the_horizon_of_the_first_order(acme, fred):
    for days, revenue in ((0, 1000), (30, 200), (31, 30), (729, 4)):
        bought(fred, at=NOON - 800 * DAY + days * DAY, revenue_minor=revenue)
    assert means(acme) == {30: 1200, 90: 1230, 180: 1230, 365: 1230, 730: 1234}


def test_the_last_moment_of_a_horizon_is_in_it_and_the_next_is_not(acme, fred):
    first = NOON - 100 * DAY
    for at in (first, first + 30 * DAY, first + 30 * DAY + timedelta(microseconds=1)):
        bought(fred, at=at, revenue_minor=100)
    assert (means(acme)[30], means(acme)[90]) == (200, 300)


def test_refunds_are_subtracted_at_the_orders_own_rate(acme, fred):
    bought(fred, at=NOON - 40 * DAY, revenue_minor=5000, total_minor=5400, refunded_minor=1350)
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100, total_minor=110, refunded_minor=110)
    assert means(acme)[30] == 3750


def test_half_a_cent_is_rounded_up_for_each_order(acme, fred):
    for _ in range(2):
        bought(fred, at=NOON - 40 * DAY, revenue_minor=1, total_minor=2, refunded_minor=1)
    assert means(acme)[30] == 2


def test_the_largest_amounts_are_exact(acme, fred):
    most = 10**12
    bought(fred, at=NOON - 40 * DAY, revenue_minor=most, total_minor=most, refunded_minor=1)
    assert means(acme)[30] == most - 1
    assert LifetimeValue.objects.get(horizon_days=30, referred=False).sum_of_squares == (most - 1) ** 2


def test_only_paid_orders_in_the_storefronts_own_currency_count(acme, fred):
    bought(fred, at=NOON - 90 * DAY, status="cancelled")
    bought(fred, at=NOON - 80 * DAY, status="pending")
    bought(fred, at=NOON - 70 * DAY, currency="USD")
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
    bought(person(acme, "ginny"), at=NOON - 40 * DAY, currency="USD")
    group = compared(acme)["others"]
    # The first order is the first that counts: 40 days ago, so 90 days are not over.
    assert group == {"customers": 1, "too_young": 0, "mean_minor": 100}
    assert compared(acme, 90)["others"] == {"customers": 0, "too_young": 1, "mean_minor": None}


def test_younger_customers_are_not_in_the_mean_but_counted(acme):
    for name, age in (("old", 30 * DAY), ("young", 30 * DAY - MINUTE)):
        bought(person(acme, name), at=NOON - age, revenue_minor=500)
    assert compared(acme)["others"] == {"customers": 1, "too_young": 1, "mean_minor": 500}


def test_referred_is_who_has_a_referral_in_any_program(acme, program, alice, fred):
    second = cast.advocate(cast.program(acme, slug="second"), "carol")
    twice = friend(alice, "ron")
    brought(second, twice, at=NOON)
    for customer, revenue in ((friend(second, "ginny"), 100), (twice, 300), (fred, 1000)):
        bought(customer, at=NOON - 40 * DAY, revenue_minor=revenue)
    found = compared(acme)
    assert found["referred"] == {"customers": 2, "too_young": 0, "mean_minor": 200}
    assert found["others"] == {"customers": 1, "too_young": 0, "mean_minor": 1000}


def test_groups_are_compared_by_difference_ratio_and_welch_interval(acme, alice):
    for n, revenue in enumerate((1000, 2000, 3000, 4000, 5000)):
        bought(friend(alice, f"friend-{n}"), at=NOON - 40 * DAY, revenue_minor=revenue)
        bought(person(acme, f"other-{n}"), at=NOON - 40 * DAY, revenue_minor=2 * revenue)
    found = compared(acme)
    assert (found["difference_minor"], found["interval_minor"]) == (-3000, [-6888, 888])
    assert found["ratio"] == 0.5
    assert (found["currency"], found["reason"], found["counted_at"]) == ("EUR", None, NOON)


def test_a_group_of_one_is_not_compared_and_it_says_why(acme, alice):
    bought(friend(alice, "fred"), at=NOON - 40 * DAY)
    for n in range(2):
        bought(person(acme, f"other-{n}"), at=NOON - 40 * DAY)
    found = compared(acme)
    assert [found[name] for name in ("difference_minor", "interval_minor", "ratio")] == [None, None, None]
    assert found["reason"] == (
        "1 referred and 2 other customers are 30 days old or older; it takes 2 of each to compare."
    )
    assert compared(acme, 90)["difference_minor"] is None


def test_without_any_value_there_is_a_difference_and_no_ratio(acme, alice):
    for n in range(2):
        bought(friend(alice, f"friend-{n}"), at=NOON - 40 * DAY, revenue_minor=100)
        bought(person(acme, f"other-{n}"), at=NOON - 40 * DAY, revenue_minor=0)
    found = compared(acme)
    assert (found["difference_minor"], found["interval_minor"], found["ratio"]) == (100, [100, 100], None)


def test_another_storefront_has_its_own(acme, rival, fred):
    bought(person(rival, "fred"), at=NOON - 40 * DAY)
    assert compared(acme)["others"]["customers"] == 0
    assert lifetime_value.compare(storefront=rival) == []


def test_a_recount_replaces_what_was_there(acme, fred):
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
    compared(acme)
    acme.currency = "USD"
    acme.save()
    assert compared(acme)["others"] == {"customers": 0, "too_young": 0, "mean_minor": None}
    assert LifetimeValue.objects.count() == 10


class TestDifferences:
    def test_name_the_value_that_is_off(self, acme, fred):
        bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
        compared(acme)
        drain("people", at=NOON)
        assert list(rollups.differences(acme, at=NOON)) == []
        LifetimeValue.objects.filter(horizon_days=30, referred=False).update(sum_minor=90)
        assert list(rollups.differences(acme, at=NOON)) == [
            "Acme Coffee, value of other customers over 30 days: sum_minor is 90, a recount finds 100."
        ]

    def test_leave_out_values_from_before_the_newest_order(self, acme, fred):
        compared(acme, at=NOON - DAY)
        order = bought(fred, at=NOON - 40 * DAY)
        event("order.recorded", order, placed_at=order.placed_at)
        assert list(rollups.differences(acme, at=NOON)) == []


def test_a_storefront_that_fails_stops_no_other_and_is_taken_last_from_then_on(acme, rival, monkeypatch):
    recount, tried = lifetime_value.recount, []

    def fail_for_acme(*, storefront, at):
        tried.append(storefront.slug)
        if storefront == acme:
            raise RuntimeError("statement timeout")
        recount(storefront=storefront, at=at)

    monkeypatch.setattr(lifetime_value, "recount", fail_for_acme)
    monkeypatch.setattr(tasks, "_failing", set())
    for _ in range(2):
        tasks.lifetime_values()
    assert tried == ["acme", "rival", "rival", "acme"]
    assert set(LifetimeValue.objects.values_list("storefront", flat=True)) == {rival.pk}
    monkeypatch.undo()
    tasks.lifetime_values()
    assert set(LifetimeValue.objects.values_list("storefront", flat=True)) == {acme.pk, rival.pk}
