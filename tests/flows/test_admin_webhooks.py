"""Olga connects acme's server, sees what it answered, and makes it hear what it missed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from advocacy.models import Delivery, WebhookEndpoint
from advocacy.outbox import sending
from advocacy.outbox.drain import drain
from tests import cast
from tests.receiver import receiving

LIST = "/admin/advocacy/webhookendpoint/"


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def server():
    with receiving() as server:
        yield server


def add(desk, acme, server, **changes):
    fields = {"storefront": acme.pk, "url": server.url, "description": "Loyalty", "event_types": ["customer.created"]}
    return desk.post(f"{LIST}add/", fields | changes)


def sent():
    drain("out", at=timezone.now())
    while sending.send_next(at=timezone.now()):
        pass


def test_olga_adds_an_endpoint_sees_its_secret_once_and_tests_it(desk, acme, server):
    answer = add(desk, acme, server)
    secret = re.search(r'value="(whsec_[^"]+)"', answer.content.decode())[1]
    assert "no-store" in answer["Cache-Control"]
    page = f"{LIST}{WebhookEndpoint.objects.get().pk}"
    assert secret not in desk.get(f"{page}/change/").content.decode()
    shown = desk.post(f"{page}/do/test/", {"confirmed": "1", "type": "reward.credited"})
    sent()
    assert Webhook(secret).verify(server.got[0][1], server.got[0][0])["type"] == "reward.credited"
    told = desk.get(shown["Location"]).content.decode()
    assert "Delivered (200)" in told
    assert "thank you" in told


def test_an_address_that_cannot_be_called_or_is_there_already_is_refused(desk, acme, server):
    add(desk, acme, server)
    assert "is an endpoint of the storefront already" in add(desk, acme, server).content.decode()
    assert "begins with https" in add(desk, acme, server, url="ftp://acme.example/").content.decode()
    assert WebhookEndpoint.objects.count() == 1


def test_what_failed_is_sent_again_one_by_one_and_by_period(desk, acme, server):
    add(desk, acme, server)
    page = f"{LIST}{WebhookEndpoint.objects.get().pk}"
    server.answer = 410
    cast.customer(acme, "fred", at=timezone.now())
    sent()
    assert "It answered 410" in desk.get(f"{page}/change/").content.decode()
    server.answer = 200
    desk.post(f"{page}/do/enable/", {"confirmed": "1"})
    since = timezone.now() - timedelta(days=30)
    period = {"confirmed": "1", "since_0": f"{since:%Y-%m-%d}", "since_1": "00:00", "which": "failed"}
    assert "1 delivery is sent" in desk.post(f"{page}/do/replay/", period, follow=True).content.decode()
    sent()
    delivery = Delivery.objects.get()
    assert delivery.state == "delivered"
    desk.post(f"/admin/advocacy/delivery/{delivery.pk}/do/replay/", {"confirmed": "1"})
    sent()
    assert len(server.got) == 3
    desk.post(f"{page}/do/remove/", {"confirmed": "1", "reason": "Old"})
    assert WebhookEndpoint.objects.get().removed_at
    assert "(removed)" in desk.get(f"/admin/advocacy/delivery/{delivery.pk}/change/").content.decode()
