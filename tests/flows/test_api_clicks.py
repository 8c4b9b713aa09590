import pytest

from referrals.models import Click
from tests.flows.api import publishable, secret

pytestmark = pytest.mark.django_db


def test_a_browser_reports_a_click_and_the_order_that_names_it_is_alices(acme, alice):
    click = publishable(acme).post("/clicks", {"code": "alice-link", "utm": {"source": "whatsapp"}})
    assert click.status_code == 201
    assert click.json()["click_id"].startswith("clk_")
    told = publishable(acme).post("/codes/validate", {"code": "alice-link"}).json()
    assert (click.json()["click_precedence"], told["click_precedence"]) == ("last", "last")
    bond = secret(acme).post("/signups", {"customer": {"external_id": "fred"}, "click_id": click.json()["click_id"]})
    assert bond.json()["referral"]["method"] == "click"
    assert bond.json()["referral"]["click_id"] == click.json()["click_id"]


def test_clicks_of_one_browser_are_one_visitor_and_those_of_a_server_are_not(acme, alice):
    for caller in (publishable(acme), publishable(acme), secret(acme)):
        caller.post("/clicks", {"code": "ALICE-LINK"})
    visitors = [bytes(click.visitor) for click in Click.objects.order_by("id")]
    assert visitors[0] == visitors[1] != b""
    assert visitors[2] == b""


def test_a_code_of_another_storefront_is_unknown(acme, rival, alice):
    answer = publishable(rival).post("/clicks", {"code": "alice-link"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
    assert Click.objects.count() == 0


def test_a_link_that_is_switched_off_takes_no_click(acme, alice):
    alice.links.update(status="disabled")
    answer = publishable(acme).post("/clicks", {"code": "alice-link"})
    assert (answer.status_code, answer.json()["code"]) == (422, "link_disabled")
    assert Click.objects.count() == 0
