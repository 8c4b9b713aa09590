"""What olga does to rows: confirmed, with a reason, by the verbs, and in the log."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from advocacy import testimonials
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


def said(acme, fred, text, **fields):
    told = {"rating": 5, "consented": True, "wording": "v1", "source": "page"} | fields
    return testimonials.send(storefront=acme, customer=fred, text=text, at=timezone.now(), **told)


def test_testimonials_wait_to_be_read_and_a_refusal_needs_a_reason(desk, olga, acme, fred):
    praise, insult = said(acme, fred, "Best coffee in town."), said(acme, fred, "You are fools.", rating=1)
    queue = desk.get("/admin/advocacy/testimonial/").content.decode()
    assert "Best coffee in town." in queue
    assert "1 of 5" in queue
    pages = "/admin/advocacy/testimonial/{}/do/{}/"
    desk.post(pages.format(praise.pk, "publish"), {"confirmed": "1"})
    refused = desk.post(pages.format(insult.pk, "reject"), {"confirmed": "1", "reason": ""})
    assert "Never its rating." in refused.content.decode()
    desk.post(pages.format(insult.pk, "reject"), {"confirmed": "1", "reason": "An insult"})
    praise.refresh_from_db()
    insult.refresh_from_db()
    assert (praise.status, praise.moderated_by) == ("published", olga)
    assert (insult.status, insult.reason, insult.moderated_by) == ("rejected", "An insult", olga)
    assert log() == ["Published", "Not published: An insult"]


def test_what_a_verb_refuses_is_said_and_not_logged(desk, acme, fred):
    silent = said(acme, fred, "Only for you.", consented=False)
    answer = desk.post(f"/admin/advocacy/testimonial/{silent.pk}/do/publish/", {"confirmed": "1"}, follow=True)
    silent.refresh_from_db()
    assert silent.status == "pending"
    assert "agreed" in answer.content.decode()
    assert log() == []
