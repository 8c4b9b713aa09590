"""What olga does to rows: confirmed, with a reason, by the verbs, and in the log."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from advocacy.models import Event, Pending
from referrals.models import Link
from tests.flows.admin_stage import order

CONFIRMED = {"confirmed": "1", "reason": "Two accounts of one person"}


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def log():
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("id")]


def test_an_advocate_is_banned_with_a_reason_and_made_active_again(desk, alice):
    page = f"/admin/advocacy/advocate/{alice.pk}/do"
    asked = desk.get(f"{page}/ban/")
    alice.refresh_from_db()
    assert (asked.status_code, alice.status) == (200, "active")
    desk.post(f"{page}/ban/", CONFIRMED)
    alice.refresh_from_db()
    assert alice.status == "banned"
    desk.post(f"{page}/activate/", CONFIRMED | {"reason": "A mistake"})
    alice.refresh_from_db()
    assert alice.status == "active"
    assert log() == ["Banned: Two accounts of one person", "Made active: A mistake"]
    assert Event.objects.filter(type="advocate.changed").count() == 2


def test_many_advocates_are_paused_from_the_list_after_one_question(desk, alice, mallory):
    chosen = {"action": "pause", "_selected_action": [alice.pk, mallory.pk]}
    asked = desk.post("/admin/advocacy/advocate/", chosen)
    assert "Links keep working" in asked.content.decode()
    desk.post("/admin/advocacy/advocate/", chosen | CONFIRMED)
    alice.refresh_from_db()
    mallory.refresh_from_db()
    assert (alice.status, mallory.status) == ("paused", "paused")
    assert log() == ["Paused: Two accounts of one person"] * 2


def test_each_side_of_a_conversion_is_reviewed_by_itself(desk, acme, alice):
    conversion = order(acme, referral_code=alice.code).conversion
    page = f"/admin/referrals/conversion/{conversion.pk}/do"
    refused = desk.post(f"{page}/hold/", {"confirmed": "1", "side": "advocate", "reason": " "})
    assert "This field is required." in refused.content.decode()
    desk.post(f"{page}/hold/", CONFIRMED | {"side": "advocate"})
    conversion.refresh_from_db()
    assert (conversion.advocate_review, conversion.friend_review) == ("held", "clear")
    desk.post(f"{page}/reject/", CONFIRMED | {"side": "both"})
    desk.post(f"{page}/release/", CONFIRMED | {"side": "friend", "reason": "The friend is real"})
    conversion.refresh_from_db()
    assert (conversion.advocate_review, conversion.friend_review) == ("rejected", "clear")
    assert log() == [
        "Held: advocate; Two accounts of one person",
        "Rejected: both; Two accounts of one person",
        "Released: friend; The friend is real",
    ]


def test_a_link_is_switched_off(desk, alice):
    link = Link.objects.get(advocate=alice)
    desk.post(f"/admin/referrals/link/{link.pk}/do/disable/", CONFIRMED)
    link.refresh_from_db()
    assert link.status == "disabled"


def test_a_stuck_event_is_found_and_tried_again(desk, acme, alice):
    event = Event.objects.first()
    Pending.objects.all().delete()
    stuck = Pending.objects.create(
        event=event, storefront=acme, lane="people", attempts=8, stuck_at=timezone.now(), last_error="KeyError: 'x'"
    )
    assert "KeyError" in desk.get("/admin/advocacy/pending/?state=stuck").content.decode()
    assert "KeyError" not in desk.get("/admin/advocacy/pending/?state=waiting").content.decode()
    assert "1 event gave up" in desk.get("/admin/").content.decode()
    desk.post("/admin/advocacy/pending/", {"action": "retry", "_selected_action": [stuck.pk], "confirmed": "1"})
    stuck.refresh_from_db()
    assert (stuck.attempts, stuck.stuck_at) == (0, None)
    assert log() == ["Will be tried again"]
