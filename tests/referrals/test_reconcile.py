"""What webhooks did not bring is asked for, page by page, and taken once."""

from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from advocacy import connections, ids, platforms
from advocacy.jobs import working
from advocacy.models import Connection, Job, Storefront
from advocacy.refusals import Refused
from referrals import inbound
from referrals.inbound import reconciling
from referrals.models import Order
from tests.cast import DAY, HOUR
from tests.referrals import platform_servers
from tests.referrals import platforms_stage as stage

CREDENTIALS = {
    "shopify": {"access_token": "shpat_1"},
    "woocommerce": {"key": "ck_1", "secret": "cs_1"},
    "stripe": {"api_key": "sk_live_1"},
}
ADDRESS = "https://referrals.example/in/x"


@pytest.fixture
def at(acme):
    """Connect acme to such a shop."""
    with ExitStack() as held:

        def connect(platform, shop, **fields):
            address = held.enter_context(platform_servers.served(shop))
            fields = {"credentials": CREDENTIALS[platform], "api_address": address} | fields
            return stage.connected(acme, platform, **fields)

        yield connect


def reconcile(connection, **options):
    now = timezone.now()
    caller = platforms.Caller(connection, **{"sleep": lambda seconds: None} | options)
    return reconciling.reconcile(connection=connection, since=now - 300 * DAY, until=now, at=now, caller=caller)


def shopify_orders(count):
    made = [stage.document("shopify/orders_paid", id=number, name=f"#{number}") for number in range(1, count + 1)]
    return platform_servers.Shopify(*made)


def test_shopifys_pages_are_followed_and_taken_once(at):
    shop = shopify_orders(5)
    connection = at("shopify", shop)
    found = reconcile(connection)
    assert (found.listed, found.missed, found.failed, Order.objects.count()) == (5, 5, 0, 5)
    # The next page is asked of the shop itself, whatever address it names.
    assert [query.get("page_info") for _, _, query in shop.asked] == [None, ["2"], ["4"]]
    again = reconcile(connection)
    assert (again.missed, again.changed, again.sentences) == (0, 0, [])


def test_woocommerces_pages_are_read_again_where_they_moved(at):
    made = [
        stage.document("woocommerce/order_created", id=number, number=str(number), transaction_id="")
        for number in range(1, 6)
    ]
    shop = platform_servers.WooCommerce(*made)
    shop.leaves_after = 1
    found = reconcile(at("woocommerce", shop))
    assert (found.missed, sorted(Order.objects.values_list("external_id", flat=True))) == (5, ["1", "2", "3", "4", "5"])


def test_stripes_lists_are_one_story(at, client):
    def objects(*names):
        return [stage.document(f"stripe/{name}")["data"]["object"] for name in names]

    paid = objects("checkout_session_completed", "checkout_session_subscription", "checkout_session_trial")
    shop = platform_servers.Stripe(
        sessions=paid,
        invoices=objects("invoice_paid", "invoice_paid_renewal", "invoice_paid_trial"),
        payment_intents=objects("payment_intent_succeeded"),
        refunds=objects("refund_created"),
        disputes=objects("charge_dispute_closed"),
    )
    connection = at("stripe", shop)
    # One of them was heard of, before it was paid.
    stage.post(client, connection, stage.document("stripe/checkout_session_completed", payment_status="unpaid"))
    inbound.work(at=timezone.now())
    found = reconcile(connection)
    assert (found.listed, found.missed, found.failed) == (9, 3, 0)
    assert sorted(Order.objects.values_list("total_minor", "status", "refunded_minor")) == [
        (2900, "paid", 0),
        (2900, "paid", 0),
        (4990, "paid", 1500),
        (5490, "paid", 0),
    ]
    again = reconcile(connection)
    assert (again.missed, again.changed) == (0, 0)


def test_a_key_of_test_mode_fills_the_twin(at, acme, monkeypatch):
    shop = platform_servers.Stripe(sessions=[stage.document("stripe/checkout_session_completed")["data"]["object"]])
    monkeypatch.setattr(shop, "knows", lambda headers: True)
    assert reconcile(at("stripe", shop, credentials={"api_key": "sk_test_1"})).missed == 1
    assert Order.objects.get().storefront == Storefront.objects.get(test_twin_of=acme)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_limits_and_bad_moments_are_waited_for(at, platform):
    shop = {
        "shopify": shopify_orders(1),
        "woocommerce": platform_servers.WooCommerce(stage.document("woocommerce/order_created")),
        "stripe": platform_servers.Stripe(
            sessions=[stage.document("stripe/checkout_session_completed")["data"]["object"]]
        ),
    }[platform]
    shop.moods = [(429, {"Retry-After": "7"}, {}), (503, {}, b"<html>")]
    slept = []
    assert reconcile(at(platform, shop), sleep=slept.append).missed == 1
    assert slept == [7, 2]


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ((403, {}, {"errors": "Requires merchant approval for read_orders scope"}), "403: Requires merchant approval"),
        ((200, {}, b"<html>Be right back</html>"), "did not answer in JSON"),
        ((200, {}, {"orders": "none"}), "holds no orders"),
        ((302, {"Location": "http://127.0.0.1:1/"}, {}), "answered 302"),
        ((429, {"Retry-After": "9999"}, {"errors": "Exceeded"}), "429: Exceeded"),
    ],
)
def test_what_goes_wrong_is_said(at, mood, words):
    shop = shopify_orders(1)
    shop.moods = [mood]
    with pytest.raises(Refused) as refused:
        reconcile(at("shopify", shop), patience=10)
    assert words in refused.value.message


def test_one_bad_order_stops_no_other(at):
    shop = shopify_orders(3)
    shop.orders[1]["currency"] = "XXX"
    found = reconcile(at("shopify", shop))
    assert (found.missed, found.failed, len(found.sentences)) == (2, 1, 1)
    assert "orders/updated 2" in found.sentences[0]


def test_the_command_says_what_it_found(at):
    connection = at("shopify", shopify_orders(2))
    out, name = StringIO(), ids.encode("con", connection.public_id)
    call_command("reconcile", connection=[name], since="2026-01-01", stdout=out)
    assert "2 orders had been missed, 0 changed" in out.getvalue()
    out = StringIO()
    call_command("reconcile", "--platform", "shopify", "--from", "2026-01-01T00:00:00+01:00", stdout=out)
    assert "0 orders had been missed, 0 changed" in out.getvalue()
    for wrong in (["--connection", "con_x"], ["--all", "--from", "soon"]):
        with pytest.raises(CommandError):
            call_command("reconcile", *wrong)
    connections.change_credentials(connection=connection, credentials={"access_token": "wrong"})
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile", "--all", stdout=out, stderr=errors)
    assert "Shopify answered 401: Sorry, you cannot list." in errors.getvalue()


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_webhooks_are_registered_once(at, platform):
    shop = {
        "shopify": platform_servers.Shopify(),
        "woocommerce": platform_servers.WooCommerce(),
        "stripe": platform_servers.Stripe(),
    }
    shop = shop[platform]
    caller, api = platforms.Caller(at(platform, shop)), platforms.ALL[platform]
    topics = inbound.platforms.ALL[platform].TOPICS
    wanted = set(topics) - api.BY_HAND
    assert api.heard(caller, ADDRESS) == set()
    made = api.register(caller, ADDRESS, topics, "")
    assert (set(made.topics), made.secret) == (wanted, "whsec_made" if platform == "stripe" else "")
    assert api.heard(caller, ADDRESS) == wanted
    assert api.register(caller, ADDRESS, topics, "whsec_made").topics == ()
    # One that the platform gave up is taken up again.
    hook = shop.hooks[0]
    if platform == "shopify":
        shop.hooks.remove(hook)
    else:
        hook["status"] = "disabled"
    assert api.heard(caller, ADDRESS) != wanted
    api.register(caller, ADDRESS, topics, "whsec_made")
    assert (api.heard(caller, ADDRESS), api.about(caller)[:5]) == (wanted, api.about(caller)[:5])


def worked(job):
    """The job, after a worker did all its steps; how many it did."""
    steps = 1
    while working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now()):
        steps += 1
    job.refresh_from_db()
    return steps


def test_each_connection_is_asked_daily_for_what_was_missed(at):
    shop, now = shopify_orders(5), timezone.now()
    shop.orders[1]["currency"] = "XXX"
    connection = at("shopify", shop)
    at("woocommerce", platform_servers.WooCommerce(), asked_daily=False)
    assert (reconciling.start_daily(at=now), reconciling.start_daily(at=now + 2 * HOUR)) == (1, 0)
    job = Job.objects.get()
    assert (worked(job), job.state, job.done) == (3, "done", 5), "a page of two each"
    assert [job.result[name] for name in ("missed", "changed", "failed")] == [4, 0, 1]
    connection.refresh_from_db()
    assert connection.asked_until is None, "what failed is asked for again"
    shop.orders.pop(1)
    assert reconciling.start_daily(at=now + DAY) == 1
    job = Job.objects.latest("id")
    assert job.parameters["since"] == (now + DAY - 3 * DAY).isoformat()
    worked(job)
    connection.refresh_from_db()
    assert (job.result["failed"], connection.asked_until) == (0, now + DAY)


def test_it_begins_where_the_last_that_succeeded_ended(at):
    connection, now = at("shopify", shopify_orders(1)), timezone.now()
    Connection.objects.update(asked_until=now - 9 * DAY)
    reconciling.start_daily(at=now)
    job = Job.objects.get()
    assert job.parameters["since"] == (now - 9 * DAY - HOUR).isoformat()
    with pytest.raises(Refused, match="asked already"), transaction.atomic():
        reconciling.start(connection=connection, since=now - DAY, until=now, at=now)
    worked(job)
    assert Connection.objects.get().asked_until == now
    connections.note_asked(connection=connection, since=now + DAY, until=now + 2 * DAY)
    assert Connection.objects.get().asked_until == now, "a day between is not known"
    connections.change_credentials(connection=connection, credentials={"access_token": "wrong"})
    job = reconciling.start(connection=Connection.objects.get(), since=now - DAY, until=now, at=now)
    worked(job)
    assert (job.state, job.error) == ("failed", "Shopify answered 401: Sorry, you cannot list.")


def test_a_period_that_ends_before_it_begins_is_refused(at):
    connection, now = at("shopify", shopify_orders(0)), timezone.now()
    with pytest.raises(Refused):
        reconciling.reconcile(connection=connection, since=now, until=now - timedelta(days=1), at=now)
