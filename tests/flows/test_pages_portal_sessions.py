"""A storefront lets its customer into the portal: once, soon, and as nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids, portal_sessions, twins
from advocacy.models import PortalSession
from tests import cast
from tests.flows.api import publishable, secret

pytestmark = pytest.mark.django_db


def way_of(shop, customer="ext_alice"):
    return shop.post("/portal_sessions", {"customer": customer}).json()["url"].removeprefix("http://localhost:8000")


def test_alice_comes_in_once(client, acme, alice):
    way = way_of(secret(acme))
    inside = client.get(way, follow=True)
    assert inside.status_code == 200
    assert inside.redirect_chain[-1][0].startswith("/portal/adv_")
    assert "ALICE-LINK" in inside.content.decode()
    assert client.session.get_expiry_age() <= 7200
    client.logout()
    again = client.get(way)
    assert (again.status_code, "This way is closed" in again.content.decode()) == (410, True)
    assert client.get("/portal/").status_code == 302


def test_the_way_closes_after_ten_minutes(client, acme, alice):
    way = way_of(secret(acme))
    PortalSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(way).status_code == 410


def test_what_was_not_signed_here_opens_nothing(client, acme, alice):
    way = way_of(secret(acme))
    for spoilt in (way[:-3] + "xx/", "/portal/enter/pts_1:abc/", way.replace("pts_", "adv_")):
        assert client.get(spoilt).status_code == 410
    assert client.get(way).status_code == 302


def test_a_browser_that_looks_ahead_and_a_head_open_nothing(client, acme, alice):
    way = way_of(secret(acme))
    assert client.get(way, headers={"Sec-Purpose": "prefetch"}).status_code == 403
    assert client.head(way).status_code == 405
    assert client.get(way).status_code == 302


def test_who_came_in_sees_only_what_is_theirs(client, acme, alice, mallory):
    client.get(way_of(secret(acme)))
    mine, hers = (f"/portal/{ids.encode('adv', each.public_id)}/" for each in (alice, mallory))
    assert (client.get(mine).status_code, client.get(hers).status_code) == (200, 404)
    assert client.get("/admin/").status_code == 302


def test_only_a_secret_key_lets_in_and_only_its_own_customers(acme, rival, alice):
    assert publishable(acme).post("/portal_sessions", {"customer": "ext_alice"}).status_code == 403
    assert secret(rival).post("/portal_sessions", {"customer": "ext_alice"}).status_code == 404
    assert not PortalSession.objects.exists()


def test_a_test_customer_is_seen_through_such_a_way_only(client, acme, alice, olga):
    twin = twins.of(acme, at=cast.NOON)
    cast.advocate(twin.programs.get(), "gina")
    shown = client.get(way_of(secret(twin), "ext_gina"), follow=True)
    assert "GINA-LINK" in shown.content.decode()
    assert portal_sessions.customer_id(olga) is None
