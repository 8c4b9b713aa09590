"""How often one may call: told on every answer, refused in words, and never in the way when Redis is gone."""

import pytest

from advocacy.api import limits
from advocacy.models import ApiKey
from advocacy.outbox import wake
from tests import cast
from tests.flows.api import Caller, publishable, secret

pytestmark = pytest.mark.django_db


def test_each_key_has_its_own_room_and_is_told_how_much(acme, settings):
    settings.CALLS_PER_MINUTE_SECRET = 2
    shop, other = secret(acme), secret(acme)
    first, second, third = (shop.get("/customers") for _ in range(3))
    assert [first["RateLimit-Limit"], first["RateLimit-Remaining"], second["RateLimit-Remaining"]] == ["2", "1", "0"]
    assert first["RateLimit-Policy"] == "2;w=60"
    assert 0 < int(first["RateLimit-Reset"]) <= 60
    assert (third.status_code, third.json()["code"]) == (429, "too_many_calls")
    assert 0 < int(third["Retry-After"]) <= 60
    assert third["RateLimit-Remaining"] == "0"
    assert other.get("/customers").status_code == 200


def test_of_a_high_limit_a_process_takes_several_calls_at_a_time_and_refuses_the_same_one(acme, settings):
    settings.CALLS_PER_MINUTE_SECRET = 2000
    shop = secret(acme)
    key = ApiKey.objects.get(storefront=acme)
    left = [int(shop.get("/customers")["RateLimit-Remaining"]) for _ in range(4)]
    assert (left, int(wake.broker().get(f"calls key {key.pk}"))) == ([1999, 1998, 1997, 1996], 6)
    # Another process has taken nearly all of the rest.
    wake.broker().incrby(f"calls key {key.pk}", 1993)
    left = [shop.get("/customers") for _ in range(4)]
    assert [each["RateLimit-Remaining"] for each in left] == ["1995", "1994", "0", "0"]
    assert [each.status_code for each in left] == [200, 200, 200, 429]


def test_threads_that_ask_at_the_same_moment_waste_none_of_the_calls_they_took(acme):
    name = f"key of {acme.pk}"
    assert [limits._from_redis({name: 2000})[name][0] for _ in range(2)] == [1, 4]
    held = [limits._from_held(name) for _ in range(5)]
    assert [each and each[0] for each in held] == [3, 4, 5, 6, None]


def seen_from(caller, address):
    return caller.client.get("/api/v1/programs", **caller._headers(), REMOTE_ADDR=address).status_code


def test_an_address_is_limited_below_its_publishable_key(acme, program, settings):
    settings.CALLS_PER_MINUTE_PUBLISHABLE, settings.CALLS_PER_MINUTE_ADDRESS = 3, 1
    browser = publishable(acme)
    assert browser.get("/programs")["RateLimit-Limit"] == "1"
    assert browser.get("/programs").status_code == 429
    elsewhere = [
        browser.client.get("/api/v1/programs", **browser._headers(), REMOTE_ADDR=f"10.0.0.{n}") for n in (1, 2)
    ]
    assert [each.status_code for each in elsewhere] == [200, 429]


def test_nobody_tries_keys_all_day(acme, settings):
    settings.CALLS_PER_MINUTE_ADDRESS = 1
    thief = Caller("sk_live_" + "0" * 39)
    address = f"10.1.{acme.pk % 250}.{acme.pk // 250 % 250}"
    assert [seen_from(thief, address) for _ in range(2)] == [401, 429]


def test_without_redis_clicks_and_orders_are_still_taken(acme, alice, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CALLS_PER_MINUTE_SECRET = settings.CALLS_PER_MINUTE_ADDRESS = 1
    monkeypatch.setattr(wake, "_silent_until", 0)
    wake.broker.cache_clear()
    limits._script.cache_clear()
    try:
        shop, browser = secret(acme), publishable(acme)
        orders = [
            shop.post("/orders", cast.order(str(number), customer={"external_id": "fred"})) for number in range(3)
        ]
        clicks = [browser.post("/clicks", {"code": "alice-link"}) for _ in range(3)]
    finally:
        wake.broker.cache_clear()
        limits._script.cache_clear()
    assert [each.status_code for each in orders + clicks] == [201] * 6
    assert "RateLimit-Limit" not in orders[0]
