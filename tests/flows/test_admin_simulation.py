"""Olga asks what a draft would have cost, from the form in which she writes it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import jobs
from advocacy.models import Job
from rewards.models import RuleVersion
from tests.flows.admin_stage import order, otto, rule, rule_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, olga, acme, alice):
    client.force_login(olga)
    client.rule = rule(alice.program)
    order(acme, referral_code="alice-link")
    return client


def ask(desk, program, **changes):
    today = timezone.now().date()
    days = {"period": "dates", "first": today - timedelta(days=2), "last": today + timedelta(days=1)}
    said = rule_form(program, **changes) | {f"simulated-{name}": value for name, value in days.items()}
    return desk.post("/admin/simulate/", said | {"rule": desk.rule.pk})


def test_the_form_leads_to_what_it_would_have_cost(desk, program):
    assert "What would this have cost?" in desk.get("/admin/simulate/").content.decode()
    answer = ask(desk, program, advocate_amount="25.00")
    page = desk.get(answer["HX-Redirect"]).content.decode()
    assert "The draft would have cost 15.00 EUR more from" in page
    assert "asked of 1 order" in page
    assert "Alice" in page
    assert "Too little happened in these days to draw it" in page
    assert RuleVersion.objects.count() == 1


def test_a_draft_that_starts_in_the_past_is_asked_since_then(desk, program):
    start = timezone.now() - timedelta(days=2)
    typed = {"when": "past", "starts_at_0": start.date(), "starts_at_1": "00:00", "advocate_amount": "25.00"}
    said = desk.post("/admin/rewards/rule/in-words/", rule_form(program, **typed)).content.decode()
    assert f"({program.time_zone}) counts too" in said
    assert "What does that cost?" in said
    since = rule_form(program, **typed) | {"simulated-period": "since"}
    page = desk.get(desk.post("/admin/simulate/", since)["HX-Redirect"]).content.decode()
    assert "The draft would have cost 25.00 EUR more from" in page
    soon = rule_form(program) | {"simulated-period": "since"}
    assert "Choose above that it starts in the past" in desk.post("/admin/simulate/", soon).content.decode()


def test_what_the_form_says_wrong_is_said_beside_the_button(desk, program):
    said = ask(desk, program, advocate_amount="ten").content.decode()
    assert "This draft cannot be asked yet." in said
    missing = desk.post("/admin/simulate/", rule_form(program) | {"rule": desk.rule.pk, "simulated-period": "dates"})
    assert "Choose the first and the last day." in missing.content.decode()
    assert not Job.objects.exists()


def test_a_long_one_is_followed_by_a_bar(desk, program, monkeypatch):
    monkeypatch.setattr("rewards.simulation.starting.AT_ONCE", 0)
    address = ask(desk, program, advocate_amount="25.00")["HX-Redirect"]
    assert f'hx-get="{address}progress/"' in desk.get(address).content.decode()
    job = Job.objects.get()
    while jobs.step(pk=job.pk, worker=job.public_id, first=True, at=timezone.now()):
        assert "0 of 1" in desk.get(f"{address}progress/").content.decode()
    assert desk.get(f"{address}progress/")["HX-Refresh"] == "true"


def test_who_may_not_see_rewards_is_not_asked(desk, client, program):
    address = ask(desk, program)["HX-Redirect"]
    client.force_login(otto("rewards.view_rule", "rewards.change_rule"))
    assert "What would this" not in client.get("/admin/simulate/").content.decode()
    assert client.get(address).status_code == 403
    assert client.post("/admin/simulate/").status_code == 403
