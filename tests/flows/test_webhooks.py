"""Acme is told what happens: signed, in its own time, for days, and nobody else is."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from advocacy import ids, keys, twins
from advocacy.models import Attempt, Customer, Delivery, Pending, WebhookEndpoint
from advocacy.outbox import notices, sending, telling, webhooks
from advocacy.outbox.drain import drain
from config import event_examples
from tests import cast
from tests.flows.api import Caller, secret
from tests.receiver import receiving
from tests.rewards import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with receiving() as server:
        yield server


@pytest.fixture
def shop(acme):
    return secret(acme)


def endpoint_of(shop, server, **fields):
    answer = shop.post("/webhook_endpoints", {"url": server.url} | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def order(shop, number="1001", **fields):
    assert shop.post("/orders", cast.order(number, customer={"external_id": "fred"}) | fields).status_code == 201


def sent(at=None):
    """How many calls were made of what is due then."""
    at, count = at or timezone.now(), 0
    for lane in ("money", "people", "out"):
        while drain(lane, at=at):
            pass
    while sending.send_next(at=at):
        count += 1
    return count


def test_an_order_is_told_to_its_shop_and_to_nobody_else(shop, server, alice, rival):
    made = endpoint_of(shop, server)
    with receiving() as rivals:
        endpoint_of(secret(rival), rivals)
        order(shop, referral_code="alice-link")
        assert sent() == len(server.got)
        assert rivals.got == []
    assert {"order.recorded", "conversion.recorded", "referral.created", "customer.created"} <= set(server.told)
    headers, body = server.got[server.told.index("order.recorded")]
    told = Webhook(made["secret"]).verify(body, headers)
    [event] = shop.get("/events", type="order.recorded").json()["data"]
    assert headers["webhook-id"] == told["id"] == event["id"]
    assert (told["resource_version"], told["mode"]) == (1, "live")
    data = told["data"]
    assert data["facts"] == event["facts"]
    assert (data["subject"], data["order_external_id"]) == (event["subject"], "1001")
    assert data["customer"] == {"id": event["customer"], "external_id": "fred"}
    assert "example.com" not in body.decode(), "ids, and nothing personal"
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body.replace(b"5400", b"9400"), headers)
    [delivery] = shop.get("/deliveries", type="order.recorded").json()["data"]
    attempts = shop.get(f"/deliveries/{delivery['id']}").json()["attempts"]
    assert [(each["status"], each["answer"], each["failure"]) for each in attempts] == [(200, "thank you", "")]


def test_what_is_sent_is_like_the_examples_of_the_documentation(shop, server, alice, program):
    endpoint_of(shop, server)
    scene.rule_of(program, hold_days=0)
    order(shop, referral_code="alice-link")
    shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 1400})
    sent()
    assert len(set(server.told)) >= 7
    for _, body in server.got:
        told = json.loads(body)
        example = event_examples.example(told["type"])
        assert list(told) == list(example)
        assert list(told["data"]) == list(example["data"])
        for name, value in told["data"]["facts"].items():
            shown = example["data"]["facts"][name]
            assert value is None or shown is None or kind_of(value) == kind_of(shown), (told["type"], name)


def kind_of(value):
    """Its type, and of an id its prefix."""
    named = isinstance(value, str) and value[3:4] == "_" and len(value) == len("ord_") + 26
    return value[:4] if named else type(value)


def test_a_storefront_without_endpoints_has_no_work_for_them(shop, alice):
    order(shop)
    assert not Pending.objects.filter(lane="out").exists()


def test_only_the_types_that_were_asked_for_are_sent(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    assert sent() == 1
    assert server.told == ["order.recorded"]


def test_who_is_forgotten_before_it_is_sent_is_not_in_it(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    Customer.objects.update(external_id=None)
    sent()
    assert json.loads(server.got[0][1])["data"]["customer"]["external_id"] is None


def test_an_address_is_an_endpoint_once(shop, server):
    made = endpoint_of(shop, server, description="loyalty")
    again = shop.post("/webhook_endpoints", {"url": server.url, "description": "loyalty"})
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", made)
    assert shop.post("/webhook_endpoints", {"url": server.url}).json()["code"] == "idempotency_conflict"
    assert "secret" not in shop.get(f"/webhook_endpoints/{made['id']}").json()
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "ftp://acme.example"}, "invalid_address"),
        ({"url": "https://acme.example/", "event_types": ["order.recored"]}, "unknown_event_type"),
        ({"url": "https://acme.example/", "event_type": []}, "invalid"),
    ],
)
def test_what_cannot_be_called_is_refused(shop, fields, code, counted):
    before = counted()
    assert shop.post("/webhook_endpoints", fields).json()["code"] == code
    assert counted() == before


def test_during_a_rotation_both_secrets_sign(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    rotate = f"/webhook_endpoints/{made['id']}/rotate_secret"
    new = shop.post(
        rotate, {"overlap_hours": 1}, headers={"Authorization": f"Bearer {shop.token}", "Idempotency-Key": "r"}
    )
    assert new.status_code == 201, new.content
    assert new.json()["secret"] != made["secret"]
    order(shop)
    sent()
    headers, body = server.got[0]
    for each in (made["secret"], new.json()["secret"]):
        assert Webhook(each).verify(body, headers)["type"] == "order.recorded"
    delivery, body = Delivery.objects.select_related("endpoint").get(), b"{}"
    late = sending.signed(delivery, body, at=timezone.now() + timedelta(hours=2))
    assert len(late["webhook-signature"].split()) == 1


def test_a_test_event_is_an_example_and_is_tried_once_also_where_the_endpoint_is_disabled(shop, server):
    made = endpoint_of(shop, server)
    shop.patch(f"/webhook_endpoints/{made['id']}", {"status": "disabled"})
    server.answer = 500
    first = shop.post(f"/webhook_endpoints/{made['id']}/test", {"type": "reward.credited"})
    assert (first.status_code, first.json()["status"], first.json()["event"]) == (201, "pending", None)
    assert sent() == 1
    told = Webhook(made["secret"]).verify(server.got[0][1], server.got[0][0])
    assert (told["mode"], told["type"], told["id"]) == ("example", "reward.credited", first.json()["id"])
    seen = shop.get(f"/deliveries/{first.json()['id']}").json()
    assert (seen["status"], seen["attempts"][0]["status"]) == ("failed", 500)
    assert WebhookEndpoint.objects.get().failing_since is None, "a test says nothing of the endpoint"


def test_after_48_hours_down_everything_is_delivered_in_the_schedule(shop, server, monkeypatch):
    endpoint_of(shop, server, event_types=["order.recorded"])
    monkeypatch.setattr(sending.random, "random", lambda: 0.0)
    began = timezone.now()
    for number in range(3):
        order(shop, f"10{number}")
    server.answer = 503
    at = began
    while at < began + timedelta(hours=48):
        sent(at)
        at = Delivery.objects.order_by("next_attempt_at").values_list("next_attempt_at", flat=True)[0]
    down = list(Attempt.objects.filter(delivery=Delivery.objects.first()).order_by("id").values_list("at", flat=True))
    waits = [round((later - earlier).total_seconds() / 60) for earlier, later in pairwise(down)]
    assert waits == [0, 5, 30, 120, 300, 600, 840], "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h"
    assert WebhookEndpoint.objects.get().status == "active"
    server.answer = 204
    server.got.clear()
    while Delivery.objects.filter(state="pending").exists():
        sent(Delivery.objects.filter(state="pending").order_by("next_attempt_at").first().next_attempt_at)
    assert Delivery.objects.filter(state="delivered").count() == 3
    assert len(server.ids) == len(set(server.ids)) == 3
    assert WebhookEndpoint.objects.values_list("failing_since", "troubled").get() == (None, False)


def test_after_the_last_try_it_failed_and_can_be_replayed_one_or_all(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    order(shop, "1002")
    server.answer = 500
    sent()
    Delivery.objects.update(tries=len(sending.WAITS))
    sent(timezone.now() + timedelta(minutes=1))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    assert sent(timezone.now() + timedelta(days=30)) == 0
    server.answer = 200
    first, second = shop.get("/deliveries", status="failed").json()["data"]
    assert shop.post(f"/deliveries/{first['id']}/replay").json()["status"] == "pending"
    assert sent() == 1
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    replay = f"/webhook_endpoints/{made['id']}/replay"
    assert shop.post(replay, {"since": since}).json()["deliveries"] == 1
    assert sent() == 1
    assert shop.post(replay, {"since": since}).json()["deliveries"] == 0
    assert shop.post(replay, {"since": since, "which": "all"}).json()["deliveries"] == 2
    sent()
    assert server.ids.count(first["event"]) == server.ids.count(second["event"]) == 4, "its id stays the same"


def test_what_it_missed_while_it_was_disabled_can_be_replayed(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    page = f"/webhook_endpoints/{made['id']}"
    drain("out", at=timezone.now())
    shop.patch(page, {"status": "disabled"})
    assert [each["status"] for each in shop.get("/deliveries").json()["data"]] == ["cancelled"]
    order(shop, "1002")
    since = {"since": (timezone.now() - timedelta(hours=1)).isoformat(), "which": "all"}
    assert shop.post(f"{page}/replay", since).json()["code"] == "endpoint_disabled"
    shop.patch(page, {"status": "active"})
    assert sent() == 0
    assert shop.post(f"{page}/replay", since).json()["deliveries"] == 2
    assert sent() == 2


def test_410_disables_at_once_and_its_owners_get_a_mail(shop, server, olga):
    endpoint_of(shop, server, event_types=["order.recorded"])
    cast.staff("otto")
    server.answer = 410
    order(shop)
    order(shop, "1002")
    assert sent() == 1
    [endpoint] = shop.get("/webhook_endpoints", status="disabled").json()["data"]
    assert "410" in endpoint["disabled_reason"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert (notices.mail(), notices.mail()) == (1, 0)
    [told] = mail.outbox
    assert told.to == ["olga@example.com"]
    assert server.url in told.body
    assert "410" in told.body


def test_an_endpoint_that_only_fails_for_five_days_is_disabled(shop, server, olga):
    endpoint_of(shop, server, event_types=["order.recorded"])
    server.answer = 500
    began = timezone.now()
    for day in range(6):
        order(shop, f"10{day}")
        Delivery.objects.update(tries=0)
        assert WebhookEndpoint.objects.get().status == "active"
        sent(began + timedelta(days=day, minutes=1))
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.status, endpoint.notice_due) == ("disabled", True)
    assert "5 days" in endpoint.disabled_reason


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        ((429, {"Retry-After": "7200"}), 7200),
        ((503, {"Retry-After": "99999999"}), 5),
        ((503, {"Retry-After": "soon"}), 5),
    ],
)
def test_an_endpoint_may_ask_for_more_time(shop, server, answer, least):
    endpoint_of(shop, server, event_types=["order.recorded"])
    server.answer = answer
    order(shop)
    sent()
    [attempt] = Attempt.objects.all()
    wait = (Delivery.objects.get().next_attempt_at - attempt.at).total_seconds()
    assert least <= wait <= least * 1.1


def test_no_endpoint_gets_more_time_than_a_day():
    at = timezone.now()
    for text in ("86401", "Fri, 31 Dec 2199 23:59:59 GMT"):
        assert sending.wait(tries=0, retry_after=text, at=at) == timedelta(hours=24)


def test_a_redirect_is_a_failure_and_is_not_followed(shop, server):
    endpoint_of(shop, server, event_types=["order.recorded"])
    with receiving() as elsewhere:
        server.answer = (307, {"Location": elsewhere.url})
        order(shop)
        sent()
        assert elsewhere.got == []
    assert "not followed" in Attempt.objects.get().failure


def test_nobody_listens_is_a_try_like_any_other(shop):
    with receiving() as server:
        endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    sent()
    assert "cannot be reached" in Attempt.objects.get().failure
    assert Delivery.objects.get().tries == 1


def test_a_test_twin_has_endpoints_of_its_own(shop, server, acme):
    endpoint_of(shop, server, event_types=["order.recorded"])
    twin = twins.of(acme, at=timezone.now())
    test_key = Caller(keys.make(storefront=twin, kind="secret", name="test", at=cast.NOON)[1])
    with receiving() as tested:
        endpoint_of(test_key, tested, event_types=["order.recorded"])
        order(test_key)
        sent()
        assert json.loads(tested.got[0][1])["mode"] == "test"
    assert server.got == []


def test_a_removed_endpoint_is_gone_and_its_deliveries_stay(shop, server):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    sent()
    page = f"/webhook_endpoints/{made['id']}"
    assert [shop.delete(page).status_code, shop.delete(page).status_code] == [200, 200]
    assert shop.get(page).status_code == 404
    [delivery] = shop.get("/deliveries").json()["data"]
    assert shop.post(f"/deliveries/{delivery['id']}/replay").json()["code"] == "endpoint_removed"
    assert endpoint_of(shop, server)["id"] != made["id"]


def test_a_lease_that_ended_is_taken_by_another_and_the_first_says_no_more(shop, server):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    at = timezone.now()
    drain("out", at=at)
    first = Delivery.objects.select_related("endpoint", "event").get(pk=sending._claim(at))
    assert sending._claim(at + sending.LEASE - timedelta(seconds=1)) is None
    assert sending._claim(at + sending.LEASE) == first.pk
    sending.note(delivery=first, outcome=sending.Outcome(seconds=1, failure="It took too long."), at=at)
    theirs = Delivery.objects.get()
    assert (theirs.tries, theirs.claimed_until) == (0, at + 2 * sending.LEASE)
    assert sent(at + 2 * sending.LEASE) == 1
    assert Delivery.objects.get().state == "delivered"
    assert ids.encode("evt", first.event.public_id) == server.ids[0]


def test_endpoints_in_trouble_take_half_of_the_threads_and_one_each(acme):
    at = timezone.now()

    def due(number, **fields):
        endpoint, _ = webhooks.create(storefront=acme, url=f"https://acme.example/{number}", at=at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**fields)
        for _ in range(6):
            telling.test(endpoint=endpoint, type="order.recorded", at=at)
        return endpoint.pk

    def claimed():
        """The endpoints of all that may be sent now, in order."""
        claims = iter(lambda: sending._claim(at), None)
        return [Delivery.objects.get(pk=each).endpoint_id for each in claims]

    troubled = [due(number, troubled=True) for number in range(10)]
    assert claimed() == troubled[:8]
    healthy = [due(number) for number in (20, 30)]
    assert claimed() == healthy * 4, "in turns, four each"
