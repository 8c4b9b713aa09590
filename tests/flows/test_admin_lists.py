"""Every page of the admin opens, and a list asks the database the same number of questions however long it is."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from advocacy import connections, errands, ids, keys, secrets
from advocacy.models import Alert, Job, Mail, MailWording, Suppression, Testimonial
from advocacy.outbox import telling, webhooks
from advocacy.outbox.drain import drain
from referrals import claims
from referrals.inbound import privacy
from referrals.models import InboundMessage
from rewards import adjustments, crediting, redemptions
from rewards.coupons import uploading
from rewards.models import TaxLimit
from rewards.payouts import gathering
from tests import cast, drawing
from tests.flows.admin_stage import order, rule
from tests.rewards import coupon_stage, payouts_stage

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def happen(acme, program, names):
    """Each of these brings a friend who orders; each also says something and gets a key and a rule."""
    for name in names:
        advocate = cast.advocate(program, name)
        recorded = order(acme, f"order-{name}", name=f"friend-of-{name}", referral_code=advocate.code)
        rule(program, advocate_amount_minor=100, hold_days=0)
        keys.make(storefront=acme, kind="secret", name=name, at=timezone.now())
        now = timezone.now()
        Job.objects.create(storefront=acme, kind=name, started_by=cast.staff(name), created_at=now, moved_at=now)
        Testimonial.objects.create(
            storefront=acme, customer=recorded.order.customer, text=name, source="api", sent_at=timezone.now()
        )
        MailWording.objects.create(program=program, kind="welcome", language=name)
        Mail.objects.create(
            storefront=acme, program=program, customer=advocate.customer, kind="welcome", state="sent", created_at=now
        )
        Alert.objects.create(kind="link_burst", subject=name, storefront=acme, opened_at=now, last_seen_at=now)
        Suppression.objects.create(storefront=acme, digest=name.encode(), since=now)
        endpoint, _ = webhooks.create(storefront=acme, url=f"https://{name}.example/hooks", at=now)
        telling.test(endpoint=endpoint, type="order.recorded", at=now)
        payouts_stage.payee_of(advocate.customer)
        TaxLimit.objects.get_or_create(storefront=acme, country="DE", currency="EUR", yearly_limit_minor=10**9)
        _paid_out(program, name)
        spend(program, advocate.customer)
        claims.ask(advocate=advocate, named=f"order-{name}", at=now)
        pool = coupon_stage.pool_of(program, f"Pool of {name}")
        _platform_tells(acme, name)
        uploading.numbered(pool=pool, lines=[(1, f"CODE-OF-{name}".upper())], at=timezone.now())
    while drain("money", at=timezone.now()):
        pass
    crediting.release(at=timezone.now())


def _platform_tells(acme, name):
    """A connection, a message that failed, and a request for privacy."""
    shop = connections.connect(
        storefront=acme, platform="shopify", name=name, shop=f"{name}.myshopify.com", secret=name, at=timezone.now()
    )
    message = {"topic": "orders/paid", "message_id": name, "raw": secrets.seal("{}"), "state": "failed"}
    message = InboundMessage.objects.create(connection=shop, received_at=timezone.now(), **message)
    errands.ask(kind="coupon", about={(acme.pk, shop.pk, message.public_id)}, at=timezone.now())
    asked = {"kind": "shop", "fields": {}, "reference": name, "orders": [name]}
    privacy.ask(storefront=acme, connection=shop, at=timezone.now(), **asked)


def _paid_out(program, name):
    """A batch, by a policy of a program of its own."""
    own = cast.program(program.storefront, slug=name, name=name)
    payouts_stage.cash_rule(own)
    payouts_stage.earns(cast.advocate(own, f"{name}-too"), at=timezone.now())
    cards = coupon_stage.pool_of(own, kind="gift_card", amount_minor=2500)
    policy = payouts_stage.policy_of(program.storefront, program=own, kind="gift_card", pool=cards)
    gathering.gather(policy=policy, at=timezone.now())


def spend(program, customer):
    """Something given by hand, a part of it in a basket."""
    wanted = {"customer": customer, "at": timezone.now()}
    adjustments.give(program=program, form="credit", amount_minor=500, reason="Goodwill", **wanted)
    redemptions.reserve(storefront=program.storefront, unit="EUR", amount_minor=300, **wanted)


def questions(desk, address):
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(address).status_code == 200
    return len(asked)


def _address(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def test_every_page_opens_and_a_list_is_as_cheap_with_many_rows(desk, acme, program):
    """One stage for all pages: to make its rows takes longer than to read them."""
    happen(acme, program, ["anna"])
    some = drawing.some(MODELS, 1 / 2)
    lists = {model: _address(model, "changelist") for model in some}
    # Whoever looks first also fills caches.
    assert [page for page in lists.values() if desk.get(page, {"q": "anna"}).status_code != 200] == []
    few = {model: questions(desk, page) for model, page in lists.items()}
    happen(acme, program, ["berta", "carla"])
    assert {model: questions(desk, page) for model, page in lists.items()} == few
    assert [page for page in _pages_of_rows(some) if desk.get(page).status_code != 200] == []


def _pages_of_rows(models):
    """Of a row of each: its form and its history."""
    rows = [row for model in models if (row := model.objects.order_by("pk").first())]
    return [_address(type(row), page, row.pk) for row in rows for page in ("change", "history")]


def test_every_empty_list_says_where_its_rows_come_from():
    silent = [model._meta.label for model in MODELS if not getattr(admin.site._registry[model], "empty", "")]
    # The log and the people begin with whoever set this up.
    assert silent == ["admin.LogEntry", "auth.Group", "auth.User"]


def test_the_overview_is_as_cheap_with_many_programs(desk, acme, program):
    desk.get("/admin/")
    few = questions(desk, "/admin/")
    for number in range(4):
        cast.program(acme, slug=f"more-{number}", name=f"More {number}")
    assert questions(desk, "/admin/") == few


def test_an_id_as_the_api_writes_it_finds_its_row(desk, alice):
    page = desk.get("/admin/advocacy/advocate/", {"q": ids.encode("adv", alice.public_id)}).content.decode()
    assert "alice@example.com" not in page
    assert f"/admin/advocacy/advocate/{alice.pk}/change/" in page


def test_long_lists_are_never_counted(desk, alice):
    with CaptureQueriesContext(connection) as asked:
        desk.get("/admin/advocacy/event/")
    counted = [query["sql"] for query in asked if "COUNT(*)" in query["sql"] and '"advocacy_event"' in query["sql"]]
    assert counted == []


def test_the_overview_is_never_empty_without_a_word(desk, acme):
    assert "Add a program" in desk.get("/admin/").content.decode()
    cast.program(acme)
    page = desk.get("/admin/").content.decode()
    assert "Nothing is counted yet." in page
    assert "Nothing: no reward has been granted yet." in page
