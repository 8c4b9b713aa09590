from datetime import UTC, date, datetime

import pytest

from advocacy import merging
from advocacy.models import Customer
from referrals import cohorts
from tests import cast
from tests.cast import NOON
from tests.referrals.history import bought, brought, converted, counted, person

pytestmark = pytest.mark.django_db


def on(month, day=15, hour=12, **more):
    return datetime(2026, month, day, hour, tzinfo=UTC, **more)


def cells(found):
    return {each["month"]: (each["size"], [(m["active"], m["kept_minor"]) for m in each["months"]]) for each in found}


@pytest.fixture
def story(acme, alice, fred):
    """January: fred (referred; comes back in March) and ron (at once again, and in February); February: ginny."""
    brought(alice, fred, at=on(1))
    ron, ginny = person(acme, "ron"), person(acme, "ginny")
    bought(fred, at=on(1), revenue_minor=100)
    bought(fred, at=on(3, 1), revenue_minor=20, total_minor=20, refunded_minor=20)
    for at, value in ((on(1, 20), 50), (on(1, 31, 23), 7), (on(2, 1), 3)):
        bought(ron, at=at, revenue_minor=value)
    bought(ginny, at=on(2), revenue_minor=11)
    counted(acme)


def test_a_triangle_of_who_came_back(acme, story):
    found = cohorts.triangle(storefront=acme, at=on(3, 2))
    assert cells(found["cohorts"]) == {
        "2026-01": (2, [(2, 157), (1, 3), (1, 0)]),
        "2026-02": (1, [(1, 11), (0, 0)]),
    }
    assert found["period"] == {"from": "2024-04", "to": "2026-03"}
    january = found["cohorts"][0]["months"]
    assert [(month["age"], month["retention"], month["mature"]) for month in january] == [
        (0, 1.0, True),
        (1, 0.5, True),
        (2, 0.5, False),
    ]
    assert january[1]["interval"] == [0.09453, 0.90547]


def test_who_is_in_no_cohort_is_counted_beside_them(acme, program, story):
    Customer.objects.filter(external_id="ginny").update(orders_before=3)
    counted(acme)
    found = cohorts.triangle(storefront=acme, at=on(3, 2))
    assert (len(found["cohorts"]), found["left_out"]) == (1, {"rejected": 0, "began_before": 1})


def test_of_one_part_or_some_months(acme, program, story):
    def of(**asked):
        return cells(cohorts.triangle(storefront=acme, at=on(3, 2), **asked)["cohorts"])

    referred = {"2026-01": (1, [(1, 100), (0, 0), (1, 0)])}
    assert of(cut="referral", key="referred") == of(cut="channel", key="referral") == referred
    assert of(cut="referral", key="other", since=date(2026, 2, 1)) == {"2026-02": (1, [(1, 11), (0, 0)])}
    assert list(of(until=date(2026, 1, 1))) == ["2026-01"]
    nobody = cohorts.triangle(storefront=acme, at=on(3, 2), since=date(2025, 1, 1), until=date(2025, 12, 1))
    assert (nobody["cohorts"], nobody["reason"], nobody["repeat_rate"]["reason"]) == (
        [],
        "Nobody has bought in these months: a cohort begins with its first paid order.",
        "Nobody ordered in the period.",
    )


def test_months_are_the_storefronts(acme, fred):
    acme.time_zone = "Asia/Kolkata"
    acme.save()
    bought(fred, at=on(1, 31, 18, minute=29))
    bought(fred, at=on(1, 31, 18, minute=30))
    counted(acme)
    found = cohorts.triangle(storefront=acme, at=on(1, 31, 18, minute=30))
    assert cells(found["cohorts"]) == {"2026-01": (1, [(1, 5000), (1, 5000)])}


def rate(storefront, since, until, at=NOON):
    found = cohorts.repeat_rate(storefront=storefront, since=since, until=until, at=at)
    return found["numerator"], found["denominator"], found["value"], found["mature"]


def test_a_repeat_rate_counts_people_in_one_closed_window(acme, alice, story):
    january = date(2026, 1, 1), date(2026, 1, 31)
    assert rate(acme, *january) == (1, 2, 0.5, True)
    assert rate(acme, date(2026, 1, 1), date(2026, 1, 30)) == (0, 2, 0.0, True)
    assert rate(acme, date(2026, 1, 1), NOON.date()) == (2, 3, 0.66667, False)
    assert rate(acme, date(2025, 1, 1), date(2025, 1, 31)) == (0, 0, None, True)
    records = [cast.customer(acme, name) for name in ("hugo", "hugos-phone")]
    for record in records:
        bought(record, at=on(1))
    assert rate(acme, *january) == (1, 4, 0.25, True)
    merging.merge(survivor=records[0], merged=records[1], source="admin", at=NOON)
    assert rate(acme, *january) == (2, 3, 0.66667, True)
    bond = brought(alice, records[0], at=on(1))
    converted(bond, bought(records[0], at=on(1)), advocate_review="rejected", stands=False)
    counted(acme)
    assert rate(acme, *january) == (1, 2, 0.5, True)
