"""acme's developer asks what a rule would have cost, before anybody saves it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids
from advocacy.models import Job
from advocacy.refusals import Refused
from rewards import rulebook
from rewards.models import RuleVersion
from tests import cast
from tests.flows.admin_stage import order, rule
from tests.flows.api import secret
from tests.terms import terms as terms_of

pytestmark = pytest.mark.django_db
DRAFT = terms_of(advocate_amount_minor=2500, minimum_order_minor=4000, hold_days=14)


@pytest.fixture
def shop(acme, alice):
    shop = secret(acme)
    shop.rule = rule(alice.program)
    order(acme, referral_code="alice-link")
    now = timezone.now()
    shop.days = {"start": (now - timedelta(days=3)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    return shop


def rule_id(shop):
    return ids.encode("rul", shop.rule.public_id)


def test_a_small_simulation_answers_at_once(shop):
    answer = shop.post("/rules/simulate", {"rule": rule_id(shop), "terms": DRAFT} | shop.days)
    assert answer.status_code == 200, answer.content
    job = answer.json()
    [euros] = job["result"]["units"]
    assert (job["status"], job["result"]["subjects"]) == ("done", 1)
    assert (euros["today"]["amount_minor"], euros["draft"]["amount_minor"]) == (1000, 2500)
    assert RuleVersion.objects.count() == 1
    assert shop.get(f"/jobs/{job['id']}").json()["result"] == job["result"]


def test_a_large_one_is_a_job_to_follow(shop, monkeypatch):
    monkeypatch.setattr("rewards.simulation.starting.AT_ONCE", 0)
    answer = shop.post("/rules/simulate", {"rule": rule_id(shop), "terms": DRAFT} | shop.days)
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["result"]) == ("waiting", None)


def test_without_a_period_it_is_the_month_before(shop):
    answer = shop.post("/rules/simulate", {"terms": DRAFT})
    assert answer.status_code == 200
    result = answer.json()["result"]
    assert result["subjects"] == 0
    assert result["until"][:10] == timezone.now().replace(day=1).date().isoformat()


def test_what_could_not_be_saved_is_refused_by_field(shop):
    def refused(**changes):
        answer = shop.post("/rules/simulate", {"terms": DRAFT} | shop.days | changes)
        assert 400 <= answer.status_code < 500
        return answer.json()["errors"]

    too_much = terms_of(advocate_kind="percent", advocate_percent_bp=20_000)
    assert "advocate_percent_bp" in refused(terms=too_much)
    assert "terms.benefit" in refused(terms=DRAFT | {"benefit": {}})
    assert "until" in refused(until=shop.days["start"])
    assert "start" in refused(start=None)
    assert refused(terms=None) == {}
    assert not Job.objects.exists()


def test_rivals_rules_are_not_found(shop, rival):
    cast.program(rival)
    theirs = secret(rival)
    assert theirs.post("/rules/simulate", {"rule": rule_id(shop), "terms": DRAFT}).status_code == 404


ADVOCATE = {"form": "credit", "kind": "tiered"}
STEP = {"from": 1, "amount_minor": 5}
TIERS = {"measure": "conversions", "period": "month", "reading": "marginal", "steps": [STEP]}
CAP = {"scope": "advocate", "period": "month", "measure": "count", "limit": 2, "side": ""}


def gives(**said):
    return {"benefits": {"advocate": ADVOCATE | said}}


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("exclusive_group", {"exclusive_group": []}),
        ("order_limit", {"order_limit": ""}),
        ("milestone_every", {"milestone_every": 1.5}),
        ("milestone_repeats", {"milestone_repeats": 1}),
        ("expires_days", {"expires_days": {}}),
        ("hold_days", {"hold_days": True}),
        ("conditions", {"conditions": 0}),
        ("conditions", {"conditions": {}}),
        ("caps", {"caps": None}),
        ("caps", {"caps": [CAP | {"side": []}]}),
        ("per_currency", {"per_currency": []}),
        ("advocate_label", gives(tiers=TIERS, label=None)),
        ("advocate_items", gives(tiers=TIERS, items=None)),
        ("advocate_tiers", gives(tiers=TIERS | {"steps": [STEP | {"percent_bp": ""}]})),
        ("advocate_items", gives(kind="per_product", items=[{"by": "product", "values": ["p"], "percent_bp": {}}])),
    ],
)
def test_what_is_of_the_wrong_type_is_refused_by_field(program, field, terms):
    with pytest.raises(Refused) as refused:
        rulebook.check(program=program, terms=DRAFT | terms)
    assert list(refused.value.errors) == [field]


def test_calls_of_the_wrong_type_are_refused_by_field(shop):
    wrong = [
        ("terms", []),
        ("terms", "x"),
        ("terms", {"benefits": DRAFT["benefits"], "caps": 0}),
        ("name", {}),
        ("start", 5),
        ("until", []),
        ("rule", {}),
        ("program", 7),
    ]
    for field, value in wrong:
        answer = shop.post("/rules/simulate", {"rule": rule_id(shop), "terms": DRAFT} | shop.days | {field: value})
        assert answer.status_code in (400, 404, 422), (field, value)
        if answer.status_code != 404:
            assert answer.json()["errors"], (field, value)
    assert not Job.objects.exists()
