"""Rules through the API: written as versions, refused by field, read with their sentences."""

import pytest

from advocacy.api.programs import OfferAnswer
from advocacy.models import Offer
from rewards.models import Rule
from tests import cast
from tests.flows.api import publishable, secret
from tests.rewards import scene

TEN = {"form": "credit", "kind": "fixed", "amount_minor": 1000}
GIVE_10 = {"name": "Give 10", "benefits": {"advocate": TEN}, "hold_days": 14, "hold_from": "payment"}


def keyed(text):
    return {"HTTP_IDEMPOTENCY_KEY": text}


@pytest.fixture
def shop(acme, program):
    return secret(acme)


def test_a_rule_is_written_once_however_often_it_is_sent(shop):
    made = shop.post("/rules", GIVE_10, **keyed("one"))
    assert made.status_code == 201
    version = made.json()["versions"][0]
    assert (
        version["sentence"]
        == "Give the advocate 10.00 EUR for a friend’s first order, 14 days after the payment (digital goods at once)."
    )
    assert (version["number"], version["benefits"]) == (1, {"advocate": TEN})
    again = shop.post("/rules", GIVE_10, **keyed("one"))
    assert (again.status_code, again.json()) == (200, made.json())
    assert Rule.objects.count() == 1
    (listed,) = shop.get("/rules").json()["data"]
    text = "An order of any amount earns all of it, also one that cost nothing: set a minimum."
    assert made.json() == listed | {"warnings": [{"code": "any_amount", "text": text, "dangerous": False}]}


def test_a_dangerous_warning_has_to_be_accepted_and_is_told(shop):
    endless = GIVE_10 | {"frequency": "every_order", "minimum_order_minor": 4000}
    refused = shop.post("/rules", endless, **keyed("endless"))
    assert (refused.status_code, refused.json()["code"]) == (422, "warnings_not_accepted")
    said = "This rule could pay without limit: the same for every order of a friend, for ever, and there is no budget."
    assert refused.json()["errors"]["accept_warnings"].startswith(said)
    assert not Rule.objects.exists()
    made = shop.post("/rules", endless | {"accept_warnings": True}, **keyed("meant"))
    assert made.status_code == 201
    assert [(one["code"], one["dangerous"]) for one in made.json()["warnings"]] == [("unlimited", True)]


def test_a_planned_version_is_replaced_or_cancelled_by_saying_so(shop, program):
    scene.rule_of(program)
    at = f"/rules/{shop.get('/rules').json()['data'][0]['id']}"
    shop.post(f"{at}/versions", GIVE_10 | {"starts_at": "2099-01-01T00:00:00Z"}, **keyed("planned"))
    refused = shop.post(f"{at}/versions", GIVE_10, **keyed("now"))
    assert refused.json()["code"] == "version_planned"
    later = GIVE_10 | {"starts_at": "2098-01-01T00:00:00Z", "replace_planned": True}
    versions = shop.post(f"{at}/versions", later, **keyed("instead")).json()["versions"]
    assert [one["ends_at"] for one in versions] == ["2098-01-01T00:00:00Z", "2099-01-01T00:00:00Z", None]
    cancelled = shop.post(f"{at}/cancel_planned").json()
    assert [one["ends_at"] for one in cancelled["versions"]] == [None, "2099-01-01T00:00:00Z", "2098-01-01T00:00:00Z"]
    assert cancelled["status"] == "active"


def test_an_edit_is_a_further_version_and_archiving_ends_it(shop, program):
    rule = scene.rule_of(program).rule
    at = f"/rules/{shop.get('/rules').json()['data'][0]['id']}"
    more = GIVE_10 | {"benefits": {"advocate": TEN | {"amount_minor": 1500}}}
    versions = shop.post(f"{at}/versions", more, **keyed("two")).json()["versions"]
    assert [one["number"] for one in versions] == [1, 2]
    assert versions[1]["sentence"].startswith("Give the advocate 15.00 EUR")
    assert versions[0]["ends_at"] == versions[1]["starts_at"]
    assert shop.post(f"{at}/archive").json()["status"] == "archived"
    rule.refresh_from_db()
    assert rule.status == "archived"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"benefits": {"advocate": {"kind": "percent", "percent_bp": 20_000}}}, "advocate_percent_bp", "at most 100"),
        ({"benefits": []}, "benefits", "Choose what"),
        ({"caps": [{"currency": "USD"}]}, "caps", "no currency of its own"),
        ({"conditions": {"any": []}}, "conditions", "never holds"),
        ({"per_currency": {"XXX": {}}}, "per_currency", "is not another currency"),
        ({"trigger": "reward.credited"}, "trigger", "one of advocate.changed, advocate.enrolled, conversion.recorded"),
        ({"hold_days": 400}, "hold_days", "365"),
        ({"exclusive_group": "two words"}, "exclusive_group", "slug"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at", "still to come"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at", "must end after it starts"),
    ],
)
def test_what_cannot_be_is_a_problem_by_field(shop, wrong, field, said):
    answer = shop.post("/rules", GIVE_10 | wrong, **keyed("three"))
    assert answer.status_code == 422
    assert said in answer.json()["errors"][field]
    assert not Rule.objects.exists()


def test_rules_are_the_storefront_s_own_and_no_browser_s(shop, program, rival):
    scene.rule_of(program)
    name = shop.get("/rules").json()["data"][0]["id"]
    other = secret(rival)
    assert other.get("/rules").json()["data"] == []
    assert other.get(f"/rules/{name}").status_code == 404
    assert other.post(f"/rules/{name}/archive").status_code == 404
    assert publishable(cast.acme(slug="third")).get("/rules").status_code == 403


def test_an_offer_tells_all_that_a_rule_promises_in_numbers(acme, shop, program):
    mug = {"form": "custom", "kind": "fixed", "amount_minor": 500, "label": "a mug"}
    every_5th = GIVE_10 | {"benefits": {"advocate": mug}, "milestone_every": 5, "milestone_repeats": False}
    in_germany = [{"field": "country", "op": "is", "value": "DE"}]
    welcome = GIVE_10 | {
        "name": "Welcome",
        "trigger": "referral.created",
        "accept_warnings": True,
        "benefits": {"friend": TEN},
    }
    limits = {"frequency": "every_order", "order_limit": 3, "months_limit": 12, "conditions": in_germany}
    limits |= {"hold_days": 14, "digital_at_once": True}
    for terms in (every_5th, welcome, GIVE_10 | limits | {"name": "Three"}):
        shop.post("/rules", terms, **keyed(terms["name"]))
    Offer.objects.update(starts_at=cast.LONG_AGO)
    third, second, first = publishable(acme).get("/offers").json()["data"]
    assert (first["form"], first["label"], first["friends"], first["repeats"]) == ("custom", "a mug", 5, False)
    assert (second["trigger"], second["side"]) == ("referral.created", "friend")
    assert (third["order_limit"], third["months_limit"], third["conditional"]) == (3, 12, True)
    assert [each["digital_at_once"] for each in (first, second, third)] == [True, False, True]


def test_every_column_of_an_offer_is_answered():
    written = {"id", "rule_version", "public_id", "unit"}
    answered = {name.removesuffix("_minor") for name in OfferAnswer().fields}
    assert {field.name.removesuffix("_minor") for field in Offer._meta.concrete_fields} - written <= answered
    assert set(OfferAnswer.example) == set(OfferAnswer().fields)
