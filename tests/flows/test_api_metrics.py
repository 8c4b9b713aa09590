"""What acme's developers read of their metrics. Calls happen now, whenever the tests run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids
from referrals import lifetime_value
from referrals.models import Day
from tests import cast
from tests.flows.api import Caller, publishable, secret
from tests.referrals.history import bought, brought, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, program):
    return secret(acme)


@pytest.fixture
def now():
    return timezone.now()


def test_a_programs_counts_and_rates_of_a_period(shop, program, now):
    today = now.date()
    Day.objects.create(program=program, day=today - timedelta(days=1), visitors=100, converted_referrals=5)
    Day.objects.create(program=program, day=today, visitors=7, revenue_minor=1250)
    yesterday = str(today - timedelta(days=1))
    answer = shop.get("/metrics", program="friends", **{"from": yesterday, "to": yesterday}).json()
    assert answer["program"] == ids.encode("prg", program.public_id)
    assert (answer["period"], answer["mature"]) == ({"from": yesterday, "to": yesterday}, True)
    assert answer["counts"]["visitors"]["value"] == 100
    rate = answer["metrics"]["click_to_conversion"]
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (5, 100, 0.05)
    assert rate["interval"] == [0.02154, 0.11175]
    assert answer["metrics"]["signup_to_conversion"]["value"] is None


def test_the_last_30_days_by_default(shop, program, now):
    Day.objects.create(program=program, day=now.date(), visitors=7, revenue_minor=1250)
    answer = shop.get("/metrics", program=ids.encode("prg", program.public_id)).json()
    assert answer["period"] == {"from": str(now.date() - timedelta(days=29)), "to": str(now.date())}
    assert answer["mature"] is False
    assert answer["revenue"]["value"] == {"amount_minor": 1250, "currency": "EUR"}
    assert shop.get("/metrics").json()["counts"] == answer["counts"]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"from": "yesterday"}, "invalid_parameter", "from must be a day such as 2026-11-22."),
        ({"to": "2026-02-30"}, "invalid_parameter", "to must be a day such as 2026-11-22."),
        ({"to": "20260201"}, "invalid_parameter", "to must be a day such as 2026-11-22."),
        ({"to": ""}, "invalid_parameter", "to must be a day such as 2026-11-22."),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "bad_period", "the first day comes first."),
        ({"to": "9999-12-31"}, "bad_period", "is in the future"),
        ({"from": "0001-01-01"}, "bad_period", "before anything was counted"),
        ({"form": "2026-02-02"}, "unknown_parameter", "it takes from, program, to"),
    ],
)
def test_a_period_that_cannot_be_is_refused_in_words(shop, query, code, words):
    answer = shop.get("/metrics", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]


def test_values_of_referred_and_other_customers(shop, acme, alice, now):
    for n, revenue in enumerate((1000, 2000, 3000, 4000, 5000)):
        friend = person(acme, f"friend-{n}")
        brought(alice, friend, at=now)
        bought(friend, at=now - timedelta(days=40), revenue_minor=revenue)
        bought(person(acme, f"other-{n}"), at=now - timedelta(days=40), revenue_minor=2 * revenue)
    assert shop.get("/lifetime_values").json() == {"data": []}
    lifetime_value.recount(storefront=acme, at=now)
    values = {each["horizon_days"]: each for each in shop.get("/lifetime_values").json()["data"]}
    assert list(values) == [30, 90, 180, 365, 730]
    assert values[30]["referred"] == {
        "customers": 5,
        "too_young": 0,
        "mean": {"amount_minor": 3000, "currency": "EUR"},
    }
    assert values[30]["difference"] == {"amount_minor": -3000, "currency": "EUR"}
    assert [end["amount_minor"] for end in values[30]["interval"]] == [-6888, 888]
    assert (values[30]["ratio"], values[30]["reason"]) == (0.5, None)
    assert values[90]["difference"] is values[90]["interval"] is values[90]["referred"]["mean"] is None
    assert values[90]["reason"].startswith("0 referred and 0 other customers are 90 days old")


def test_rival_sees_nothing_of_it(shop, acme, program, rival, now):
    cast.program(rival)
    Day.objects.create(program=program, day=now.date(), visitors=7)
    lifetime_value.recount(storefront=acme, at=now)
    theirs = secret(rival)
    assert theirs.get("/metrics", program=ids.encode("prg", program.public_id)).status_code == 404
    assert theirs.get("/metrics").json()["counts"]["visitors"]["value"] == 0
    assert theirs.get("/lifetime_values").json() == {"data": []}


@pytest.mark.parametrize("path", ["/metrics", "/lifetime_values"])
def test_a_browsers_key_is_not_enough(acme, program, path):
    assert publishable(acme).get(path).status_code == 403
    assert Caller().get(path).status_code == 401


def test_each_is_few_questions_to_the_database(shop, acme, program, now, django_assert_max_num_queries):
    lifetime_value.recount(storefront=acme, at=now)
    shop.get("/customers")  # the key's last use is written once a minute
    with django_assert_max_num_queries(6):
        shop.get("/metrics")
    with django_assert_max_num_queries(4):
        shop.get("/lifetime_values")
