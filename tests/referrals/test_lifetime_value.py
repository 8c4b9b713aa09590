from datetime import UTC, datetime, timedelta

import pytest

from advocacy import ids
from advocacy.models import Customer
from referrals import lifetime_value
from referrals.models import Buyer, WorthDay
from tests import cast
from tests.cast import DAY, HOUR, NOON
from tests.referrals.history import bought, brought, converted, counted, person

pytestmark = pytest.mark.django_db


def compared(storefront, days=30, *, at=NOON):
    counted(storefront)
    return next(each for each in lifetime_value.compare(storefront=storefront, at=at) if each["horizon_days"] == days)


def plain(group):
    return {name: group[name] for name in ("customers", "too_young", "mean_minor")}


def means(storefront, **options):
    return {days: compared(storefront, days, **options)["others"]["mean_minor"] for days in (30, 90, 180, 365, 730)}


def friend(advocate, name, *, at=NOON - 800 * DAY):
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
    assert WorthDay.objects.get(cut="all").squares_30 == (most - 1) ** 2


def test_only_paid_orders_in_the_storefronts_own_currency_count(acme, fred):
    bought(fred, at=NOON - 90 * DAY, status="cancelled")
    bought(fred, at=NOON - 80 * DAY, status="pending")
    bought(fred, at=NOON - 70 * DAY, currency="USD")
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
    bought(person(acme, "ginny"), at=NOON - 40 * DAY, currency="USD")
    group = plain(compared(acme)["others"])
    # The first order is the first that counts: 40 days ago, so 90 days are not over.
    assert group == {"customers": 1, "too_young": 0, "mean_minor": 100}
    assert plain(compared(acme, 90)["others"]) == {"customers": 0, "too_young": 1, "mean_minor": None}


def test_younger_customers_are_not_in_the_mean_but_counted(acme):
    """Whole days: the last of them must be over, at whichever hour it began."""
    for name, age in (("old", 31 * DAY - HOUR), ("young", 30 * DAY + HOUR)):
        bought(person(acme, name), at=NOON - age, revenue_minor=500)
    assert plain(compared(acme)["others"]) == {"customers": 1, "too_young": 1, "mean_minor": 500}


def test_referred_is_who_has_a_referral_in_any_program(acme, program, alice, fred):
    second = cast.advocate(cast.program(acme, slug="second"), "carol")
    twice = friend(alice, "ron")
    brought(second, twice, at=NOON - 800 * DAY)
    for customer, revenue in ((friend(second, "ginny"), 100), (twice, 300), (fred, 1000)):
        bought(customer, at=NOON - 40 * DAY, revenue_minor=revenue)
    found = compared(acme)
    assert plain(found["referred"]) == {"customers": 2, "too_young": 0, "mean_minor": 200}
    assert plain(found["others"]) == {"customers": 1, "too_young": 0, "mean_minor": 1000}


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
    counted(rival)
    assert compared(acme)["others"]["customers"] == 0
    assert compared(rival)["others"]["customers"] == 1


def test_where_nobody_bought_it_says_so(acme):
    found = compared(acme)
    assert plain(found["referred"]) == plain(found["others"]) == {"customers": 0, "too_young": 0, "mean_minor": None}
    assert found["reason"] == "Nobody has bought yet: values begin with the first order that is paid."
    assert found["matched"]["difference_minor"] is found["referred"]["repeat_rate"] is None


def test_who_was_rejected_is_on_neither_side(acme, alice, fred):
    bond = brought(alice, fred, at=NOON - 40 * DAY)
    converted(bond, bought(fred, at=NOON - 40 * DAY), advocate_review="rejected", stands=False)
    bought(person(acme, "ginny"), at=NOON - 40 * DAY)
    found = compared(acme)
    assert (found["referred"]["customers"], found["others"]["customers"], found["rejected"]) == (0, 1, 1)
    converted(bond, bought(fred, at=NOON - 39 * DAY))
    found = compared(acme)
    assert (found["referred"]["customers"], found["others"]["customers"], found["rejected"]) == (1, 1, 0)


def test_who_was_brought_after_their_first_order_or_began_before_is_no_referred_customer(acme, alice, fred):
    """Who buys long and often is likelier to type a code some day: that is no value of referring."""
    bought(fred, at=NOON - 40 * DAY, source={"utm_medium": "cpc", "utm_source": "google"})
    brought(alice, fred, at=NOON - 40 * DAY + 2 * HOUR)
    shortly = person(acme, "shortly")
    bought(shortly, at=NOON - 40 * DAY)
    brought(alice, shortly, at=NOON - 40 * DAY + HOUR)
    regular, imported = person(acme, "regular"), person(acme, "imported")
    for customer, history in ((regular, False), (imported, True)):
        bought(customer, at=NOON - 40 * DAY, history=history)
    Customer.objects.filter(pk__in=(regular.pk, imported.pk)).update(orders_before=12)
    found = compared(acme)
    assert (found["referred"]["customers"], found["others"]["customers"], found["began_before"]) == (1, 2, 1)
    channels = dict(Buyer.objects.values_list("customer__external_id", "channel"))
    assert (channels["fred"], channels["shortly"]) == ("paid_search", "referral")


def test_who_ordered_again_within_the_horizon(acme, fred):
    for customer, days in ((fred, (0, 0)), (person(acme, "ginny"), (0, 31)), (person(acme, "ron"), (0,))):
        for after in days:
            bought(customer, at=NOON - 200 * DAY + after * DAY)
    assert (compared(acme, 30)["others"]["ordered_again"], compared(acme, 30)["others"]["repeat_rate"]) == (1, 0.33333)
    assert compared(acme, 90)["others"]["repeat_rate"] == 0.66667


class TestMatched:
    """In January referred customers spend 10.00 and others 4.00; in February, with the larger orders, 100.00 each."""

    @pytest.fixture
    def story(self, acme, alice):
        january, february = (datetime(2025, month, 10, 12, tzinfo=UTC) for month in (1, 2))
        amounts = [("f", january, (900, 1100)), ("o", january, (400, 400)), ("f", february, (9000, 11000))]
        amounts += [("o", february, (9000, 11000, 10000)), ("f", february, (50,)), ("o", january, (70, 80))]
        for n, (kind, at, values) in enumerate(amounts):
            for m, value in enumerate(values):
                customer = person(acme, f"{kind}-{n}-{m}")
                bought(customer, at=at, revenue_minor=value, segment="vip" if value < 100 else "")
                if kind == "f":
                    brought(alice, customer, at=at)

    def test_only_who_began_alike_is_compared(self, acme, story):
        """900 and 400 are in one band (256 to 1,024), 1,100 in the next, where nobody else is."""
        found = compared(acme)["matched"]
        # (1 × (900 − 400) + 2 × (10,000 − 10,000)) ÷ 3; dropped are 1,100, 50, 70 and 80.
        assert (found["difference_minor"], found["strata"], found["dropped"]) == (167, 2, 4)
        assert found["interval_minor"] == [-5614, 5947]
        assert compared(acme)["difference_minor"] == -11

    def test_by_each_cut(self, acme, alice, story):
        counted(acme)

        def by(cut, key=None):
            parts = lifetime_value.compare_by(storefront=acme, cut=cut, key=key, at=NOON)["parts"]
            return {part["name"]: numbers(part["values"][0]) for part in parts}

        def numbers(each):
            sizes = (each["group"]["customers"], each["others"]["customers"])
            return (*sizes, each["difference_minor"], each["matched"]["difference_minor"])

        assert by("segment") == {"no segment": (4, 5, -660, 167), "vip": (1, 2, None, None)}
        assert by("cohort") == {"2025-02": (3, 3, -3317, 0), "2025-01": (2, 4, 763, 500)}
        assert by("program") == {"Friends of Acme": (5, 7, -11, 167)}
        assert by("advocate", ids.encode("adv", alice.public_id)) == {"Alice": (5, 7, -11, 167)}
        assert by("channel", "referral") == {"referral": (5, 7, -11, None)}
        assert by("segment", "press") == {"press": (0, 0, None, None)}

    def test_a_curve_takes_only_cohorts_that_reached_the_month(self, acme, story):
        """On 15 March 2025 January's customers have two months behind them, February's one."""
        bought(Customer.objects.get(external_id="f-0-0"), at=datetime(2025, 2, 1, tzinfo=UTC), revenue_minor=7)
        counted(acme)
        lines = lifetime_value.curve(storefront=acme, at=datetime(2025, 3, 15, tzinfo=UTC))
        assert [(line["key"], [tuple(point.values()) for point in line["points"]]) for line in lines] == [
            ("other", [(0, 7, 4421), (1, 4, 238)]),
            ("referred", [(0, 5, 4410), (1, 2, 1004)]),
        ]


def test_a_change_of_what_is_counted_replaces_what_was_there(acme, fred):
    bought(fred, at=NOON - 40 * DAY, revenue_minor=100)
    compared(acme)
    acme.currency = "USD"
    acme.save()
    assert plain(compared(acme)["others"]) == {"customers": 0, "too_young": 0, "mean_minor": None}
