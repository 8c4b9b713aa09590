"""What a program costs and what is had for it, of a story small enough to count by hand."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from advocacy.measures import intervals
from config import program_money
from referrals import costs
from referrals.models import ChannelCost, CohortMonth, Day
from rewards.models import Rate, Reward, Subject
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, program):
    return secret(acme)


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def today():
    return timezone.now().date()


def _rewarded(program, side, *, unit="EUR", granted=1000, **amounts):
    """A reward whose hold ended a week ago, and where its amount is."""
    at = timezone.now() - timedelta(days=10)
    person = cast.customer(program.storefront, f"{side}-{Subject.objects.count()}")
    subject = Subject.objects.create(
        storefront=program.storefront,
        program=program,
        trigger="conversion.recorded",
        kind="conversion",
        public_id=person.public_id,
        occurred_at=at,
    )
    Reward.objects.create(
        storefront=program.storefront,
        program=program,
        subject=subject,
        side=side,
        recipient=person,
        unit=unit,
        granted_minor=granted,
        status="available",
        due_at=at + timedelta(days=3),
        created_at=at,
        **amounts,
    )


def test_cost_cac_and_return_are_of_all_kinds_of_cost(shop, acme, program, today):
    _rewarded(program, "advocate", available_minor=400, spent_minor=600)
    _rewarded(program, "friend", available_minor=500, expired_minor=500)
    _rewarded(program, "advocate", pending_minor=1000)
    # By hand, for an answer, or for points that had been credited: owed, and no cost of referring.
    _rewarded(program, "customer", available_minor=700, expired_minor=300)
    Day.objects.create(program=program, day=today - timedelta(days=10), converted_referrals=2, revenue_minor=12000)
    # A month that is over, and as much of it again as is in the period.
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    costs.put(
        storefront=acme,
        costs=[
            costs.Said("", first, channel, "EUR", amount, "team")
            for channel, amount in (("referral", 500), ("payout_fees", 200), ("email", 9))
        ],
        at=timezone.now(),
    )
    told = shop.get("/program_money", **{"from": str(first)}).json()
    one_day = costs.of_days(storefront=acme, since=first, until=first)
    assert one_day == [(first, "EUR", Fraction(500, (today.replace(day=1) - first).days))]
    assert {name: each["value"] for name, each in told["cost"].items()} == {
        "advocate_rewards": 1000,
        "friend_incentives": 500,
        "payout_fees": 200,
        "program_cost": 500,
    }
    assert (told["cac"]["numerator"], told["cac"]["value"]) == (2200, 1100)
    assert told["roi"]["value"] == round(98 / 22, 5)
    assert (told["liability"]["value"], told["liability"]["pending"]) == (2600, 1000)
    # Both that are decided were credited in full: so will be what is pending.
    assert told["forecast"]["value"] == 1000
    assert (told["breakage"]["value"], told["previous"]) == (0.25, None)
    # As many days that end before the reward's are the period before of those that begin with them.
    days = {"from": str(today - timedelta(days=9)), "to": str(today), "compare": "true"}
    compared = shop.get("/program_money", **days).json()
    assert (compared["cac"]["numerator"], compared["previous"]["period"]["to"]) == (
        compared["cost"]["program_cost"]["value"],
        str(today - timedelta(days=10)),
    )
    assert compared["previous"]["cac"]["denominator"] == 2
    growth = shop.get("/growth", **days).json()
    assert growth["previous"]["k"]["converted"] == 2


def test_what_has_no_rate_is_named_and_makes_no_sum(shop, program, client, olga):
    _rewarded(program, "advocate", unit="USD", available_minor=1000)
    told = shop.get("/program_money").json()
    assert (told["unconverted"], told["cac"]["value"], told["liability"]["value"]) == (["USD"], None, None)
    assert "No rate of USD to EUR" in told["roi"]["reason"]
    assert {each["value"] for each in told["cost"].values()} == {None, 0}
    # The numbers that are told beside no value are counts, and what needs no rate is told.
    assert [told[name]["numerator"] for name in ("cac", "earnings_per_click", "roi")] == [None] * 3
    assert (told["cac"]["denominator"], told["roi"]["denominator"], told["liability"]["available"]) == (0, None, None)
    client.force_login(olga)
    page = client.get("/admin/metrics/", {"all": "1"}).content.decode()
    assert "What a friend who bought cost cannot be told: a rate is missing" in page
    assert "What is owed cannot be told: a rate is missing" in page
    today = timezone.now().date()
    _rate(program, today, "0.9")
    told = shop.get("/program_money").json()
    assert f"USD to EUR for {today - timedelta(days=10)}" in told["cac"]["reason"]
    _rate(program, today - timedelta(days=14), "0.8")
    told = shop.get("/program_money").json()
    # What was earned then by the rate of then, what is owed now by that of now.
    assert (told["cost"]["advocate_rewards"]["value"], told["liability"]["value"]) == (800, 900)
    (rate,) = told["converted"]
    days = {"day": str(today), "first_day": str(today - timedelta(days=14))}
    assert rate == {"currency": "USD", "rate": "0.9", "source": "ecb"} | days


def test_points_that_nobody_said_the_worth_of_and_clicks_that_nobody_counted_make_no_sum(shop, program, today):
    _rewarded(program, "advocate", unit="PTS", available_minor=100)
    Day.objects.create(program=program, day=today - timedelta(days=12), conversions=1)
    type(program).objects.filter(pk=program.pk).update(created_at=timezone.now())
    told = shop.get("/program_money").json()
    assert (told["cac"]["value"], told["unconverted"]) == (None, ["PTS"])
    assert told["liability"]["reason"] == "Nobody said what points are worth: say so at the program."
    type(program).objects.filter(pk=program.pk).update(points_per_unit=100)
    told = shop.get("/program_money").json()
    assert (told["cost"]["advocate_rewards"]["value"], told["earnings_per_click"]["value"]) == (100, None)
    assert "nobody counted clicks" in told["earnings_per_click"]["reason"]


def test_what_needs_no_rate_is_told_where_another_amount_has_none(shop, program, acme, today):
    _rewarded(program, "advocate", available_minor=1000)
    Day.objects.create(program=program, day=today, clicks=4, converted_referrals=1, revenue_minor=5000)
    said = costs.Said("", today.replace(day=1), "referral", "CHF", 500, "team")
    costs.put(storefront=acme, costs=[said], at=timezone.now())
    told = shop.get("/program_money", **{"from": str(today.replace(day=1))}).json()
    assert {name: each["value"] for name, each in told["cost"].items()} == {
        "advocate_rewards": told["cost"]["advocate_rewards"]["value"],
        "friend_incentives": 0,
        "payout_fees": 0,
        "program_cost": None,
    }
    assert (told["liability"]["value"], told["breakage"]["value"]) == (1000, 0)
    assert told["earnings_per_click"]["reason"] == ""
    assert (told["cac"]["numerator"], told["roi"]["numerator"]) == (None, None)
    assert "No rate of CHF to EUR" in told["cac"]["reason"]


def _rate(program, day, rate, *, currency="USD", target="EUR"):
    kept = {"storefront": program.storefront, "source": "ecb", "recorded_at": timezone.now()}
    Rate.objects.create(**kept, day=day, currency=currency, target=target, rate=rate)


def test_another_currency_may_be_reported_in(shop, program, today, desk):
    _rewarded(program, "advocate", available_minor=1000)
    Day.objects.create(program=program, day=today, converted_referrals=1, revenue_minor=5000)
    told = shop.get("/program_money", currency="usd").json()
    assert (told["currency"], told["unconverted"], told["roi"]["value"]) == ("USD", ["EUR"], None)
    _rate(program, today - timedelta(days=12), "1.2", currency="EUR", target="USD")
    _rate(program, today - timedelta(days=2), "1.1", currency="EUR", target="USD")
    told = shop.get("/program_money", currency="USD").json()
    assert (told["cac"]["numerator"], told["roi"]["numerator"]) == (1200, 5500 - 1200)
    assert told["liability"]["value"] == 1100
    page = desk.get("/admin/metrics/", {"part": "owed", "currency": "USD"}).content.decode()
    assert "EUR at 1.1, ecb of" in page
    assert shop.get("/program_money", currency="EURO").status_code == 400
    assert "There are no rates to" in desk.get("/admin/metrics/", {"currency": "GBP"}).content.decode()


def test_at_a_margin_the_return_is_of_what_is_left_of_revenue(shop, program, today, desk):
    program.storefront.margin = "40"
    program.storefront.save()
    _rewarded(program, "advocate", available_minor=1000)
    Day.objects.create(program=program, day=today, converted_referrals=1, revenue_minor=5000)
    told = shop.get("/program_money").json()
    assert (told["margin"], told["roi"]["numerator"], told["roi"]["value"]) == (0.4, 1000, 1.0)
    page = desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    assert "The margin of what friends bought was 2.0 times what they cost" in page
    assert "Of revenue 40 % count, the storefront’s margin." in page
    assert shop.get("/lifetime_values").json()["margin"] == 0.4


def test_money_has_an_interval_once_there_are_days_enough(shop, program, today):
    """Every day 10.00 are spent, and 1 and 3 friends come in turn."""
    costs.put(storefront=program.storefront, costs=_noted(today, 31000), at=timezone.now())
    days = [today - timedelta(days=ago) for ago in range(20)]
    for place, day in enumerate(days):
        Day.objects.create(program=program, day=day, converted_referrals=1 + 2 * (place % 2), revenue_minor=3000)
    told = shop.get("/program_money", **{"from": str(days[-1])}).json()
    spent = told["cac"]["numerator"]
    assert told["cac"]["denominator"] == 40
    daily = [(spent / 20, 1 + 2 * (place % 2)) for place in range(20)]
    low, high = intervals.ratio(daily)
    assert told["cac"]["interval"] == [round(low), round(high)]
    assert told["roi"]["interval"] == pytest.approx([told["roi"]["value"]] * 2, abs=0.001)  # each day alike
    assert told["earnings_per_click"]["interval"] is None
    few = shop.get("/program_money", **{"from": str(today - timedelta(days=9))}).json()
    assert (few["cac"]["denominator"], few["cac"]["interval"]) == (20, None)


def _noted(today, amount_minor):
    months = {today.replace(day=1), (today - timedelta(days=20)).replace(day=1)}
    return [costs.Said("", month, "referral", "EUR", amount_minor, "team") for month in sorted(months)]


def test_growth_is_earned_by_who_comes_back_and_who_was_brought(acme):
    now = timezone.now()
    this = now.date().replace(day=1)
    last_year = (this - timedelta(days=500)).replace(day=1)
    recent = (this - timedelta(days=60)).replace(day=1)
    age = (recent.year - last_year.year) * 12 + recent.month - last_year.month
    old = {"storefront": acme, "cut": "all", "month": last_year}
    CohortMonth.objects.create(**old, key="other", age=0, active=9, kept_minor=10000)
    CohortMonth.objects.create(**old, key="other", age=age, active=5, kept_minor=8500)
    CohortMonth.objects.create(
        storefront=acme, cut="all", key="referred", month=recent, age=0, active=3, kept_minor=2500
    )
    assert "It takes orders of 24 months" in program_money.earned_growth(storefront=acme, at=now)["reason"]
    oldest = (this - timedelta(days=800)).replace(day=1)
    CohortMonth.objects.create(storefront=acme, cut="all", key="other", month=oldest, age=0, active=1, kept_minor=7)
    told = program_money.earned_growth(storefront=acme, at=now)
    assert (told["returning"], told["earned"], told["last_year"], told["value"]) == (8500, 2500, 10000, 0.1)


def test_channels_need_a_year_of_costs_and_say_so(shop, acme, today):
    assert shop.get("/channel_risk").json()["reason"].startswith("No costs of channels are known.")
    month = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    cost = {"month": month, "channel": "email", "currency": "EUR", "amount_minor": 1000, "source": "team"}
    assert shop.put("/channel_costs", {"costs": [cost]}).json() == {"changed": 1}
    assert shop.put("/channel_costs", {"costs": [cost]}).json() == {"changed": 0}
    (email,) = shop.get("/channel_risk").json()["channels"]
    assert (email["channel"], email["months"], email["beta"]) == ("email", 1, None)
    assert email["reason"] == "It takes 12 months with costs; there are 1."
    for wrong in ({"month": "2026-13"}, {"channel": "fax"}, {"month": "2999-01"}, {"currency": "EURO"}):
        refused = shop.put("/channel_costs", {"costs": [cost | wrong]})
        assert (refused.status_code, ChannelCost.objects.count()) == (422, 1)
    assert shop.get("/channel_risk", risk_free="nan").status_code == 400


def test_olga_uploads_costs_and_reads_which_lines_are_wrong(client, olga, acme):
    client.force_login(olga)

    def sent(text):
        file = SimpleUploadedFile("costs.csv", text.encode(), "text/csv")
        return client.post("/admin/referrals/channelcost/add/", {"storefront": acme.pk, "file": file})

    header = "month,channel,currency,amount,source\n"
    answer = sent(f"{header}2026-01,email,EUR,12.50,team\n2026-13,email,EUR,1.00,team\n")
    assert "line 3: month is written 2026-11" in answer.content.decode()
    assert "line 2: month is written" in sent(f"{header}2026-01,email,EUR,1e999999,team\n").content.decode()
    assert not ChannelCost.objects.exists()
    _take(client, acme, sent(f"{header}2026-01,email,EUR,12.50,team\n"))
    assert ChannelCost.objects.get().amount_minor == 1250
    again = sent(f"{header}2026-01,email,EUR,13.00,team\n2026-02,email,EUR,1.00,team\n")
    assert "2 lines read: 1 new, 1 corrected, 0 as before." in again.content.decode()
    assert again.context["preview"]["lines"][0] == ("line 2", "2026-01, E-mail", "12.50 EUR", "13.00 EUR")
    assert ChannelCost.objects.get().amount_minor == 1250
    _take(client, acme, again)
    assert ChannelCost.objects.count() == 2
    for lost in ("", "no file", "AAAA"):
        page = client.post("/admin/referrals/channelcost/add/", {"storefront": acme.pk, "packed": lost})
        assert "The file got lost on its way; choose it again." in page.content.decode()


def _take(client, acme, looked_at):
    sent = {"storefront": acme.pk, "packed": looked_at.context["preview"]["packed"]}
    assert client.post("/admin/referrals/channelcost/add/", sent).status_code == 302
