"""/healthz: what a load balancer and an alarm ask."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from advocacy import events
from advocacy.models import Mail, Pending
from advocacy.outbox.record import Draft, record
from config import health
from tests import cast


@pytest.mark.django_db
def test_a_server_that_can_work_says_so(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": True,
        "broker": True,
        "oldest_pending_seconds": {"money": None, "people": None, "out": None},
        "stuck": 0,
        "webhooks": {"oldest_undelivered_seconds": None, "late_seconds": None},
        "mails": {"oldest_waiting_seconds": None, "late_seconds": None},
    }
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_it_tells_the_age_of_the_oldest_event_that_waits_and_how_many_are_stuck(client, acme, monkeypatch):
    at = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: at + timedelta(seconds=90))
    customer = cast.customer(acme, "gina")
    with transaction.atomic():
        made = [record([draft_of(customer, version)], at=at)[0] for version in (7, 8)]
    Pending.objects.all().delete()
    Pending.objects.create(event=made[0], storefront=acme, lane="out", stuck_at=at)
    Pending.objects.create(event=made[1], storefront=acme, lane="money")
    Mail.objects.create(kind="login_code", content=b"x", next_attempt_at=at + timedelta(seconds=30), created_at=at)
    told = client.get("/healthz").json()
    assert told["mails"] == {"oldest_waiting_seconds": 90, "late_seconds": 60}
    assert told["oldest_pending_seconds"]["money"] == 90
    assert told["oldest_pending_seconds"]["out"] is None
    assert told["stuck"] == 1


def draft_of(customer, version):
    customer.version = version
    return Draft(
        type=events.CUSTOMER_CREATED,
        subject=customer,
        storefront=customer.storefront,
        customer=customer,
        facts={"identified": True, "orders_before": 0},
        occurred_at=cast.NOON,
    )


@pytest.mark.django_db
def test_without_the_broker_it_still_serves_and_says_so(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    health._broker.cache_clear()
    try:
        answer = client.get("/healthz")
    finally:
        health._broker.cache_clear()
    assert (answer.status_code, answer.json()["status"], answer.json()["broker"]) == (200, "degraded", False)


@pytest.mark.django_db
def test_without_the_database_it_answers_503_without_details(client, monkeypatch):
    def fail(*_):
        raise DatabaseError("password of olga")

    monkeypatch.setattr(health, "_age", fail)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "database": False, "broker": True}


@pytest.mark.django_db
def test_it_is_only_read(client):
    assert client.post("/healthz").status_code == 405


TOKEN = "a-token-of-thirty-two-characters"


@pytest.mark.django_db
def test_prometheus_reads_how_the_workers_do_with_its_token_alone(client, acme, settings):
    customer = cast.customer(acme, "gina")
    with transaction.atomic():
        event = record([draft_of(customer, 7)], at=timezone.now())[0]
    Pending.objects.all().delete()
    Pending.objects.create(event=event, storefront=acme, lane="money")
    Pending.objects.create(event=event, storefront=acme, lane="out", stuck_at=timezone.now())
    assert client.get("/prometheus", headers={"Authorization": "Bearer "}).status_code == 404
    settings.PROMETHEUS_TOKEN = TOKEN
    assert client.get("/prometheus", headers={"Authorization": "Bearer another"}).status_code == 404
    told = client.get("/prometheus", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode().splitlines()
    assert {
        "advocacy_database_up 1.0",
        "advocacy_broker_up 1.0",
        'advocacy_pending_events{lane="money"} 1.0',
        'advocacy_pending_events{lane="out"} 0.0',
        'advocacy_stuck_events{lane="out"} 1.0',
        'advocacy_webhook_attempts_recently{outcome="refused"} 0.0',
        "advocacy_settled_recently 0.0",
    } <= set(told)
    assert sum(line.startswith("advocacy_queue_messages{") for line in told) == 7


@pytest.mark.django_db
def test_without_a_database_prometheus_reads_that(client, settings, monkeypatch):
    settings.PROMETHEUS_TOKEN = TOKEN
    monkeypatch.setattr(health, "behind", lambda at: None)
    told = client.get("/prometheus", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "advocacy_database_up 0.0" in told
    assert "advocacy_pending_events" not in told
