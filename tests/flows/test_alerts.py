"""What needs somebody is found, told to those whose work it is, and closed by itself."""

import zlib
from threading import Barrier, Thread

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth.models import Group, Permission
from django.core import mail as outgoing
from django.core.management import CommandError, call_command
from django.db import connection as database

from advocacy import alerts, connections, errands, mails
from advocacy.alerts import choosing, kinds, telling
from advocacy.alerts.kinds import Check, Found
from advocacy.models import (
    Alert,
    Connection,
    Delivery,
    Errand,
    Event,
    Mail,
    Pending,
    Program,
    Standing,
    WebhookEndpoint,
)
from advocacy.outbox import drain, webhooks
from referrals import claims
from referrals.models import Claim, Conversion, InboundMessage, Link, ReviewCase
from rewards.models import CouponPool, Payout
from tests import cast, mail_server
from tests.cast import DAY, HOUR, MINUTE, NOON
from tests.flows.admin_stage import order, otto
from tests.flows.api import secret
from tests.mailed import mailed
from tests.rewards import coupon_stage, payouts_stage

pytestmark = pytest.mark.django_db


def shop(acme, name, **columns):
    made = connections.connect(storefront=acme, platform="shopify", name=name, shop=f"{name}.myshopify.com", at=NOON)
    Connection.objects.filter(pk=made.pk).update(**columns)
    return made


def endpoint(acme, name, **columns):
    made, _ = webhooks.create(storefront=acme, url=f"https://{name}.example/hooks", at=NOON)
    WebhookEndpoint.objects.filter(pk=made.pk).update(**columns)
    return made


def payouts_failed(acme, alice):
    payouts_stage.cash_rule(alice.program)
    payouts_stage.earns(alice)
    payouts_stage.payee_of(alice.customer)
    payouts_stage.exported(payouts_stage.policy_of(acme))
    Payout.objects.update(state="failed", ended_at=NOON)


def stuck_events(acme, alice):
    Pending.objects.filter(pk=Pending.objects.first().pk).update(stuck_at=NOON)
    return lambda: Pending.objects.update(stuck_at=None)


def late_work(acme, alice):
    return lambda: Pending.objects.all().delete()


def failed_deliveries(acme, alice):
    state = {"state": "failed", "created_at": NOON, "ended_at": NOON, "test_type": "order.recorded"}
    Delivery.objects.create(storefront=acme, endpoint=endpoint(acme, "whole", status="disabled"), **state)


def failed_mails(acme, alice):
    state = {"state": "failed", "created_at": NOON, "ended_at": NOON}
    Mail.objects.create(storefront=acme, kind="welcome", customer=alice.customer, event=Event.objects.first(), **state)


def failed_errands(acme, alice):
    errands.ask(kind="coupon", about={(acme.pk, shop(acme, "told").pk, alice.public_id)}, at=NOON)
    Errand.objects.update(state="failed", next_try_at=None)
    return lambda: Errand.objects.update(state="done")


def message(connection, name, at, state="done"):
    said = {"topic": "orders/paid", "message_id": str(name), "raw": b"", "state": state}
    return InboundMessage.objects.create(connection=connection, received_at=at, **said)


def failed_messages(acme, alice):
    message(shop(acme, "spoils"), 1, NOON, "failed")
    return lambda: InboundMessage.objects.update(state="done")


def silent_connection(acme, alice):
    quiet, weekly, asleep = shop(acme, "quiet"), shop(acme, "weekly"), shop(acme, "asleep")
    # The same hours of the day before were busy.
    message(quiet, "before", NOON - 24 * HOUR)
    for number in range(12):
        message(quiet, number, NOON - (22 - number) * HOUR)
        message(asleep, f"before-{number}", NOON - 40 * HOUR + number * MINUTE)
        message(asleep, number, NOON - 16 * HOUR + number * MINUTE)
        message(weekly, number, NOON - (90 - 7 * number) * DAY)
    return lambda: message(quiet, "now", NOON + DAY)


def connection_refused(acme, alice):
    said = "Shopify refuses the credentials: 401"
    refused = shop(acme, "refuses", fails_in_row=1, rests_until=NOON, last_failure=said)
    return lambda: Connection.objects.filter(pk=refused.pk).update(rests_until=None)


def asking_failed(acme, alice):
    shop(acme, "unasked", credentials=b"x", asked_until=NOON - 4 * DAY)
    return lambda: Connection.objects.update(asked_until=NOON + DAY)


def endpoint_disabled(acme, alice):
    said = {"status": "disabled", "notice_due": True, "disabled_at": NOON, "disabled_reason": "It answered 410."}
    gone = endpoint(acme, "gone", **said)
    return lambda: webhooks.remove(endpoint=gone, at=NOON)


def endpoint_failing(acme, alice):
    endpoint(acme, "failing", failing_since=NOON - 7 * HOUR)
    return lambda: WebhookEndpoint.objects.update(failing_since=None)


def low_stock(acme, alice):
    coupon_stage.pool_of(alice.program)
    CouponPool.objects.update(low_since=NOON)
    return lambda: CouponPool.objects.update(low_since=None)


def review_queue(acme, alice):
    order(acme, referral_code=alice.code)
    said = {"storefront": acme, "program": alice.program, "conversion": Conversion.objects.latest("pk")}
    ReviewCase.objects.create(waiting=True, opened_at=NOON - 49 * HOUR, **said)
    return lambda: ReviewCase.objects.update(waiting=False)


def claims_waiting(acme, alice):
    claims.ask(advocate=alice, named="X-1", at=NOON - 49 * HOUR)
    return lambda: Claim.objects.update(state="accepted", decided_at=NOON)


def link_burst(acme, alice):
    alice.links.update(burst_since=NOON)
    return lambda: Link.objects.update(burst_since=None)


# By the right of those whose work it is; and when they are usually told.
TABLE = {
    payouts_failed: ("rewards.change_payoutbatch", "at_once"),
    stuck_events: ("advocacy.change_pending", "at_once"),
    late_work: ("advocacy.change_pending", "at_once"),
    failed_deliveries: ("advocacy.change_delivery", "daily"),
    failed_mails: ("advocacy.change_mail", "daily"),
    failed_errands: ("advocacy.change_errand", "at_once"),
    failed_messages: ("referrals.change_inboundmessage", "at_once"),
    silent_connection: ("advocacy.change_connection", "at_once"),
    connection_refused: ("advocacy.change_connection", "at_once"),
    asking_failed: ("advocacy.change_connection", "daily"),
    endpoint_disabled: ("advocacy.change_webhookendpoint", "at_once"),
    endpoint_failing: ("advocacy.change_webhookendpoint", "at_once"),
    low_stock: ("rewards.change_couponpool", "daily"),
    review_queue: ("referrals.change_reviewcase", "daily"),
    claims_waiting: ("referrals.change_claim", "daily"),
    link_burst: ("referrals.change_link", "at_once"),
}


def colleague(name, *rights):
    person = cast.staff(name)
    for app, codename in (right.split(".") for right in rights):
        person.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return person


def test_each_opens_once_is_told_to_those_whose_work_it_is_and_closes_by_itself(acme, alice):
    """One stage for the whole table: each kind is looked at by itself."""
    ends = [happens(acme, alice) for happens in TABLE]
    names = [happens.__name__ for happens in TABLE]
    for happens, (right, _) in TABLE.items():
        kind = kinds.all()[happens.__name__]
        assert kind.minds == right
        colleague(kind.name, kind.sees, kind.minds)
        colleague(f"only-sees-{kind.name}", kind.sees)
    at = NOON + 16 * MINUTE
    alerts.watch(at=at)
    first = list(Alert.objects.order_by("pk").values_list("kind", "subject", "storefront"))
    assert sorted({kind for kind, _, _ in first}) == sorted(names)
    assert {shop for _, _, shop in first} == {acme.pk}
    assert alerts.watch(at=at) == 0
    told = Event.objects.filter(type="alert.opened").order_by("pk")
    assert [(each.facts["alert"], each.facts["about"]) for each in told] == [(kind, about) for kind, about, _ in first]
    # Those with the same right are told of the same, and who may only look of nothing.
    at_once = {right for right, timing in TABLE.values() if timing == "at_once"}
    mine = {f"{name}@example.com" for name in names if kinds.all()[name].minds in at_once}
    assert telling.tell(at=at) == len(mine)
    assert {letter.to[0] for letter in mailed(at)} == mine
    for end in ends:
        if end:
            end()
    alerts.watch(at=at + DAY)
    alerts.watch(at=at + 4 * DAY)
    closed = Alert.objects.filter(opened_at=at, closed_at__isnull=False).values_list("kind", flat=True)
    assert sorted(closed) == sorted(kind for kind, _, _ in first)
    assert Event.objects.filter(type="alert.closed").count() >= len(first)
    # What comes again is another.
    link_burst(acme, alice)
    alerts.watch(at=at + 5 * DAY)
    assert Alert.objects.filter(kind="link_burst").count() == 2


@pytest.fixture
def burst(acme, alice):
    link_burst(acme, alice)
    alerts.watch(at=NOON)
    return Alert.objects.get()


def test_the_mail_leaves_by_smtp_for_each_who_may_see_it_and_nobody_else(burst, olga):
    otto("referrals.view_link")
    cast.staff("nobody")
    assert telling.tell(at=NOON) == 1
    with mail_server.running() as server:
        place = {"host": "127.0.0.1", "port": server.server_address[1]}
        by_smtp = outgoing.get_connection("django.core.mail.backends.smtp.EmailBackend", **place)
        while mails.send_next(at=NOON, connection=by_smtp):
            pass
        by_smtp.close()
    [letter] = server.letters
    assert "To: olga@example.com" in letter
    assert f"/admin/referrals/link/{Link.objects.get().pk}/change/" in letter.replace("=\r\n", "")
    assert "alice-link" not in letter.lower()


def test_choices_of_oneself_go_before_those_of_groups_and_a_flood_is_one_mail(burst):
    person, other = otto("referrals.view_link"), cast.staff("gina")
    support = Group.objects.create(name="Support")
    other.groups.add(support)
    support.permissions.add(*person.user_permissions.all())
    choosing.choose(group=support, chosen={"link_burst": "daily"})
    assert telling.tell(at=NOON) == 0
    choosing.choose(user=person, chosen={"link_burst": "at_once"})
    choosing.choose(group=support, chosen={"link_burst": "at_once"})
    Alert.objects.all().delete()
    mallory = cast.mallory(burst.storefront.programs.get())
    Link.objects.update(burst_since=NOON)
    alerts.watch(at=NOON)
    assert Link.objects.filter(advocate=mallory).exists()
    assert (telling.tell(at=NOON), telling.tell(at=NOON + MINUTE)) == (2, 0)
    assert [(each.to, each.subject) for each in mailed(NOON)] == [
        (["otto@example.com"], "2 alerts"),
        (["gina@example.com"], "2 alerts"),
    ]
    # It was over and comes again: within six hours nobody is told at once.
    Link.objects.update(burst_since=None)
    alerts.watch(at=NOON + HOUR)
    Link.objects.update(burst_since=NOON)
    alerts.watch(at=NOON + 2 * HOUR)
    assert [telling.tell(at=NOON + hours * HOUR) for hours in (2, 7)] == [0, 2]
    choosing.choose(user=person, chosen={"link_burst": ""})
    assert choosing.timings(person)["link_burst"] == "off"


def test_the_day_s_mail_comes_in_the_shop_s_morning_with_what_is_open_and_what_is_over(acme, alice, olga):
    type(acme).objects.update(time_zone="Asia/Tokyo")
    morning = NOON.replace(hour=23)  # 08:00 in Tokyo
    assert telling.tell_daily(at=morning - 2 * HOUR) == 0
    link_burst(acme, alice)
    claims_waiting(acme, alice)
    alerts.watch(at=morning - HOUR)
    Link.objects.update(burst_since=None)
    alerts.watch(at=morning - MINUTE)
    Pending.objects.all().delete()
    every, some, none = (endpoint(acme, name) for name in ("every", "some", "none"))
    webhooks.change(endpoint=some, alert_kinds=["claims_waiting"], event_types=["alert.daily"])
    webhooks.change(endpoint=none, alert_kinds=["low_stock"])
    assert [telling.tell_daily(at=morning + minutes * MINUTE) for minutes in (-1, 0, 1)] == [0, 1, 0]
    [day] = Event.objects.filter(type="alert.daily")
    assert day.facts == {"day": "2026-03-03", "open": {"claims_waiting": 1, "late_work": 2}}
    while drain.drain("out", at=morning):
        pass
    told_of_it = Delivery.objects.filter(event=day).values_list("endpoint", flat=True)
    assert set(told_of_it) == {every.pk, some.pk}
    Delivery.objects.all().delete()
    Pending.objects.all().delete()
    [told] = mailed(morning)
    assert told.to == ["olga@example.com"]
    opened, over = told.body.split("It is over")
    assert "Missing friends wait" in opened
    assert "A code of Friends of Acme" in over
    Claim.objects.update(state="accepted", decided_at=NOON)
    alerts.watch(at=morning + DAY - MINUTE)
    assert telling.tell_daily(at=morning + DAY) == 0


def test_a_check_that_fails_stops_no_other_and_is_an_alert(acme, alice):
    def fails(*, at, limits):
        with database.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def finds(*, at, limits):
        yield Found(kind="link_burst", subject="x", text="x", place="/admin/")

    [kind] = [kinds.all()["link_burst"]]
    broken, good = Check(name="broken", kinds=(), find=fails), Check(name="good", kinds=(kind,), find=finds)
    assert alerts.watch(at=NOON, checks=[broken, good]) == 2
    assert list(Alert.objects.order_by("pk").values_list("kind", "subject")) == [
        ("link_burst", "x"),
        ("check_failed", "broken"),
    ]
    assert alerts.watch(at=NOON, checks=[good]) == 0
    assert Alert.objects.get(kind="check_failed").closed_at == NOON

    # One that somebody else does at this moment says nothing, neither that it failed nor that it is well again.
    Alert.objects.update(closed_at=None)
    somebody = database.copy()
    with somebody.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x7065, zlib.crc32(b"alerts: broken") & 0x7FFFFFFF])
        assert alerts.watch(at=NOON, checks=[broken, good]) == 0
    somebody.close()
    assert Alert.objects.get(kind="check_failed").closed_at is None

    def is_slow(*, at, limits):
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        alerts.watch(at=NOON, checks=[Check(name="slow", kinds=(), find=is_slow)])


def test_an_audit_with_a_difference_is_told_and_over_with_the_next(acme, fred):
    Standing.objects.filter(customer=fred).update(orders=2) or Standing.objects.create(customer=fred, orders=2)
    with pytest.raises(CommandError):
        call_command("audit", stdout=open("/dev/null", "w"))  # noqa: SIM115
    assert Alert.objects.get().text == "The audit of standings found 1 difference."
    Standing.objects.update(orders=0)
    while drain.drain("people", at=NOON):
        pass
    call_command("audit", stdout=open("/dev/null", "w"))  # noqa: SIM115
    assert Alert.objects.get().closed_at


@pytest.mark.django_db(transaction=True)
def test_two_that_watch_at_the_same_moment_open_it_once(acme, alice):
    link_burst(acme, alice)
    Pending.objects.all().delete()
    both = Barrier(2)

    def run():
        both.wait()
        alerts.watch(at=NOON)
        database.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Alert.objects.count() == 1
    assert Event.objects.filter(type="alert.opened").count() == 1


def test_staff_mute_what_is_theirs_and_see_nothing_else(client, burst):
    person = otto("referrals.view_link", "referrals.change_link")
    other = Alert.objects.create(
        kind="payouts_failed", subject="x", text="Secret", opened_at=NOON, last_seen_at=NOON, place="/admin/"
    )
    client.force_login(person)
    page = client.get("/admin/advocacy/alert/").content.decode()
    assert ("A burst on one code" in page, "Secret" in page) == (True, False)
    assert client.get(f"/admin/advocacy/alert/{other.pk}/change/").status_code == 302
    said = {"confirmed": "1", "hours": 5, "reason": "Newsletter"}
    assert client.post(f"/admin/advocacy/alert/{burst.pk}/do/mute/", said).status_code == 302
    burst.refresh_from_db()
    assert (burst.muted_by, burst.mute_reason) == (person, "Newsletter")
    assert telling.tell(at=NOON) == 0
    assert "Muted by otto" in client.get(f"/admin/advocacy/alert/{burst.pk}/change/").content.decode()
    client.post(f"/admin/advocacy/alert/{burst.pk}/do/unmute/", {"confirmed": "1"})
    assert telling.tell(at=NOON) == 1
    client.post("/admin/alerts/mine/", {"link_burst": "off", "payouts_failed": "at_once"})
    assert choosing.timings(person) == {"link_burst": "off"}
    assert client.get("/admin/alerts/mine/?group=1").status_code == 403
    client.post("/admin/alerts/mine/", {"link_burst": "sometimes"})
    assert choosing.timings(person) == {"link_burst": "off"}
    # Who may look only may not mute.
    person.user_permissions.remove(person.user_permissions.get(codename="change_link"))
    for ask in (client.get, client.post):
        assert ask(f"/admin/advocacy/alert/{burst.pk}/do/mute/", said).status_code == 403


def test_a_server_lists_and_mutes_those_of_its_shop_and_rival_none(acme, rival, burst):
    mine, theirs = secret(acme), secret(rival)
    Alert.objects.filter(pk=burst.pk).update(storefront=acme)
    [row] = mine.get("/alerts", open="true", kind="link_burst").json()["data"]
    assert (row["kind"], row["numbers"]) == ("link_burst", {"above": Program.objects.get().burst_above})
    assert mine.get("/alerts", open="false").json()["data"] == []
    assert mine.get("/alerts", open="maybe").status_code == 400
    said = {"hours": 2, "reason": "We know."}
    assert theirs.get("/alerts").json()["data"] == []
    assert theirs.post(f"/alerts/{row['id']}/mute", said).status_code == 404
    assert mine.post(f"/alerts/{row['id']}/mute", said).json()["mute_reason"] == "We know."
    Alert.objects.update(closed_at=NOON)
    assert mine.post(f"/alerts/{row['id']}/mute", said).json()["code"] == "alert_closed"
    assert mine.post(f"/alerts/{row['id']}/mute", {"hours": 0, "reason": "x"}).status_code == 422


def test_where_nothing_is_the_matter_the_list_leads_to_ones_own_choice(client, olga):
    client.force_login(olga)
    page = client.get("/admin/advocacy/alert/").content.decode()
    assert '<a class="text-link" href="/admin/alerts/mine/">My alerts</a>' in page
