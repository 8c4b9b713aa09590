"""From where people sign up: comparable for a while, and nothing of an address."""

import pytest

from referrals import signups, traces
from referrals.models import Pepper, Trace
from tests.cast import NOON
from tests.flows.api import secret

pytestmark = pytest.mark.django_db


def came(acme, name, ip, agent="Firefox", at=NOON):
    signups.record(storefront=acme, customer={"external_id": name}, ip=ip, user_agent=agent, at=at)
    return Trace.objects.get(customer__external_id=name)


def test_one_network_and_one_browser_are_known_again_in_the_next_period_too(acme):
    first, beside = came(acme, "fred", "203.0.113.7"), came(acme, "mia", "203.0.113.7", "Safari")
    assert (bytes(first.network), bytes(first.device)) != (bytes(beside.network), bytes(beside.device))
    assert bytes(first.network) == bytes(beside.network)
    assert bytes(came(acme, "ina", "203.0.114.7").network) != bytes(first.network)
    later = came(acme, "lea", "203.0.113.7", at=NOON + traces.PERIOD)
    assert (bytes(later.network_before), bytes(later.device_before)) == (bytes(first.network), bytes(first.device))


def test_traces_and_what_compares_them_are_forgotten(acme):
    came(acme, "fred", "203.0.113.7")
    came(acme, "mia", "2001:db8::1", at=NOON + 2 * traces.PERIOD)
    traces.forget(at=NOON + 2 * traces.PERIOD)
    assert (Trace.objects.get().customer.external_id, Pepper.objects.count()) == ("mia", 2)


def test_a_signup_tells_where_it_came_from_once_and_in_an_address(acme, alice, counted):
    shop = secret(acme)
    said = {"customer": {"external_id": "fred"}, "referral_code": "alice-link", "ip": "203.0.113.7", "user_agent": "x"}
    assert [shop.post("/signups", said).status_code for _ in range(2)] == [201, 200]
    assert Trace.objects.count() == 1
    before = counted()
    for wrong in ("here", "203.0.113", "x" * 61):
        problem = shop.post("/signups", said | {"customer": {"external_id": "new"}, "ip": wrong})
        assert (problem.status_code, list(problem.json()["errors"])) == (422, ["ip"])
    assert counted() == before
