"""What acme's developers read of their metrics. Calls happen now, whenever the tests run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids
from referrals import rollups
from referrals.models import Day
from tests import cast
from tests.flows.api import Caller, publishable, secret
from tests.referrals.history import bought, brought, brought_by, click, counted, person

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
    Day.objects.create(program=program, day=now.date(), visitors=7, revenue_minor=1250, conversions_elsewhere=3)
    answer = shop.get("/metrics", program=ids.encode("prg", program.public_id)).json()
    assert answer["period"] == {"from": str(now.date() - timedelta(days=29)), "to": str(now.date())}
    assert answer["mature"] is False
    assert answer["revenue"]["value"] == {"amount_minor": 1250, "currency": "EUR"}
    assert answer["revenue"]["left_out"] == 3
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
        (
            {"form": "2026-02-02"},
            "unknown_parameter",
            "it takes compare, from, group_by, program, time_zone, ",
        ),
        ({"group_by": "town"}, "bad_period", "write one of: channel, link, advocate, segment, day, week, month."),
        ({"compare": "yes"}, "invalid_parameter", "compare must be true or false."),
    ],
)
def test_a_period_that_cannot_be_is_refused_in_words(shop, query, code, words):
    answer = shop.get("/metrics", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]


def test_from_a_number_to_the_rows_behind_it(shop, acme, alice, rival, now):
    at = now - timedelta(days=3)
    bond = brought_by(alice.links.get(), person(acme, "ginny"), at=at, clicked_at=at)
    click(alice.links.get(), at=at)
    click(alice.links.get(), at=at, visitor="v2")
    rollups.rebuild(storefront=acme)
    rollups.recount(at=now)
    link = ids.encode("lnk", alice.links.get().public_id)
    answer = shop.get("/metrics/click_to_signup", group_by="link", compare="true").json()
    assert (answer["numerator"], answer["denominator"], answer["previous"]["value"]) == (1, 2, None)
    (group,) = answer["groups"]
    assert group["group"] == {"key": link, "label": alice.links.get().code}
    assert shop.get("/metrics", group_by="link").json()["groups"][0]["metrics"]["click_to_signup"]["value"] == 0.5
    asked = {"group_by": "link", "key": link}
    assert shop.get("/metrics/click_to_signup/rows", **asked).json() == {
        "kind": "referral",
        "number": 1,
        "data": [{"id": ids.encode("ref", bond.public_id), "number": 1}],
        "next_cursor": None,
    }
    whole = shop.get("/metrics/click_to_signup/rows", side="denominator", limit="1").json()
    assert (whole["kind"], whole["number"], whole["data"]) == ("link", 2, [{"id": link, "number": 2}])
    assert shop.get("/metrics/clicks").status_code == 404
    cast.program(rival)
    assert secret(rival).get("/metrics/click_to_signup/rows", **asked).status_code == 404
    assert secret(rival).get("/metrics/click_to_signup/rows").json()["number"] == 0


def test_values_of_referred_and_other_customers(shop, acme, alice, now):
    for n, revenue in enumerate((1000, 2000, 3000, 4000, 5000)):
        friend = person(acme, f"friend-{n}")
        brought(alice, friend, at=now - timedelta(days=41))
        bought(friend, at=now - timedelta(days=40), revenue_minor=revenue)
        bought(person(acme, f"other-{n}"), at=now - timedelta(days=40), revenue_minor=2 * revenue)
    abroad = person(acme, "abroad")
    for buyer in (friend, abroad, abroad):
        bought(buyer, at=now - timedelta(days=39), currency="USD")
    nothing = shop.get("/lifetime_values").json()["data"][0]
    assert (nothing["referred"]["mean"], nothing["reason"][:19]) == (None, "Nobody has bought y")
    counted(acme)
    values = {each["horizon_days"]: each for each in shop.get("/lifetime_values").json()["data"]}
    for path in ("/lifetime_values", "/cohorts", "/predictions", "/channel_risk"):
        assert shop.get(path).json()["elsewhere"] == {"customers": 1, "orders": 3}, path
    assert list(values) == [30, 90, 180, 365, 730]
    assert values[30]["referred"] == {
        "customers": 5,
        "too_young": 0,
        "mean": {"amount_minor": 3000, "currency": "EUR"},
        "ordered_again": 0,
        "repeat_rate": 0.0,
        "repeat_interval": [0.0, 0.43448],
    }
    assert values[30]["matched"]["difference"]["currency"] == "EUR"
    assert values[30]["difference"] == {"amount_minor": -3000, "currency": "EUR"}
    assert [end["amount_minor"] for end in values[30]["interval"]] == [-6888, 888]
    assert (values[30]["ratio"], values[30]["reason"]) == (0.5, None)
    assert values[90]["difference"] is values[90]["interval"] is values[90]["referred"]["mean"] is None
    assert values[90]["reason"].startswith("0 referred and 0 other customers are 90 days old")


def test_rival_sees_nothing_of_it(acme, rival, alice, fred, now):
    cast.program(rival)
    bought(fred, at=now - timedelta(days=40))
    Day.objects.create(program=alice.program, day=now.date(), visitors=7)
    counted(acme)
    theirs = secret(rival)
    assert theirs.get("/metrics", program=ids.encode("prg", alice.program.public_id)).status_code == 404
    assert theirs.get("/metrics").json()["counts"]["visitors"]["value"] == 0
    for cut in ("", "channel", "cohort", "program"):
        answer = theirs.get("/lifetime_values", **({"cut": cut} if cut else {})).json()
        groups = [answer["data"][0]["others"], *(part["values"][0]["others"] for part in answer["parts"])]
        assert {group["customers"] + group["too_young"] for group in groups} <= {0}
        assert [point for line in answer["curve"]["lines"] for point in line["points"]] == []
    assert theirs.get("/cohorts").json()["cohorts"] == []
    names = {"program": ids.encode("prg", alice.program.public_id), "advocate": ids.encode("adv", alice.public_id)}
    for cut, key in names.items():
        assert theirs.get("/lifetime_values", cut=cut, key=key).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/metrics/share_rate/rows", "/lifetime_values", "/cohorts"])
def test_a_browsers_key_is_not_enough(acme, program, path):
    assert publishable(acme).get(path).status_code == 403
    assert Caller().get(path).status_code == 401


def test_values_by_a_cut_and_which_there_are(shop, acme, alice, now):
    friend = person(acme, "ginny")
    brought(alice, friend, at=now - timedelta(days=41))
    bought(friend, at=now - timedelta(days=40), revenue_minor=1000)
    bought(person(acme, "ron"), at=now - timedelta(days=40), revenue_minor=400)
    counted(acme)
    answer = shop.get("/lifetime_values", cut="program", key="friends").json()
    (part,) = answer["parts"]
    assert (part["name"], part["values"][0]["group"]["mean"]["amount_minor"]) == ("Friends of Acme", 1000)
    assert part["values"][0]["reason"] == (
        "1 referred and 1 other customers are 30 days old or older; it takes 2 of each to compare."
    )
    assert (answer["cut"], answer["left_off"]) == ("program", 0)
    assert answer["compared_with"].startswith("Friends brought to the program")
    asked = {"cut": "advocate", "key": ids.encode("adv", alice.public_id)}
    assert shop.get("/lifetime_values", **asked).json()["parts"][0]["values"][0]["others"]["customers"] == 1
    assert shop.get("/cohorts", cut="referral", key="referred").json()["cohorts"][0]["size"] == 1


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("/lifetime_values", {"cut": "colour"}, "There is no cut “colour”; write one of program, advocate"),
        ("/lifetime_values", {"cut": ""}, "There is no cut “”"),
        ("/lifetime_values", {"key": "friends"}, "Say of which cut the key is"),
        ("/lifetime_values", {"cut": "advocate"}, "Name the advocate by their id"),
        ("/lifetime_values", {"cut": "cohort", "key": "2026-13"}, "“2026-13” is no month"),
        ("/lifetime_values", {"horizon": "30"}, "it takes cut, key"),
        ("/cohorts", {"from": "2026"}, "from must be a month from 2000 on, such as 2026-11."),
        ("/cohorts", {"to": "9999-01"}, "to must be a month"),
        ("/cohorts", {"to": "2099-01"}, "is in the future"),
        ("/cohorts", {"from": "2026-02", "to": "2026-01"}, "the first comes first."),
        ("/cohorts", {"cut": "advocate", "key": "x"}, "Cohorts can be cut by referral, channel, program"),
        ("/cohorts", {"cut": "referral"}, "Name the referral whose cohorts you ask for: one of other, referred."),
        ("/cohorts", {"cut": "channel", "key": "x"}, "there is none yet"),
        ("/cohorts", {"key": "x"}, "Cohorts can be cut by"),
        ("/cohorts", {"time_zone": "UTC"}, "time_zone is not taken here: these days and months are the storefront's"),
        ("/lifetime_values", {"compare": "true"}, "compare is not taken here: there is no period before"),
        ("/program_money", {"time_zone": "UTC"}, "time_zone is not taken here"),
        ("/growth", {"time_zone": "UTC"}, "time_zone is not taken here"),
        ("/growth", {"compare": "yes"}, "compare must be true or false."),
        ("/channel_risk", {"compare": "true"}, "compare is not taken here"),
        ("/predictions", {"time_zone": "UTC"}, "time_zone is not taken here: what is expected"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(shop, path, query, words):
    answer = shop.get(path, **query)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_an_advocate_or_program_that_there_is_not(shop):
    for cut, key in (("advocate", "adv_x"), ("program", "prg_x"), ("advocate", "alice"), ("program", "none")):
        assert shop.get("/lifetime_values", cut=cut, key=key).status_code == 404


@pytest.mark.parametrize(
    ("path", "most"), [("/metrics", 6), ("/lifetime_values", 8), ("/lifetime_values?cut=program", 14), ("/cohorts", 6)]
)
def test_each_is_few_questions_to_the_database(shop, now, django_assert_max_num_queries, path, most):
    shop.get("/customers")  # the key's last use is written once a minute
    with django_assert_max_num_queries(most):
        assert shop.get(path).status_code == 200
