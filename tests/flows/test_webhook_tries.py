"""An endpoint that is slow, down, gone or asks for time: tried for days, in its turn, and replayed."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from advocacy import ids
from advocacy.alerts import tasks as alert_tasks
from advocacy.models import Attempt, Delivery, WebhookEndpoint
from advocacy.outbox import sending, telling, webhooks
from advocacy.outbox.drain import drain
from advocacy.outbox.tasks import forget_deliveries
from tests import cast
from tests.flows.api import secret
from tests.flows.webhook_stage import endpoint_of, order, sent
from tests.mailed import mailed
from tests.receiver import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with receiving() as server:
        yield server


@pytest.fixture
def shop(acme):
    return secret(acme)


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
    for _ in range(2):
        alert_tasks.watch()
    [told] = mailed()
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
        sent(began + timedelta(days=day, minutes=1 + day))
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


def test_a_delivery_that_was_taken_away_while_it_was_sent_is_no_trouble(shop, server):
    endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    drain("out", at=timezone.now())

    def emptied():
        Delivery.objects.all().delete()

    assert sending.send_next(at=timezone.now(), before=emptied)
    assert server.got == []
    order(shop, "1002")
    drain("out", at=timezone.now())
    kept = Delivery.objects.select_related("endpoint").get(pk=sending._claim(timezone.now()))
    Delivery.objects.all().delete()
    sending.note(delivery=kept, outcome=sending.Outcome(seconds=1, status=200), at=timezone.now())
    assert Attempt.objects.count() == 0


@pytest.fixture
def due(acme):
    """``due(1, troubled=True)``: an endpoint for which six deliveries wait; its id."""

    def make(number, **fields):
        at = timezone.now()
        endpoint, _ = webhooks.create(storefront=acme, url=f"https://acme.example/{number}", at=at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**fields)
        for _ in range(6):
            telling.test(endpoint=endpoint, type="order.recorded", at=at)
        return endpoint.pk

    return make


def claimed(at):
    """The endpoints of all that may be sent now, in order."""
    claims = iter(lambda: sending._claim(at), None)
    return [Delivery.objects.get(pk=each).endpoint_id for each in claims]


def test_who_is_in_trouble_or_unknown_gets_one_call_and_those_in_trouble_six_together(due):
    unknown = [due(number) for number in range(3)]
    quiet = due(3, last_delivered_at=timezone.now() - timedelta(minutes=5))
    troubled = [due(number, troubled=True, last_delivered_at=timezone.now()) for number in range(4, 12)]
    at = timezone.now()
    assert claimed(at) == [*unknown, quiet, *troubled[:6]]


def test_endpoints_that_hang_all_at_once_leave_threads_to_those_that_have_none(due):
    began = timezone.now()
    hanging = [due(number, last_delivered_at=began) for number in range(4)]
    at = timezone.now()
    assert claimed(at) == (hanging * 3)[:10], "in turns, up to four each, ten in all"
    others = [due(number) for number in range(4, 10)]
    at = timezone.now()
    assert claimed(at) == others, "whoever has no call gets one: sixteen are out"
    answered = Delivery.objects.filter(endpoint__in=others)
    answered.update(claimed_until=None, state="cancelled", next_attempt_at=None)
    healthy = due(10, last_delivered_at=at)
    later = at + sending.SLOW + timedelta(seconds=1)
    assert claimed(later) == [healthy], "nobody in trouble has more, and ten are out"
    Delivery.objects.filter(endpoint=hanging[0], claimed_until__isnull=False).update(claimed_until=None)
    assert claimed(later) == [hanging[0]] * 2, "it answered: it has its share of the ten again"


def test_what_ended_long_ago_is_forgotten_with_its_tries_and_never_looks_missing(shop, server, settings):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    order(shop)
    sent()
    server.answer = 500
    order(shop, "1002")
    order(shop, "1003")
    sent()
    ended, waiting, again = Delivery.objects.order_by("id")
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=99))
    Delivery.objects.filter(pk__in=[ended.pk, again.pk]).update(
        ended_at=timezone.now() - timedelta(days=91), state="failed", next_attempt_at=None
    )
    telling.replay(delivery=again, at=timezone.now())
    forget_deliveries()
    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, again.pk}
    assert set(Attempt.objects.values_list("delivery", flat=True)) == {waiting.pk, again.pk}
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Attempt.objects.all().delete()
    since = {"since": (timezone.now() - timedelta(days=91)).isoformat(), "which": "missing"}
    assert shop.post(f"/webhook_endpoints/{made['id']}/replay", since).json()["code"] == "too_long_ago"


def test_an_address_that_leads_inside_is_never_called_and_another_one_starts_anew(shop, server, settings):
    made = endpoint_of(shop, server, event_types=["order.recorded"])
    settings.OUTBOUND_LOOPBACK = False
    page = f"/webhook_endpoints/{made['id']}"
    assert shop.patch(page, {"url": "https://10.0.0.7/hooks"}).json()["code"] == "invalid_address"
    WebhookEndpoint.objects.update(url="https://10.0.0.7/hooks")
    order(shop)
    sent()
    assert "private" in Attempt.objects.get().failure
    settings.OUTBOUND_LOOPBACK = True
    assert shop.get(page).json()["failing_since"]
    assert shop.patch(page, {"url": server.url}).json()["failing_since"] is None
    Delivery.objects.update(next_attempt_at=timezone.now())
    sent()
    assert server.told == ["order.recorded"]
