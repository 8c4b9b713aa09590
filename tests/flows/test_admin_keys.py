import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.utils import timezone

from advocacy import keys
from advocacy.models import ApiKey

ADD = "/admin/advocacy/apikey/add/"


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def made(response):
    return re.search(r'value="(sk_live_[0-9a-z]+)"', response.content.decode()).group(1)


def test_olga_makes_a_key_and_sees_it_this_once(desk, acme):
    answer = desk.post(ADD, {"storefront": acme.pk, "name": "Checkout server", "kind": "secret"})
    token, key = made(answer), ApiKey.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert keys.find(token, timezone.now()) == key
    assert (key.storefront, key.name, key.kind) == (acme, "Checkout server", "secret")
    later = [desk.get(f"/admin/advocacy/apikey/{address}") for address in (f"{key.pk}/change/", "", "add/")]
    assert [page.status_code for page in later] == [200, 200, 200]
    assert not any(token in page.content.decode() for page in later)


def test_a_key_is_in_no_session_cookie_or_log(desk, acme):
    answer = desk.post(ADD, {"storefront": acme.pk, "name": "Checkout server", "kind": "secret"})
    token = made(answer)
    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    kept += [morsel.value for morsel in desk.cookies.values()]
    kept += [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    assert LogEntry.objects.count() == 1
    assert not any(token in text for text in kept)


def test_a_replaced_key_works_for_the_hours_that_were_said(desk, acme):
    old, old_token = keys.make(storefront=acme, kind="secret", name="Checkout server", at=timezone.now())
    page = f"/admin/advocacy/apikey/{old.pk}/do/rotate/"
    assert "shown once" in desk.get(page).content.decode()
    token = made(desk.post(page, {"confirmed": "1", "hours": "0"}))
    assert keys.find(old_token, timezone.now()) is None
    assert keys.find(token, timezone.now()).name == "Checkout server"
    assert LogEntry.objects.get().get_change_message() == "Replaced: 0"


def test_a_revoked_key_opens_nothing(desk, acme):
    key, token = keys.make(storefront=acme, kind="secret", name="Checkout server", at=timezone.now())
    page = f"/admin/advocacy/apikey/{key.pk}/do/revoke/"
    refused = desk.post(page, {"confirmed": "1", "reason": ""})
    assert "This field is required." in refused.content.decode()
    assert keys.find(token, timezone.now()) == key
    desk.post(page, {"confirmed": "1", "reason": "It was in a public repository"})
    assert keys.find(token, timezone.now()) is None
    assert LogEntry.objects.get().get_change_message() == "Revoked: It was in a public repository"
