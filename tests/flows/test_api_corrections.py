"""Corrections, payout policies and tax limits through the API; what only people do stays in the admin."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids
from advocacy.models import Program
from advocacy.outbox.drain import drain
from rewards.models import Correction, PayoutPolicy
from tests.flows.admin_stage import order, rule
from tests.flows.api import secret
from tests.rewards.scene import balances

pytestmark = pytest.mark.django_db
KEY = {"HTTP_IDEMPOTENCY_KEY": "mistake-1"}
TENTH = {"advocate": {"form": "credit", "kind": "percent", "percent_bp": 1000}}


@pytest.fixture
def mistaken(acme, program, alice):
    """100 % of an order of 50.00 EUR."""
    saved = rule(program, advocate_kind="percent", advocate_percent_bp=10_000, hold_days=0)
    order(acme, referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    return ids.encode("rlv", saved.versions.get().public_id)


def said(version, **changes):
    now = timezone.now()
    period = {"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": now.isoformat()}
    return {"version": version, "terms": {"benefits": TENTH}, "reason": "100 typed for 10"} | period | changes


def test_a_correction_is_proposed_once_seen_and_withdrawn(acme, alice, mistaken):
    shop, call = secret(acme), said(mistaken)
    first = shop.post("/corrections", call, **KEY)
    again = shop.post("/corrections", call, **KEY)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    told = first.json()
    assert (told["state"], told["version"], told["policy"]) == ("proposed", mistaken, "waive")
    assert (told["difference"]["units"], told["needs_second"]) == ({"EUR": -4500}, False)
    [change] = told["difference"]["biggest"]
    assert change["subject"] == shop.get("/conversions").json()["data"][0]["id"]
    Program.objects.update(four_eyes_above_minor=1000)
    assert shop.get(f"/corrections/{told['id']}").json()["needs_second"] is True, "the limit is lower by now"
    assert balances(alice.customer) == {"available": 5000}
    assert shop.post("/corrections", call, HTTP_IDEMPOTENCY_KEY="2").json()["code"] == "correction_open"
    assert [each["id"] for each in shop.get("/corrections", state="proposed").json()["data"]] == [told["id"]]
    assert shop.post(f"/corrections/{told['id']}/approve").status_code == 404, "a key is no person"
    assert shop.post(f"/corrections/{told['id']}/withdraw").json()["state"] == "withdrawn"
    assert shop.post(f"/corrections/{told['id']}/withdraw").json()["code"] == "correction_decided"


def test_another_storefront_corrects_and_sees_nothing_of_it(acme, rival, mistaken):
    theirs = secret(rival)
    assert theirs.post("/corrections", said(mistaken), **KEY).status_code == 404
    made = secret(acme).post("/corrections", said(mistaken), **KEY).json()
    assert theirs.get(f"/corrections/{made['id']}").status_code == 404
    assert theirs.get("/corrections").json()["data"] == []


def test_what_is_no_correction_is_a_problem_in_words(acme, mistaken):
    shop = secret(acme)
    answer = shop.post("/corrections", said(mistaken, terms={"trigger": "referral.created"}), **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_correctable")
    assert shop.post("/corrections", said(mistaken, terms={"benefits": 7}), **KEY).status_code == 422
    unchanged = {"trigger": "conversion.recorded", "frequency": "first_order", "priority": 0}
    assert shop.post("/corrections", said(mistaken, terms=unchanged), **KEY).json()["code"] == "nothing_corrected"
    assert shop.post("/corrections", said(mistaken)).json()["code"] == "idempotency_key_missing"
    assert not Correction.objects.exists()


def test_a_payout_policy_is_put_but_for_its_limit(acme, rival):
    shop = secret(acme)
    made = shop.put("/payout_policies", {"currency": "EUR", "minimum_minor": 2000})
    assert (made.status_code, made.json()["minimum"]["amount_minor"]) == (201, 2000)
    changed = shop.put("/payout_policies", {"currency": "EUR", "schedule": "monthly", "day": 5})
    assert (changed.status_code, changed.json()["minimum"]["amount_minor"], changed.json()["day"]) == (200, 2000, 5)
    assert changed.json()["second_person_above"]["amount_minor"] == 0
    assert (
        "four_eyes_above_minor"
        in shop.put("/payout_policies", {"currency": "EUR", "four_eyes_above_minor": 9}).json()["errors"]
    )
    wrong = shop.put("/payout_policies", {"currency": "EUR", "kind": "sepa", "payer_iban": "DE00"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_policy")
    assert set(wrong.json()["errors"]) == {"payer_iban", "payer_name"}
    assert PayoutPolicy.objects.get().kind == "manual"
    assert [each["currency"] for each in shop.get("/payout_policies").json()["data"]] == ["EUR"]
    assert secret(rival).get("/payout_policies").json()["data"] == []


def test_a_tax_limit_is_put_by_country_and_currency(acme, rival):
    shop = secret(acme)
    call = {"country": "US", "currency": "USD", "yearly_limit_minor": 60_000}
    assert shop.put("/tax_limits", call).status_code == 201
    assert shop.put("/tax_limits", call | {"yearly_limit_minor": 0}).status_code == 200
    (limit,) = shop.get("/tax_limits").json()["data"]
    assert limit == {"country": "US", "currency": "USD", "yearly_limit": {"amount_minor": 0, "currency": "USD"}}
    assert list(shop.put("/tax_limits", call | {"country": "Germany"}).json()["errors"]) == ["country"]
    assert secret(rival).get("/tax_limits").json()["data"] == []
