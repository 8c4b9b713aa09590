"""Mails to customers: asked for by events, sent once, and not to who does not want them."""

import json
import re

import pytest
from django.contrib import admin
from django.core import mail as outgoing
from django.utils import timezone, translation
from standardwebhooks import Webhook

from advocacy import consents, customers, mails
from advocacy.mails import kinds, stopping
from advocacy.mails.sending import NO_SERVER_WAIT, NoServer
from advocacy.models import (
    Customer,
    Event,
    Mail,
    MailKind,
    MailWording,
    Program,
    Storefront,
    Suppression,
    SuppressionReason,
)
from advocacy.outbox import drain
from advocacy.privacy import erase_rows
from referrals import signups
from tests import cast, mail_server
from tests.cast import DAY, MINUTE, NOON
from tests.mailed import mailed

pytestmark = pytest.mark.django_db


def send(at=NOON):
    """What lane ``out`` and then the queue ``mail`` do; the mails that left."""
    while drain.drain("out", at=at):
        pass
    before = len(outgoing.outbox)
    return mailed(at)[before:]


def states():
    return [(mail.kind, mail.state, mail.reason) for mail in Mail.objects.order_by("pk")]


@pytest.fixture
def mailing(program):
    program.mail_kinds = [MailKind.WELCOME, MailKind.FRIEND_JOINED, MailKind.FRIEND_OFFER, MailKind.CONFIRM]
    program.save()
    return program


def test_alice_is_welcomed_once_in_her_language_with_a_way_out(mailing, client):
    type(mailing.storefront).objects.update(mail_from="friends@acme.example", mail_footer="Acme, Main Street 1")
    MailWording.objects.create(program=mailing, kind="welcome", language="de", heading="Schön, {name}!")
    alice = cast.advocate(mailing)
    Customer.objects.filter(pk=alice.customer_id).update(locale="de-AT")
    [told] = send()
    assert send() == []
    assert (told.to, told.from_email) == (["alice@example.com"], "Acme Coffee <friends@acme.example>")
    assert told.subject == "Dein Link für Acme Coffee"
    html = told.alternatives[0][0]
    for body in (told.body, html):
        assert f"http://localhost:8000/r/{alice.code}" in body
        assert "Acme, Main Street 1" in body
    assert "Schön, Alice!" in html
    off = told.extra_headers["List-Unsubscribe"].strip("<>")
    assert told.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert client.get(off).status_code == 200
    assert not Suppression.objects.exists()
    client.post(off, {"List-Unsubscribe": "One-Click"})
    assert [row.reason for row in Suppression.objects.all()] == ["unsubscribed"]
    # Who opens the link once more finds the way back.
    assert 'name="again"' in client.get(off).content.decode()
    broken = client.post(off.replace("cus_", "cus_0"))
    assert broken.status_code == 404
    assert "answer the mail and write that you want no more" in broken.content.decode()
    client.post(off, {"again": "1"})
    assert not Suppression.objects.exists()


def agree(customer, state, at=NOON, **more):
    consents.note(customer=customer, said={"channel": "email", "state": state, "source": "checkout"} | more, at=at)


def offered(mailing, customer, kind=MailKind.FRIEND_OFFER):
    """A mail, promotional unless another kind is asked for, as the sign-up of a friend asks for."""
    event = Event.objects.filter(customer=customer, type="customer.created").get()
    return Mail.objects.create(
        storefront=mailing.storefront,
        program=mailing,
        customer=customer,
        event=event,
        kind=kind,
        next_attempt_at=NOON,
        created_at=NOON,
    )


def test_who_never_joined_is_not_told_that_they_take_part(mailing):
    offered(mailing, cast.fred(mailing.storefront), kind=MailKind.FRIEND_JOINED)
    cast.advocate(mailing)
    drain.drain("out", at=NOON)
    told = {letter.to[0]: letter.alternatives[0][0] for letter in send()}
    assert "as a customer of Acme Coffee" in told["fred@example.com"]
    assert "because you take part" in told["alice@example.com"]


@pytest.mark.parametrize(
    ("country", "said", "left"),
    [
        ("DE", ["pending"], "no_consent"),
        ("", ["pending"], "no_consent"),
        ("FR", ["pending"], ""),
        ("DE", ["confirmed"], ""),
        ("DE", ["confirmed", "withdrawn"], "withdrawn"),
        ("DE", [], "no_consent"),
    ],
)
def test_an_offer_goes_only_to_who_agreed_also_where_they_change_their_mind_meanwhile(mailing, country, said, left):
    mailing.mail_kinds = [MailKind.FRIEND_OFFER]
    mailing.save()
    fred = cast.fred(mailing.storefront, country=country)
    offer = offered(mailing, fred)
    for place, state in enumerate(said):
        agree(fred, state, at=NOON + place * MINUTE)
    assert len(send(NOON + 5 * MINUTE)) == (left == "")
    offer.refresh_from_db()
    assert (offer.state, offer.reason) == ("stopped" if left else "sent", left)
    if left == "withdrawn":
        with translation.override("en"):
            shown = admin.site.get_model_admin(Mail).why_in_full(offer)
        assert shown == f"They withdrew their consent on {NOON.day} {NOON:%B %Y}"


def test_who_agrees_is_asked_by_mail_and_says_yes_in_it(mailing, client):
    fred = cast.fred(mailing.storefront, country="DE")
    agree(fred, "pending")
    [asked] = send()
    assert asked.subject == "Please confirm your address for Acme Coffee"
    assert "List-Unsubscribe" not in asked.extra_headers
    yes = re.search(r"http://localhost:8000(/mails/yes/\S+)", asked.body)[1]
    assert client.get(yes).status_code == 200
    assert consents.newest(fred)["email"].state == "pending"
    assert "may write to you now" in client.post(yes).content.decode()
    assert (consents.newest(fred)["email"].state, consents.newest(fred)["email"].source) == (
        "confirmed",
        "double-opt-in",
    )
    stopping.unsubscribe(customer=fred, at=timezone.now())
    assert consents.newest(fred)["email"].state == "withdrawn"
    assert "nothing to confirm" in client.post(yes).content.decode()


def test_who_need_not_say_yes_twice_is_not_asked_to(mailing):
    agree(cast.fred(mailing.storefront, country="FR"), "pending")
    assert send() == []
    assert states() == [("confirm", "stopped", "not_needed")]


def test_a_mailbox_is_asked_once_a_day_however_often_somebody_types_it(mailing):
    fred = cast.fred(mailing.storefront, country="DE")
    agree(fred, "pending", at=NOON - MINUTE)
    assert len(send(NOON)) == 1
    twin = cast.customer(mailing.storefront, "fred-again", email=fred.email, country="DE")
    for place, customer in enumerate((fred, twin, twin)):
        said = {"channel": "email", "state": "pending", "wording_version": f"n{place}"}
        consents.note(customer=customer, said=said, at=NOON + place * MINUTE)
    assert send(NOON + 5 * MINUTE) == []
    # The last question is put off, not dropped.
    assert [(state, reason) for _, state, reason in states()] == [
        ("sent", ""), ("waiting", ""), ("stopped", "asked"), ("waiting", "")
    ]  # fmt: skip
    # One a day, each by a link of its own.
    assert [[letter.to for letter in send(NOON + days * DAY)] for days in (1, 2, 3)] == [[[fred.email]]] * 2 + [[]]


def test_another_mailbox_is_asked_at_once_and_one_that_is_typed_and_left_again_is_not_flooded(mailing):
    fred = cast.fred(mailing.storefront, country="DE")
    agree(fred, "pending")
    assert len(send(NOON)) == 1
    for place in range(3):
        Customer.objects.filter(pk=fred.pk).update(email=f"new{place}@example.org", email_key=f"new{place}@example.org")
        agree(fred, "pending", at=NOON + place * MINUTE, wording_version=f"n{place}")
        assert [letter.to for letter in send(NOON + place * MINUTE)] == [[f"new{place}@example.org"]]
    Customer.objects.filter(pk=fred.pk).update(email="new0@example.org", email_key="new0@example.org")
    agree(fred, "pending", at=NOON + 9 * MINUTE, wording_version="again")
    assert send(NOON + 9 * MINUTE) == []
    assert len(send(NOON + DAY)) == 1


@pytest.mark.parametrize(
    ("kind", "told", "newest", "left"),
    [
        ("reward_pending", ("pending", 1000, 0), ("pending", 1000, 0), ""),
        ("reward_pending", ("pending", 1000, 0), ("credited", 0, 1000), "too_late"),
        ("reward_available", ("credited", 0, 1000), ("credited", 0, 1000), ""),
        ("reward_available", ("credited", 0, 1000), ("reversed", 0, 250), ""),
        ("reward_available", ("credited", 0, 1000), ("reversed", 0, 0), "too_late"),
        ("reward_expiring", ("expiring", 0, 1000), ("expired", 0, 0), "too_late"),
    ],
)
def test_what_is_over_while_its_mail_waits_is_not_told_as_news(mailing, kind, told, newest, left):
    mailing.mail_kinds = [kind]
    mailing.save()
    mail = offered(mailing, cast.fred(mailing.storefront), kind=kind)
    for version, (name, pending, available) in enumerate((told, newest), start=1):
        facts = kinds.KINDS[kind].example | {"pending_minor": pending, "available_minor": available}
        of = {"subject_kind": "reward", "subject_id": mail.event.subject_id, "version": version}
        times = {"occurred_at": NOON, "recorded_at": NOON}
        event = Event.objects.create(
            type=f"reward.{name}", **of, **times, facts=facts, storefront=mailing.storefront, customer=mail.customer
        )
        if version == 1:
            Mail.objects.filter(pk=mail.pk).update(event=event)
    assert len(send()) == (left == "")
    assert states() == [(kind, "stopped" if left else "sent", left)]


def test_a_question_is_not_asked_of_who_said_no_while_it_waited(mailing):
    fred = cast.fred(mailing.storefront, country="DE")
    agree(fred, "pending", at=NOON - MINUTE)
    agree(fred, "withdrawn")
    assert send(NOON + MINUTE) == []


def test_a_yes_counts_for_the_mailbox_that_said_it(mailing, client):
    fred = cast.fred(mailing.storefront, country="DE")
    agree(fred, "pending")
    yes = re.search(r"http://localhost:8000(/mails/yes/\S+)", send()[0].body)[1]
    moved(fred, "victim@example.org")
    answer = client.post(yes)
    assert ("There is nothing to confirm" in answer.content.decode(), answer["X-Robots-Tag"]) == (True, "noindex")
    assert consents.newest(fred)["email"].state == "pending"
    agree(fred, "confirmed", at=timezone.now())
    moved(fred, "other@example.org")
    newest = consents.newest(fred)["email"]
    assert (newest.state, newest.source) == ("pending", "new-address")
    assert [letter.to for letter in send(timezone.now())] == [["other@example.org"]]


def test_who_wanted_no_mails_wants_none_at_another_address(mailing):
    alice = cast.advocate(mailing).customer
    stopping.unsubscribe(customer=alice, at=NOON)
    moved(alice, "alice.new@example.com")
    assert stopping.reason(storefront=mailing.storefront, email_key="alice.new@example.com") == "unsubscribed"
    # But nobody ends the mails of another customer by typing their address.
    vic = cast.customer(mailing.storefront, "vic")
    moved(alice, vic.email)
    assert stopping.reason(storefront=mailing.storefront, email_key=vic.email_key) is None
    bounced = cast.fred(mailing.storefront)
    stopping.stop_everywhere(address=bounced.email, reason=SuppressionReason.BOUNCED, at=NOON)
    moved(bounced, "fred.new@example.com")
    assert stopping.reason(storefront=mailing.storefront, email_key="fred.new@example.com") is None


def test_what_somebody_said_outlives_what_happened_to_their_mails(mailing):
    alice = cast.advocate(mailing).customer
    stopping.unsubscribe(customer=alice, at=NOON)
    stopping.stop_everywhere(address=alice.email, reason=SuppressionReason.BOUNCED, at=NOON)
    assert stopping.is_off(alice)
    [row] = Suppression.objects.all()
    assert row.reason == "bounced"
    stopping.lift(suppression=row, at=NOON)
    assert stopping.reason(storefront=mailing.storefront, email_key=alice.email_key) == "unsubscribed"
    stopping.stop_everywhere(address=alice.email, reason=SuppressionReason.BOUNCED, at=NOON)
    stopping.subscribe_again(customer=alice)
    assert not stopping.is_off(alice)
    assert stopping.reason(storefront=mailing.storefront, email_key=alice.email_key) == "bounced"
    stopping.lift(suppression=Suppression.objects.get(), at=NOON)
    assert not Suppression.objects.exists()


def moved(customer, address):
    fields = {"external_id": customer.external_id, "email": address}
    customers.upsert(storefront=customer.storefront, fields=fields, at=timezone.now())


def test_a_name_that_is_an_address_greets_nobody(mailing):
    fred = cast.fred(mailing.storefront, country="DE")
    Customer.objects.update(name="Win at evil.example")
    agree(fred, "pending")
    [asked] = send()
    assert asked.body.startswith("Hello,\n")
    assert "evil.example" not in asked.body + asked.alternatives[0][0]


@pytest.mark.parametrize("why", ["erased", "unsubscribed", "bounced", "complained", "switched_off", "no_address"])
def test_nothing_goes_to_who_must_not_be_written_to(mailing, why):
    alice = cast.advocate(mailing)
    while drain.drain("out", at=NOON):
        pass
    if why == "erased":
        erase_rows(customer=alice.customer, at=NOON)
    elif why == "switched_off":
        Program.objects.update(mail_kinds=["payout"])
    elif why == "no_address":
        Customer.objects.update(email=None, email_key=None)
    else:
        stopping.stop_everywhere(address="Alice+x@example.com", reason=SuppressionReason(why), at=NOON)
    assert send() == []
    assert states() == [("welcome", "stopped", why)]


def test_programs_that_send_nothing_and_test_twins_mail_nobody(program, mailing):
    Program.objects.update(mail_kinds=[])
    cast.advocate(program, "bob")
    assert (send(), states()) == ([], [])
    Program.objects.update(mail_kinds=["welcome"])
    Storefront.objects.filter(pk=program.storefront_id).update(test_twin_of=cast.rival())
    cast.advocate(program, "carol")
    assert (send(), states()) == ([], [("welcome", "stopped", "test")])


@pytest.mark.parametrize(("language", "word"), [("en", "Hello Alice"), ("de", "Hallo Alice")])
@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_every_kind_reads_whole_in_every_language(mailing, kind, language, word):
    told = mails.sample(program=mailing, kind=kind, language=language, at=NOON)
    assert word.removesuffix(" Alice" if kind == "invitation" else "") in told.text
    for text in (told.subject, told.text, told.html):
        assert not re.search(r"\{[a-z]+\}", text)
        assert "None" not in text
    if kind.startswith("reward") and kinds.KINDS[kind].names_amount:
        assert ("10.00" if language == "en" else "10,00") in told.html


def test_a_mail_server_is_asked_over_one_connection_and_its_refusals_are_heard(mailing):
    """Bob's mailbox is gone, carol's asks for patience; then the server is gone, which is no news of any mail."""
    for name in ("alice", "bob", "carol"):
        cast.advocate(mailing, name)
    while drain.drain("out", at=NOON):
        pass
    with mail_server.running({"bob@example.com": 550, "carol@example.com": 451}) as server:
        place = {"host": "127.0.0.1", "port": server.server_address[1]}
        by_smtp = outgoing.get_connection("django.core.mail.backends.smtp.EmailBackend", **place)
        while mails.send_next(at=NOON, connection=by_smtp):
            pass
        by_smtp.close()
    assert (server.sessions, len(server.letters)) == (1, 1)
    for header in (
        "To: alice@example.com",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "multipart/alternative",
    ):
        assert header in server.letters[0]
    assert [row.reason for row in Suppression.objects.all()] == ["bounced"]
    with pytest.raises(NoServer):
        mails.send_next(at=NOON + MINUTE, connection=by_smtp)
    told = Mail.objects.order_by("pk").values_list("state", "tries", "failure", "next_attempt_at")
    assert list(told) == [
        ("sent", 1, "", None),
        ("failed", 1, "The mail server answered 550.", None),
        ("waiting", 1, "The mail server cannot be reached.", NOON + MINUTE + NO_SERVER_WAIT),
    ]


def test_news_of_bounces_and_complaints_are_heard_where_they_are_signed(client, acme, rival, settings):
    for shop, name in ((acme, "alice"), (acme, "bob"), (rival, "bob")):
        cast.customer(shop, name)
    news = {
        "events": [
            {"type": "bounced", "email": "Bob@example.com"},
            {"type": "complained", "email": "alice@example.com"},
        ]
    }

    def tell(body, secret="whsec_" + "c2Vj" * 8, signature=None):
        at, body = timezone.now(), json.dumps(body)
        headers = {"webhook-id": "1", "webhook-timestamp": str(int(at.timestamp()))}
        headers["webhook-signature"] = signature or Webhook(secret).sign("1", at, body)
        return client.post("/mails/news", body, content_type="application/json", headers=headers)

    assert tell(news).status_code == 404
    settings.MAIL_NEWS_SECRET = "whsec_" + "c2Vj" * 8
    for signature in ("v1,AAAA", "nonsense", "v1,="):
        assert tell(news, signature=signature).status_code == 401
    assert tell(news, secret="whsec_" + "b3Ro" * 8).status_code == 401
    for wrong in ([], {"events": []}, {"events": [{"type": "opened", "email": "bob@example.com"}]}, {"events": [1]}):
        assert tell(wrong).status_code == 422, wrong
    assert not Suppression.objects.exists()
    for _ in range(2):
        assert tell(news).json() == {"taken": 2}
    told = [(row.storefront.slug, row.reason) for row in Suppression.objects.order_by("reason", "storefront__slug")]
    assert told == [("acme", "bounced"), ("rival", "bounced"), ("acme", "complained")]


def test_asking_for_many_mails_costs_the_statements_of_one(alice, django_assert_num_queries):
    """Nothing of an event is looked up by itself: a campaign brings a hundred thousand of them."""
    Program.objects.update(mail_kinds=[MailKind.FRIEND_JOINED])
    for name in ("fred", "gina", "hugo"):
        signups.record(storefront=alice.storefront, customer={"external_id": name}, code="ALICE-LINK", at=NOON)
    told = list(Event.objects.filter(type="referral.created").order_by("pk"))
    for events in (told[:1], told[1:]):
        with django_assert_num_queries(3):
            mails.follow(events=events, at=NOON)
    assert states() == [("friend_joined", "waiting", "")] * 3
