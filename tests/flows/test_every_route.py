"""Default deny, by the URLconf itself: every route outside the API × {nobody, another customer, staff without a right}.

The API's routes × {no key, a publishable key, another storefront's key} are in test_api_isolation.py.
"""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.urls import get_resolver

from advocacy import ids
from tests import cast
from tests.flows.admin_stage import otto
from tests.flows.test_api_schema import PREFIX, _walk

pytestmark = pytest.mark.django_db
# What everybody may open: each answers for itself, as its own tests say.
OPEN = {
    "",
    "healthz",
    "prometheus",
    "advocacy.js",
    "r/<str:code>",
    "r/<str:code>/qr.svg",
    "r/<str:code>/qr.png",
    "a/<str:code>",
    "a/<str:code>/coupon",
}
# Of staff who may nothing else: their own sign-in and the empty desk.
OF_ALL_STAFF = {
    "admin/",
    "admin/logout/",
    "admin/password_change/",
    "admin/password_change/done/",
    "admin/jsi18n/",
    "admin/login/",
    "admin/search/",
    # The question on the rule form; for them it is empty.
    "admin/simulate/",
}
# Of whoever is signed in, each their own.
OF_WHO_IS_SIGNED_IN = {"portal/", "portal/code/"}
SHUT = {302, 400, 401, 403, 404, 405, 410}


def routes():
    """Every route of the site but the API's and those by which people sign in."""
    found = {pattern.replace("^", "").replace("$", "") for pattern, _ in _walk(get_resolver().url_patterns, "")}
    return sorted(each for each in found if not each.startswith((PREFIX, "accounts/")))


def filled(pattern, advocate):
    """With something of acme's in each place."""
    place = {"advocate": ids.encode("adv", advocate.public_id), "code": "ALICE-LINK"}
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: "1", pattern).replace("\\", "").removesuffix("Z")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: place.get(found[1], str(advocate.pk)), path)


def answers(client, pattern, advocate, methods=("get", "post")):
    """To looking and to sending nothing."""
    address = filled(pattern, advocate)
    return [getattr(client, method)(address) for method in methods]


def test_nobody_gets_behind_the_doors(client, alice, counted):
    before = counted()
    for pattern in routes():
        if pattern in OPEN:
            continue
        for answer in answers(client, pattern, alice):
            assert answer.status_code in SHUT or pattern == "admin/login/", (pattern, answer.status_code)
            if answer.status_code == 302:
                shut = "/login/" in answer["Location"] or pattern == "admin/logout/"
                assert shut, (pattern, answer["Location"])
    assert counted() == before


def test_another_customer_finds_nothing_of_alice(client, acme, alice, mallory, counted):
    user = User.objects.create_user("mallory")
    EmailAddress.objects.create(user=user, email="mallory@example.com", verified=True, primary=True)
    client.force_login(user)
    before = counted()
    for pattern in routes():
        if pattern in OPEN | OF_WHO_IS_SIGNED_IN:
            continue
        # Of the admin, looking is enough: it asks whether they are staff before anything else.
        methods = ("get",) if pattern.startswith("admin/") else ("get", "post")
        for answer in answers(client, pattern, alice, methods):
            assert answer.status_code in SHUT, (pattern, answer.status_code)
            if pattern.startswith("portal/"):
                assert answer.status_code in (404, 405, 410), (pattern, answer.status_code)
    assert counted() == before


def test_staff_without_a_right_see_and_do_nothing(client, acme, alice, counted):
    client.force_login(otto())
    cast.fred(acme)
    before = counted()
    for pattern in routes():
        if not pattern.startswith("admin/") or pattern in OF_ALL_STAFF:
            continue
        for answer in answers(client, pattern, alice):
            assert answer.status_code in SHUT, (pattern, answer.status_code)
            if answer.status_code == 302:
                assert "/admin/" in answer["Location"] or "login" in answer["Location"], pattern
    assert counted() == before


def test_platforms_reach_nothing_without_a_signature(client, acme, counted):
    before = counted()
    for platform in ("shopify", "stripe", "woocommerce", "nobody"):
        assert client.post(f"/in/{platform}/con_nothing", b"{}", content_type="application/json").status_code == 404
    assert counted() == before


def test_the_walk_sees_the_site():
    found = routes()
    assert set(found) > OPEN
    assert len([each for each in found if each.startswith("admin/")]) > 100
