"""A widget acts as the customer whom the storefront's server vouches for: it reads and shares, and no money moves."""

import json
from datetime import timedelta

import jwt
import pytest
from django.utils import timezone

from advocacy import tokens
from advocacy.models import Customer
from referrals.models import Share
from rewards.models import Reward
from tests import pages_stage
from tests.flows.api import publishable, secret
from tests.rewards import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(acme):
    """``signed(external_id="alice")``: a token of acme's server, as its developers would make it."""
    known = tokens.new_secret(storefront=acme, at=timezone.now())

    def token(*, key=known, algorithm="HS256", minutes=10, **said):
        end = int((timezone.now() + timedelta(minutes=minutes)).timestamp())
        return jwt.encode({"exp": end} | said, key, algorithm=algorithm)

    return token


@pytest.fixture
def widget(acme):
    """``widget("get", "/me", token)``"""
    browser = publishable(acme)

    def call(method, path, token, body=None):
        headers = {"Customer-Token": token} if token else {}
        return browser.raw(method, path, b"" if body is None else json.dumps(body).encode(), **headers)

    return call


def test_alice_reads_what_is_hers_and_nothing_of_mallory(acme, alice, mallory, signed, widget):
    told = widget("get", "/me", signed(external_id="alice")).json()
    assert [each["advocate"]["code"] for each in told["programs"]] == ["ALICE-LINK"]
    assert told["programs"][0]["counts"] == {"joined": 0, "bought": 0}
    assert told["balances"] == []
    assert "mallory" not in str(told).lower()


def test_what_a_review_holds_reads_as_what_waits_for_its_day(acme, program, alice, signed, widget):
    """A cheat who reads what was noticed changes just that."""
    scene.rule_of(program, friend_kind="")
    pages_stage.buys(acme, "fred", alice.code)
    pages_stage.settle()
    token = signed(external_id="alice")
    waits = widget("get", "/me", token).json()["balances"]
    Reward.objects.update(reviewed=True)
    assert widget("get", "/me", token).json()["balances"] == waits
    (theirs,) = secret(acme).get("/wallets/ext_alice").json()["balances"]
    assert theirs["coming"][0]["held_by"] == "fraud_hold"


def test_fred_joins_and_shares_by_his_token(acme, program, signed, widget):
    token = signed(external_id="fred", email="fred@example.com")
    assert widget("get", "/me", token).json()["code"] == "unknown_customer"
    joined = widget("post", "/me/advocates", token, {"display_name": "Fred"})
    assert (joined.status_code, widget("post", "/me/advocates", token, {}).status_code) == (201, 200)
    assert Customer.objects.get().email == "fred@example.com"
    code = joined.json()["code"]
    shared = widget("post", "/shares", token, {"code": code, "channel": "whatsapp"})
    assert (shared.status_code, Share.objects.get().channel) == (201, "whatsapp")
    assert widget("post", "/share_views", token, {"code": code}).json()["kind"] == "view"


def test_nobody_shares_what_is_somebody_elses(alice, fred, signed, widget):
    refused = widget("post", "/shares", signed(external_id="fred"), {"code": "alice-link"})
    assert (refused.status_code, refused.json()["code"], Share.objects.count()) == (404, "unknown_code", 0)


@pytest.mark.parametrize("path", ["/redemptions", "/payout_batches", "/adjustments", "/wallets/ext_alice/exchange"])
def test_a_token_moves_no_money(alice, signed, widget, path):
    answer = widget("post", path, signed(external_id="alice"), {})
    assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"external_id": "alice", "key": "another secret that is just as long as it"}, "not signed with the secret"),
        ({"external_id": "alice", "minutes": -2}, "it has expired"),
        ({"external_id": "alice", "minutes": 70}, "at most an hour ahead"),
        ({"external_id": "alice", "algorithm": "HS512"}, "no JWT signed with HS256"),
        ({"external_id": "alice", "exp": "soon"}, "exp must be a number"),
        ({"external_id": "alice", "exp": True}, "exp must be a number"),
        ({"external_id": "alice", "exp": 1e308}, "at most an hour ahead"),
        ({"external_id": 5}, "external_id must be text"),
        ({"external_id": "a\0"}, "NUL"),
        ({}, "external_id must not be empty"),
        ({"external_id": "alice", "email": "no address"}, "mail"),
    ],
)
def test_a_token_that_is_not_right_is_refused_in_words(alice, signed, widget, said, words):
    answer = widget("get", "/me", signed(**said))
    assert (answer.status_code, answer.json()["code"]) == (401, "customer_token_invalid")
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "e30.e30.", "x" * 5000])
def test_what_is_no_token_is_refused(alice, signed, widget, token):
    assert widget("get", "/me", token).json()["code"] == "customer_token_invalid"


def test_an_unsigned_token_is_refused(alice, signed, widget):
    bare = jwt.encode({"external_id": "alice", "exp": 2**31}, None, algorithm="none")
    assert widget("get", "/me", bare).json()["code"] == "customer_token_invalid"


def test_a_token_of_a_storefront_without_secret_or_of_another_one_opens_nothing(alice, rival, signed):
    token = signed(external_id="alice")
    assert publishable(rival).raw("get", "/me", b"", **{"Customer-Token": token}).status_code == 401
    tokens.new_secret(storefront=rival, at=timezone.now())
    assert publishable(rival).raw("get", "/me", b"", **{"Customer-Token": token}).status_code == 401


def test_the_secret_before_counts_for_a_day(acme, alice, signed, widget):
    token = signed(external_id="alice")
    tokens.new_secret(storefront=acme, at=timezone.now() - timedelta(hours=23))
    assert widget("get", "/me", token).status_code == 200
    tokens.new_secret(storefront=acme, at=timezone.now())
    assert widget("get", "/me", token).status_code == 401


def test_without_a_token_or_beside_a_secret_key_it_is_said_what_to_send(acme, alice, signed, widget):
    assert widget("get", "/me", None).json()["code"] == "customer_token_needed"
    beside = secret(acme).raw("get", "/orders", b"", **{"Customer-Token": signed(external_id="alice")})
    assert (beside.status_code, beside.json()["code"]) == (400, "customer_token_not_taken")


def test_olga_makes_the_secret_and_sees_it_this_once(client, olga, acme):
    client.force_login(olga)
    page = f"/admin/advocacy/storefront/{acme.pk}/do/token-secret/"
    shown = client.post(page, {"confirmed": "1"})
    assert b'value="cts_' in shown.content
    assert "no-store" in shown["Cache-Control"]
    assert b"cts_" not in client.get(f"/admin/advocacy/storefront/{acme.pk}/change/").content
