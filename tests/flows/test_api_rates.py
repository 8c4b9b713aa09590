"""Orders in another currency: rates by day, and what waited for one."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from advocacy.outbox.drain import drain
from referrals.models import Conversion
from rewards import earnings, tasks, verdicts
from rewards.models import Decision, Rate, Subject
from rewards.settlement import waiting
from tests import cast
from tests.flows.api import secret
from tests.rewards import scene
from tests.rewards.scene import balances

pytestmark = pytest.mark.django_db
USD = {"day": "2026-03-02", "currency": "USD", "target": "EUR", "rate": "0.92", "source": "ecb"}


@pytest.fixture
def shop(acme, program, alice):
    scene.rule_of(
        program, advocate_kind="percent", advocate_percent_bp=1000, friend_kind="", minimum_order_minor=0, hold_days=0
    )
    return secret(acme)


def buy(shop, number=1, currency="USD", code="alice-link"):
    order = cast.order(f"100{number}", customer={"external_id": f"fred {number}"}, referral_code=code)
    shop.post("/orders", order | {"currency": currency})
    while drain("money", at=cast.NOON + timedelta(hours=1)):
        pass


def test_an_order_in_dollars_waits_for_the_days_rate_and_is_paid_by_it(shop, alice):
    buy(shop)
    assert Subject.objects.get(kind="conversion").waits_for == "rate_missing USD"
    assert waiting.Round().decide(at=cast.NOON) == 0
    assert Decision.objects.count() == 1, "nothing is decided again for nothing"

    told = shop.get("/orders/ext_1001/explain").json()
    assert told["summary"] == (
        "Order 1001 is not decided yet. “Give 10” waits for the exchange rate from USD to EUR of 2 March 2026."
    )
    assert told["steps"][-1]["mood"] == "soon"
    (conversion,) = (each.public_id for each in Conversion.objects.all())
    (earning,) = earnings.by_conversion(advocate=alice, conversions=[conversion]).values()
    assert earning.status == "undecided"

    assert shop.put("/rates", {"rates": [USD]}).json() == {"changed": 1}
    tasks.decide_waiting()
    last = Decision.objects.latest("id")
    assert last.verdicts[0]["rate"] == {"rate": "0.92", "day": "2026-03-02", "source": "ecb"}
    # 10 % of 50.00 USD = 46.00 EUR.
    assert balances(alice.customer) == {"available": 460}
    assert not Subject.objects.exclude(waits_for="").exists()


def test_a_rate_of_friday_stands_in_on_sunday_but_not_for_ever(shop, alice):
    shop.put("/rates", {"rates": [USD | {"day": "2026-02-23"}, USD | {"day": "2026-02-22", "rate": "9"}]})
    buy(shop)
    assert balances(alice.customer) == {"available": 460}


def test_what_waited_is_decided_in_the_order_it_was_first_decided(shop, program, alice):
    caps = [{"scope": "program", "period": "all", "measure": "count", "limit": 2, "side": ""}]
    scene.rule_of(program, name="For two", advocate_amount_minor=1, friend_kind="", hold_days=0, caps=caps)
    for number in range(4):
        buy(shop, number)
    shop.put("/rates", {"rates": [USD]})
    tasks.decide_waiting()
    last = Decision.objects.order_by("subject", "-number").distinct("subject")
    granted = [
        verdicts.read(one.verdicts)[1]["granted"]["advocate"] for one in sorted(last, key=lambda one: one.subject_id)
    ]
    assert granted == [1, 1, 0, 0]


def test_what_cannot_be_decided_keeps_nobody_waiting_and_storefronts_take_turns(shop, acme, program, alice, rival):
    for number, currency in enumerate(["GBP", "GBP", "USD", "USD"]):
        buy(shop, number, currency)
    theirs = cast.program(rival)
    scene.rule_of(theirs, minimum_order_minor=0, hold_days=0)
    cast.alice(theirs, code="rivals-link")
    buy(secret(rival), 5, code="rivals-link")
    for storefront in (shop, secret(rival)):
        storefront.put("/rates", {"rates": [USD]})
    assert waiting.Round().decide(at=cast.NOON, limit=2) == 2
    left = Subject.objects.exclude(waits_for="").order_by("id").values_list("storefront", "waits_for")
    assert list(left) == [(acme.pk, "rate_missing GBP")] * 2 + [(acme.pk, "rate_missing USD")]
    assert (waiting.Round().decide(at=cast.NOON, limit=2), waiting.Round().decide(at=cast.NOON, limit=2)) == (1, 0)


def test_a_rate_is_looked_at_once_more_for_what_was_being_settled_when_it_came(shop, alice):
    buy(shop)
    Subject.objects.update(waits_for="")
    shop.put("/rates", {"rates": [USD]})
    assert waiting.Round().decide(at=cast.NOON) == 0
    Subject.objects.update(waits_for="rate_missing USD")
    assert waiting.Round().decide(at=cast.NOON + cast.DAY) == 1
    assert waiting.Round().decide(at=cast.NOON + cast.DAY) == 0
    assert Rate.objects.get().served


def test_a_rate_is_corrected_before_it_is_used_and_not_after(shop):
    shop.put("/rates", {"rates": [USD | {"rate": "0.29"}]})
    assert shop.put("/rates", {"rates": [USD]}).json() == {"changed": 1}
    assert shop.put("/rates", {"rates": [USD]}).json() == {"changed": 0}
    buy(shop)
    refused = shop.put("/rates", {"rates": [USD | {"day": "2026-03-01"}, USD | {"rate": "0.5"}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "rate_in_use")
    assert refused.json()["errors"] == {"rates[1]": "is in use with another value"}
    assert [rate["rate"] for rate in shop.get("/rates", currency="USD").json()["data"]] == ["0.92"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rate": 0.92}, "rates[0].rate"),
        ({"rate": "0"}, "rates[0]"),
        ({"rate": "-1"}, "rates[0].rate"),
        ({"target": "USD"}, "rates[0]"),
        ({"currency": "XXX"}, "rates[0].currency"),
        ({"day": "2026-13-01"}, "rates[0].day"),
        ({"day": "2999-01-01"}, "rates[0]"),
        ({"source": ""}, "rates[0].source"),
    ],
)
def test_an_impossible_rate_is_refused_by_its_place(shop, wrong, field):
    refused = shop.put("/rates", {"rates": [USD | wrong]})
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == [field]
    assert not Rate.objects.exists()


def test_another_storefronts_rates_are_not_seen(shop, rival):
    shop.put("/rates", {"rates": [USD]})
    assert secret(rival).get("/rates").json()["data"] == []


def test_olga_uploads_a_file_of_rates(client, olga, acme):
    client.force_login(olga)
    bad = SimpleUploadedFile("rates.csv", b"day,currency,target,rate,source\n2026-03-02,USD,EUR,nought,ecb\n")
    page = client.post("/admin/rewards/rate/add/", {"storefront": acme.pk, "file": bad}).content.decode()
    assert "line 2: day is written 2026-11-22 and rate 0.92, with a point" in page
    good = SimpleUploadedFile("rates.csv", b"day;currency;target;rate;source\n2026-03-02;USD;EUR;0.92;ecb\n")
    looked_at = client.post("/admin/rewards/rate/add/", {"storefront": acme.pk, "file": good})
    assert "1 line read: 1 new, 0 corrected, 0 as before. Nothing is changed yet." in looked_at.content.decode()
    assert not Rate.objects.exists()
    sent = {"storefront": acme.pk, "packed": looked_at.context["preview"]["packed"]}
    page = client.post("/admin/rewards/rate/add/", sent, follow=True).content.decode()
    assert "1 of 1 rates were new or corrected." in page
    assert "USD → EUR" in page
