import pytest

from advocacy import testimonials
from advocacy.models import Event, Testimonial
from advocacy.refusals import Refused
from tests.cast import HOUR, NOON


def send(fred, **changes):
    said = {"text": " Best beans. ", "rating": 5, "display_name": "Fred", "consented": True, "wording": "v1"}
    said |= {"source": "api", "at": NOON}
    return testimonials.send(storefront=fred.storefront, customer=fred, **said | changes)


def told():
    events = Event.objects.filter(subject_kind="testimonial").order_by("version")
    return [
        (event.type, event.version, *(event.facts[name] for name in ("status", "consented", "stands")))
        for event in events
    ]


def test_what_is_sent_waits_to_be_read(fred):
    sent = send(fred)
    assert (sent.text, sent.status, sent.rating) == ("Best beans.", "pending", 5)
    assert (sent.consent_at, sent.consent_wording) == (NOON, "v1")
    assert told() == [("testimonial.sent", 1, "pending", True, False)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "a\0"}, "text"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"consented": "yes"}, "consented"),
    ],
)
def test_what_cannot_be_shown_is_refused(fred, changes, field):
    with pytest.raises(Refused) as refusal:
        send(fred, **changes)
    assert list(refusal.value.errors) == [field]
    assert not Testimonial.objects.exists()


def test_publishing_is_told_once(fred, olga):
    sent = send(fred)
    assert testimonials.publish(testimonial=sent, by=olga, at=NOON + HOUR)
    assert not testimonials.publish(testimonial=sent, by=olga, at=NOON + HOUR)
    assert (sent.status, sent.moderated_by, sent.moderated_at) == ("published", olga, NOON + HOUR)
    assert told()[1:] == [("testimonial.published", 2, "published", True, True)]


def test_nothing_is_shown_without_consent(fred, olga):
    sent = send(fred, consented=False)
    with pytest.raises(Refused) as refusal:
        testimonials.publish(testimonial=sent, by=olga, at=NOON)
    assert refusal.value.code == "no_consent"
    assert Testimonial.objects.get().status == "pending"


def test_a_rejection_can_be_undone_and_a_published_one_taken_down(fred, olga):
    sent = send(fred)
    assert testimonials.reject(testimonial=sent, by=olga, reason="names a person", at=NOON)
    assert not testimonials.reject(testimonial=sent, by=olga, reason="again", at=NOON)
    assert (sent.status, sent.reason) == ("rejected", "names a person")
    assert testimonials.publish(testimonial=sent, by=olga, at=NOON)
    assert testimonials.reject(testimonial=sent, by=olga, reason="", at=NOON)
    types = [(event[0], event[2]) for event in told()[1:]]
    assert types == [("testimonial.published", "published"), ("testimonial.withdrawn", "rejected")]


def test_what_its_author_withdrew_is_never_shown_again(fred, olga):
    sent = send(fred)
    testimonials.publish(testimonial=sent, by=olga, at=NOON)
    assert testimonials.withdraw(testimonial=sent, at=NOON)
    assert not testimonials.withdraw(testimonial=sent, at=NOON)
    assert not testimonials.reject(testimonial=sent, by=olga, reason="", at=NOON)
    with pytest.raises(Refused):
        testimonials.publish(testimonial=sent, by=olga, at=NOON)
    assert told()[2:] == [("testimonial.withdrawn", 3, "withdrawn", False, False)]
