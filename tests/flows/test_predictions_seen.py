"""What is expected of customers, as acme's developers and olga read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.models import Standing
from referrals import predictions
from referrals.models import Fit
from tests.flows.api import secret
from tests.referrals.history import brought

pytestmark = pytest.mark.django_db
MODEL = {"r": 0.243, "alpha": 30.898, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "v": 1544.0}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def looked_at(acme, alice, fred, now):
    """A night that saw alice leaving, who brought fred."""
    day = now.date()
    brought(alice, fred, at=now)
    left = {"alive_percent": 43, "expected_orders_e2": 125, "expected_value_minor": 6200, "at_risk_since": now}
    Standing.objects.create(customer=alice.customer, friends_joined=4, friends_converted=3, orders=2, **left)
    Standing.objects.create(customer=fred, advocate_left_at=now)
    told = {"at_risk": 1, "orders_e2": 12500, "value_minor": 620000, "expected_of": 100, "written_at": now}
    told |= {"warning": "Who buys more often spends more."}
    acme.expected_on = day
    acme.save()
    return Fit.objects.create(
        storefront=acme, day=day, fitted_at=now, customers=120, repeat_customers=40, **MODEL, **told
    )


def test_a_customer_says_what_is_expected_of_them(acme, rival, looked_at):
    shop, rival, now = secret(acme), secret(rival), looked_at.fitted_at
    said = shop.get("/customers/ext_alice").json()
    assert said["expected"] == {
        "day": str(looked_at.day),
        "alive_percent": 43,
        "expected_orders": 1.25,
        "expected_value": {"amount_minor": 6200, "currency": "EUR"},
        "at_risk_since": now.isoformat().replace("+00:00", "Z"),
    }
    assert said["advocate_left_at"] is None
    listed = {each["external_id"]: each for each in shop.get("/customers").json()["data"]}
    assert listed["alice"] == said
    assert (listed["fred"]["expected"], listed["fred"]["advocate_left_at"]) == (None, said["expected"]["at_risk_since"])
    newest = shop.get("/predictions").json()
    assert newest["frequency"] == {"r": 0.243, "alpha_days": 30.898, "a": 0.793, "b": 2.426}
    assert (newest["converged"], newest["reason"], newest["customers"]) == (True, None, 120)
    assert (newest["written"]["expected_orders"], newest["written"]["at_risk"]) == (125.0, 1)
    assert newest["written"]["expected_value"] == {"amount_minor": 620000, "currency": "EUR"}
    none = rival.get("/predictions").json()
    assert (none["reason"], none["day"], none["written"]) == (predictions.NONE_YET, None, None)


def test_a_day_without_a_model_says_why_and_which_day_is_shown(acme, looked_at, now):
    tomorrow = looked_at.day + timedelta(days=1)
    Fit.objects.create(storefront=acme, day=tomorrow, fitted_at=now, customers=130, reason="It did not converge.")
    newest = secret(acme).get("/predictions").json()
    assert (newest["day"], newest["converged"], newest["reason"]) == (str(tomorrow), False, "It did not converge.")
    assert (newest["frequency"], newest["written"]["day"]) == (None, str(looked_at.day))


def test_olga_sees_who_is_leaving_and_whom_they_brought(client, olga, alice, looked_at):
    client.force_login(olga)
    page = client.get("/admin/metrics/", {"all": "1"}).content.decode()
    assert "1 advocate at risk" in page
    assert "1 friend whose advocate left" in page
    assert "6,200.00 EUR expected of those who bought" in page
    assert looked_at.warning in page
    assert f'href="/admin/advocacy/customer/{alice.customer_id}/change/"' in page
    file = b"".join(client.get("/admin/metrics/", {"csv": "at_risk"}).streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1] == f"Alice,3,0.43,62.00,{looked_at.day}"
    file = b"".join(client.get("/admin/metrics/", {"csv": "left_behind"}).streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1] == f"Fred,Alice,,,{looked_at.day}"
    listed = {
        name: client.get("/admin/advocacy/customer/", {"leaving": name}).content.decode()
        for name in ("at_risk", "advocates", "left")
    }
    assert {name: ("alice@" in text, "fred@" in text) for name, text in listed.items()} == {
        "at_risk": (True, False),
        "advocates": (True, False),
        "left": (False, True),
    }
    page = client.get(f"/admin/advocacy/customer/{alice.customer_id}/change/").content.decode()
    for words in ("43 %", "1.25", "62.00"):
        assert words in page


def test_before_anything_is_expected_the_cards_say_why(client, olga, program):
    client.force_login(olga)
    page = client.get("/admin/metrics/", {"all": "1"}).content.decode()
    for words in (predictions.NONE_YET, "Nobody who brought friends is at risk", "No friend’s advocate is at risk"):
        assert words in page
