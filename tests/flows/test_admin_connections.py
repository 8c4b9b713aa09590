"""olga connects shops, sees what they send, and mends what went wrong. What she enters is never shown again."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from advocacy import connections, ids
from advocacy.jobs import working
from advocacy.models import Connection, Job
from referrals import inbound, orders
from referrals.models import InboundMessage, Order
from tests import cast
from tests.referrals import platform_servers
from tests.referrals import platforms_stage as stage

ADD = "/admin/advocacy/connection/add/"
KEY = {"platform": "shopify", "name": "Acme in Germany", "shop": "https://ACME.myshopify.com/"}
KEY |= {"secret": "shpss_verysecret", "api_access_token": "shpat_1"}


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def page_of(desk, row):
    """Without the menu, which names friends that are missing."""
    return desk.get(f"/admin/advocacy/connection/{row.pk}/change/").content.decode().replace("Missing friends", "")


def do(desk, row, act):
    answer = desk.post(f"/admin/advocacy/connection/{row.pk}/do/{act}/", {"confirmed": "1"}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_olga_connects_a_shop_and_its_secrets_are_never_shown(desk, acme):
    chosen = desk.get(ADD).content.decode()
    assert [f"{ADD}?platform={name}" in chosen for name in ("shopify", "stripe", "woocommerce")] == [True] * 3
    asked = desk.get(f"{ADD}?platform=shopify").content.decode()
    assert ("Connect Shopify" in asked, "api_access_token" in asked, "Consumer key" in asked) == (True, True, False)
    desk.post(ADD, KEY | {"storefront": acme.pk})
    row = Connection.objects.get()
    assert (row.shop, connections.signing_secrets(row, at=timezone.now())) == (
        "acme.myshopify.com",
        ["shpss_verysecret"],
    )
    assert connections.credentials_of(row) == {"access_token": "shpat_1"}
    page = page_of(desk, row)
    assert f"/in/shopify/{ids.encode('con', row.public_id)}" in page
    assert ("verysecret" in page, "shpat_1" in page, "Nothing yet" in page) == (False, False, True)
    # What is left empty stays.
    desk.post(f"/admin/advocacy/connection/{row.pk}/change/", {"name": "Acme", "secret": "", "api_access_token": ""})
    row.refresh_from_db()
    assert (row.name, connections.credentials_of(row)) == ("Acme", {"access_token": "shpat_1"})
    desk.post(f"/admin/advocacy/connection/{row.pk}/change/", {"name": "Acme", "secret": "another"})
    row.refresh_from_db()
    assert connections.signing_secrets(row, at=timezone.now()) == ["another", "shpss_verysecret"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shop": "acme.example"}, "such as acme.myshopify.com"),
        ({"platform": "stripe", "shop": "Acme"}, "Write an account such as"),
        ({"platform": "woocommerce", "shop": "ftp://acme.example"}, "Write a whole address"),
        ({"platform": "woocommerce", "shop": "https://acme.example", "api_key": "ck_1"}, "Both belong together"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(desk, acme, fields, words):
    page = desk.post(f"{ADD}?platform=x", KEY | {"storefront": acme.pk} | fields).content.decode()
    assert (words in page, Connection.objects.count()) == (True, 0)


def test_a_shop_is_connected_once_and_woocommerce_has_one(desk, acme):
    stage.connected(acme, "shopify", shop="acme.myshopify.com")
    stage.connected(acme, "woocommerce", shop="https://one.example")
    assert "connected already" in desk.post(ADD, KEY | {"storefront": acme.pk}).content.decode()
    second = {"platform": "woocommerce", "name": "Two", "shop": "https://two.example", "storefront": acme.pk}
    assert "Add a storefront for it" in desk.post(ADD, second).content.decode()
    assert Connection.objects.count() == 2


def test_webhooks_are_registered_tested_and_missed_ones_named(desk, acme):
    with platform_servers.served(platform_servers.WooCommerce()) as address:
        said = {"credentials": {"key": "ck_1", "secret": "cs_1"}, "api_address": address, "secret": ""}
        row = stage.connected(acme, "woocommerce", shop="https://shop.acme.example", **said)
        assert "It does not send us yet: order.created" in do(desk, row, "test")
        assert "Missing" in page_of(desk, row)
        assert "5 webhooks registered" in do(desk, row, "register")
        row.refresh_from_db()
        assert len(connections.signing_secrets(row, at=timezone.now())[0]) > 30
        assert "It sends us all that is needed." in do(desk, row, "test")
        assert "All webhooks were registered already" in do(desk, row, "register")
        assert ("Missing" in page_of(desk, row), "Sent" in page_of(desk, row)) == (False, True)
        connections.change_credentials(connection=row, credentials={"key": "x", "secret": "y"})
        assert "WooCommerce answered 401: Sorry, you cannot list." in do(desk, row, "test")


def test_olga_asks_for_what_was_missed_and_follows_it(desk, acme):
    shop = platform_servers.Shopify(stage.document("shopify/orders_paid", id=1))
    with platform_servers.served(shop) as address:
        row = stage.connected(acme, "shopify", credentials={"access_token": "shpat_1"}, api_address=address)
        assert "It is asked within the hour" in page_of(desk, row)
        ask = f"/admin/advocacy/connection/{row.pk}/do/reconcile/"
        assert "less than or equal to 90" in desk.post(ask, {"confirmed": "1", "days": "91"}).content.decode()
        assert "Not begun" in desk.post(ask, {"confirmed": "1", "days": "30"}, follow=True).content.decode()
        job = Job.objects.get()
        assert "asked already" in desk.post(ask, {"confirmed": "1", "days": "1"}, follow=True).content.decode()
        working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now())
    page = desk.get(f"/admin/advocacy/job/{job.pk}/change/").content.decode()
    assert "1 order had been missed, 0 changed, 0 of 1 entries are not ours." in page
    assert (f"/admin/advocacy/connection/{row.pk}/change/" in page, "+00:00" in page) == (True, False)
    page = page_of(desk, row)
    assert ("All that changed until" in page, "/admin/advocacy/job/" in page) == (True, True)
    edited = {"name": "Acme", "secret": "", "api_access_token": ""}
    desk.post(f"/admin/advocacy/connection/{row.pk}/change/", edited)
    row.refresh_from_db()
    assert row.asked_daily is False


def test_stripes_secret_is_kept_as_it_is_made(desk, acme):
    with platform_servers.served(platform_servers.Stripe()) as address:
        said = {"credentials": {"api_key": "sk_live_1"}, "api_address": address, "secret": ""}
        row = stage.connected(acme, "stripe", **said)
        assert "15 webhooks registered" in do(desk, row, "register")
    row.refresh_from_db()
    assert connections.signing_secrets(row, at=timezone.now()) == ["whsec_made"]


def test_what_failed_is_seen_and_replayed(desk, client, acme):
    row = stage.connected(acme, "shopify", shop="acme.myshopify.com")
    stage.post(client, row, stage.document("shopify/orders_paid", currency="XXX"), topic="orders/paid")
    stage.post(client, row, b"{}", topic="orders/paid", secret="wrong")
    inbound.work(at=timezone.now())
    assert "1 to look at" in desk.get("/admin/advocacy/connection/").content.decode()
    page = page_of(desk, row)
    assert ("currency" in page, "1 × The signature did not fit" in page) == (True, True)
    message = InboundMessage.objects.get()
    shown = desk.get(f"/admin/referrals/inboundmessage/{message.pk}/change/").content.decode()
    assert ("currency" in shown, "fred@example.com" in shown) == (True, True)
    for _ in range(2):
        assert "1 message is worked on again" in do(desk, row, "replay")
        inbound.work(at=timezone.now())
    desk.post(f"/admin/referrals/inboundmessage/{message.pk}/do/replay/", {"confirmed": "1"})
    message.refresh_from_db()
    assert (message.state, message.attempts, Order.objects.count()) == ("received", 0, 0)


def test_an_ended_connection_is_taken_up_again(desk, client, acme):
    row = stage.connected(acme, "shopify")
    desk.post(f"/admin/advocacy/connection/{row.pk}/do/end/", {"confirmed": "1", "reason": "Moved"})
    assert stage.post(client, row, {"id": 1}, topic="orders/paid").status_code == 404
    do(desk, row, "resume")
    assert stage.post(client, row, {"id": 1}, topic="orders/paid").status_code == 200


def test_who_may_only_look_can_enter_and_do_nothing(client, acme):
    row = stage.connected(acme, "shopify", credentials={"access_token": "shpat_1"})
    message = InboundMessage.objects.create(connection=row, message_id="1", topic="x", raw=b"", received_at=cast.NOON)
    otto = cast.staff("otto")
    client.force_login(otto)
    addresses = [
        f"/admin/advocacy/connection/{row.pk}/change/",
        f"/admin/referrals/inboundmessage/{message.pk}/change/",
    ]
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    otto.user_permissions.set(Permission.objects.filter(codename__in=["view_connection", "view_inboundmessage"]))
    pages = [client.get(address) for address in addresses]
    assert [page.status_code for page in pages] == [200, 200]
    assert ("api_access_token" in pages[0].content.decode(), "As it came" in pages[1].content.decode()) == (
        False,
        False,
    )
    assert client.post(f"/admin/advocacy/connection/{row.pk}/do/test/", {"confirmed": "1"}).status_code == 403
    assert client.get(ADD).status_code == 403


def test_a_request_for_privacy_is_answered_with_a_reason(desk, acme):
    row = stage.connected(acme, "shopify")
    fields = {"kind": "shop", "fields": {}, "reference": "", "orders": []}
    asked = inbound.privacy.ask(storefront=acme, connection=row, at=cast.NOON, **fields)
    desk.post(f"/admin/referrals/privacyrequest/{asked.pk}/do/answered/", {"confirmed": "1", "reason": "Mailed"})
    asked.refresh_from_db()
    assert (asked.state, asked.note) == ("done", "Mailed")


def test_an_orders_page_says_what_is_odd_in_words(desk, acme):
    odd = {"code": "total_mismatch", "computed_minor": 5000, "total_minor": 4990}
    mallory = cast.customer(acme, "mallory")
    named = [mallory.public_id, ids.encode("cus", mallory.public_id)]
    order = stage_order(acme, warnings=[odd, *({"code": "customer_differs", "customer": str(each)} for each in named)])
    page = desk.get(f"/admin/referrals/order/{order.pk}/change/").content.decode()
    assert "Its parts come to 50.00 EUR, its total is told as 49.90 EUR." in page
    assert page.count("It was told again with another customer, Mallory; it stays") == 2
    # Nobody brought this customer, which the page says too.
    assert "Nobody brought this customer" in page


def stage_order(acme, **columns):
    order = orders.record(storefront=acme, orders=[cast.order()], at=timezone.now())[0].order
    Order.objects.filter(pk=order.pk).update(**columns)
    return order
