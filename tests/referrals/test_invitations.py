"""An advocate invites an address; who comes with it was brought by them, on whatever device."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import ids, privacy
from advocacy.mails import inviting
from advocacy.models import Customer, InvitedAddress, Mail, Program, Suppression
from referrals import invitations
from referrals.models import Invitation, Referral
from tests import cast
from tests.cast import NOON
from tests.flows.api import secret
from tests.mailed import mailed

pytestmark = pytest.mark.django_db
FREDDY = {"external_id": "freddy", "email": "freddy@example.com"}


def invite(acme, advocate, email="Freddy+news@Example.com"):
    return secret(acme).post("/invitations", {"advocate": ids.encode("adv", advocate.public_id), "email": email})


def test_a_friend_who_was_invited_by_mail_is_alices_whatever_they_buy_on(acme, alice):
    made = invite(acme, alice)
    assert (made.status_code, made.json()["url"].rsplit("/", 1)[1]) == (201, "ALICE-LINK")
    again = invite(acme, alice, "freddy@example.com")
    assert (again.status_code, again.json()) == (200, made.json())
    assert b"freddy" not in bytes(Invitation.objects.get().digest)
    assert secret(acme).post("/orders", cast.order(at=timezone.now(), customer=FREDDY)).status_code == 201
    bond = Referral.objects.get()
    assert (bond.advocate, bond.method, bond.friend.external_id) == (alice, "invitation", "freddy")
    assert bond.conversions.count() == 1
    assert [each["id"] for each in secret(acme).get("/invitations").json()["data"]] == [made.json()["id"]]


def test_what_a_friend_types_goes_before_an_invitation_and_an_old_one_is_no_more(acme, alice, mallory):
    invitations.invite(advocate=alice, email="freddy@example.com", at=NOON)
    typed = {"customer": FREDDY, "referral_code": "MALLORY-LINK"}
    assert secret(acme).post("/signups", typed).json()["referral"]["method"] == "code"
    window = timedelta(days=alice.program.window_days)
    invitations.invite(advocate=alice, email="frieda@example.com", at=NOON - window - timedelta(days=1))
    frieda = {"customer": {"email": "frieda@example.com"}, "occurred_at": NOON.isoformat()}
    answer = secret(acme).post("/signups", frieda).json()
    assert (answer["referral"], [why["key"] for why in answer["reasons"]]) == (None, ["outside_window"])
    invitations.invite(advocate=alice, email="gina@example.com", at=NOON)
    bought = cast.order("9", at=NOON - timedelta(days=2), customer={"email": "gina@example.com"})
    answer = secret(acme).post("/orders", bought).json()
    assert [(why["key"], why["numbers"]) for why in answer["reasons"]] == [("came_too_late", {"days": 2})]
    assert answer["conversions"] == []


def test_an_invitation_of_another_storefront_binds_nobody(acme, rival, alice):
    made = invite(acme, alice).json()
    secret(rival).post("/signups", {"customer": FREDDY})
    assert not Referral.objects.exists()
    assert invite(rival, alice).status_code == 404
    assert secret(rival).get(f"/invitations/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("alice@example.com", "self_referral"),
        ("nobody", "invalid_field"),
    ],
)
def test_what_cannot_be_invited_is_refused_in_words(acme, alice, email, code):
    alice.customer.email, alice.customer.email_key = "alice@example.com", "alice@example.com"
    alice.customer.save()
    answer = invite(acme, alice, email)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Invitation.objects.exists()


def test_one_person_invites_as_many_a_day_as_a_person_has_friends(acme, alice, monkeypatch):
    monkeypatch.setattr(invitations, "A_DAY", 2)
    answers = [invite(acme, alice, f"friend{number}@example.com") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "too_many_invitations"
    assert invite(acme, alice, "friend0@example.com").status_code == 200


def test_an_invitation_is_forgotten_with_either_person(acme, alice):
    for email in ("freddy@example.com", "frieda@example.com"):
        invitations.invite(advocate=alice, email=email, at=NOON)
    invitations.forget(customer=cast.customer(acme, "freddy", email="freddy@example.com"), at=NOON)
    assert Invitation.objects.count() == 1
    invitations.forget(customer=alice.customer, at=NOON)
    assert not Invitation.objects.exists()


@pytest.fixture
def mailing(alice):
    alice.program.mail_kinds = ["invitation"]
    alice.program.save()
    return alice


def send(acme, advocate, email="freddy@example.com", words="Try the dark one!\n\nIt is good."):
    call = {"advocate": ids.encode("adv", advocate.public_id), "email": email, "send": True, "words": words}
    return secret(acme).post("/invitations", call)


def why_not():
    return list(Mail.objects.order_by("pk").values_list("state", "reason"))


def test_an_invitation_that_no_key_opens_stops_neither_another_nor_an_erasure(acme, mailing):
    send(acme, mailing)
    Mail.objects.update(content=b"\0")
    send(acme, mailing, "gina@example.com")
    assert [told.to for told in mailed()] == [["gina@example.com"]]
    first = Mail.objects.order_by("pk")[0]
    assert (first.state, first.tries) == ("waiting", 1)
    privacy.erase_rows(customer=mailing.customer, at=timezone.now())
    assert why_not() == [("stopped", "advocate"), ("sent", "")]


def test_a_friend_gets_one_mail_ever_and_refuses_the_others_by_one_click(acme, mailing, mallory, client):
    alice = mailing
    mallory.program.mail_kinds = ["invitation"]
    mallory.program.save()
    answers = [send(acme, alice, "Freddy+news@Example.com"), send(acme, alice), send(acme, mallory)]
    assert [answer.status_code for answer in answers] == [201, 200, 201]
    assert b"reddy" not in Mail.objects.order_by("pk")[0].content
    [told] = mailed()
    assert (told.to, told.subject) == (["Freddy+news@Example.com"], "Alice invites you to Acme Coffee")
    assert "> Try the dark one!\n> \n> It is good." in told.body
    assert "/r/ALICE-LINK" in told.body
    assert why_not() == [("sent", ""), ("stopped", "invited")]
    assert Mail.objects.filter(content=None).count() == 2
    off = told.extra_headers["List-Unsubscribe"].strip("<>")
    assert client.get(off).status_code == 200
    assert not Suppression.objects.exists()
    assert client.post(off, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(off[:-1] + "x").status_code == 404
    assert [row.reason for row in Suppression.objects.all()] == ["refused"]
    # Who wants no mails is nobody's to know, and gets none.
    assert [send(acme, who).status_code for who in (mallory, alice)] == [200, 200]
    assert len(mailed()) == 1


def test_whoever_wants_no_mails_is_invited_to_nothing_and_nobody_is_told(acme, mailing):
    digest = privacy.digest_of(acme, "gone@example.com")
    Suppression.objects.create(storefront=acme, digest=digest, reason="complained", since=NOON)
    assert send(acme, mailing, "gone@example.com").status_code == 201
    assert mailed() == []
    assert why_not() == [("stopped", "complained")]


@pytest.mark.parametrize("why", ["switched_off", "refused", "known", "advocate", "erased"])
def test_who_changes_their_mind_while_an_invitation_waits_is_heard(acme, mailing, why):
    send(acme, mailing)
    if why == "switched_off":
        Program.objects.update(mail_kinds=[])
    elif why == "refused":
        digest = privacy.digest_of(acme, "freddy@example.com")
        Suppression.objects.create(storefront=acme, digest=digest, reason="refused", since=NOON)
    elif why == "known":
        cast.customer(acme, "freddy", email="freddy@example.com")
    elif why == "erased":
        privacy.erase_rows(customer=cast.customer(acme, "freddy", email="freddy@example.com"), at=timezone.now())
    else:
        privacy.erase_rows(customer=mailing.customer, at=timezone.now())
    assert mailed() == []
    assert why_not() == [("stopped", why)]
    assert Mail.objects.get().content is None


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("Win at casino.example now", False),
        ("ｗｗｗ．casino．example", False),
        ("write me@casino.example", False),
        ("http://1", False),
        ("casino。example", False),
        ("192.168.0.1/x", False),
        ("tel:0900123", False),
        ("x" * 500, True),
        ("x" * 501, False),
        ("a\u202eb", False),
        ("Good, z.B. the dark one... 3.50 a cup. 👨‍👩‍👧", True),
    ],
)
def test_an_advocates_words_are_plain_and_lead_nowhere(acme, mailing, words, taken):
    answer = send(acme, mailing, words=words)
    assert (answer.status_code, Mail.objects.count()) == ((201, 1) if taken else (422, 0))
    unsent = {"advocate": ids.encode("adv", mailing.public_id), "email": "gina@example.com", "words": "Hi"}
    assert list(secret(acme).post("/invitations", unsent).json()["errors"]) == ["words"]
    assert taken or (list(answer.json()["errors"]) == ["words"] and not Invitation.objects.exists())


def test_nothing_is_mailed_unless_the_program_does_and_no_more_than_a_person_would(acme, alice, monkeypatch):
    assert send(acme, alice).json()["code"] == "invitations_off"
    assert not (Invitation.objects.exists() or InvitedAddress.objects.exists())
    Program.objects.update(mail_kinds=["invitation"])
    monkeypatch.setattr(inviting, "A_DAY", 2)
    answers = [send(acme, alice, f"friend{number}@example.com") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert (Mail.objects.count(), Invitation.objects.count()) == (2, 2)
    Customer.objects.filter(pk=alice.customer_id).update(locale="de")
    alice.shows_name, alice.display_name = True, "Alice"
    alice.save()
    assert [each.subject for each in mailed()] == ["Alice lädt dich zu Acme Coffee ein"] * 2
