"""Alice invites friends by e-mail: she says the address, and sends the mail herself."""

import re
from html import unescape

import pytest
from django.utils import timezone

from referrals import invitations
from referrals.models import Invitation, Referral
from tests import cast, pages_stage
from tests.flows.portal.stage import address, day, seen


def invites(client, advocate, email, language="en"):
    return client.post(address(advocate, "invite/"), {"email": email}, headers={"accept-language": language})


def test_alice_says_whom_and_finds_the_mail_written(signed_in, acme, alice, offer):
    assert address(alice, "invite/") in seen(signed_in, address(alice))
    empty = seen(signed_in, address(alice, "invite/"))
    assert ("Invite by e-mail" in empty, "so far" in empty, "We write to nobody" in empty) == (True, False, True)
    page = invites(signed_in, alice, "Fred+tea@example.com").content.decode()
    mail = unescape(re.search(r'href="(mailto:[^"]+)"', page)[1])
    assert mail.startswith("mailto:Fred%2Btea@example.com?subject=For%20you%3A%20Acme%20Coffee&body=")
    assert ("%2Fr%2FALICE-LINK" in mail, "I%20get%20a%20reward%20too." in mail) == (True, True)
    assert "Whoever signs up or orders with Fred+tea@example.com was invited by you." in page
    assert "1 address invited so far." in page
    # Whose invitation it is decides, not how the address is spelled.
    again = invites(signed_in, alice, "fred@example.com").content.decode()
    assert f"You invited fred@example.com on {day(timezone.now())}, and that counts." in again
    assert "1 address invited so far." in again
    assert Invitation.objects.count() == 1
    assert "Fred+tea" not in seen(signed_in, address(alice, "invite/"))
    pages_stage.buys(acme, "fred", None)
    assert (Referral.objects.get().advocate, Referral.objects.get().method) == (alice, "invitation")


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Write your friend’s address."),
        ("fred at home", "Write one whole address, such as fred@example.com."),
        ("alice@example.com", "This is your own address. Write your friend’s."),
    ],
)
def test_what_cannot_be_invited_is_said_beside_the_field(signed_in, acme, alice, email, words):
    response = invites(signed_in, alice, email)
    page = response.content.decode()
    assert (response.status_code, words in page, "mailto:" in page) == (422, True, False)
    assert 'aria-invalid="true"' in page
    assert not Invitation.objects.exists()


def test_as_many_as_a_day_has_and_then_tomorrow(signed_in, alice, monkeypatch):
    monkeypatch.setattr(invitations, "A_DAY", 1)
    last = invites(signed_in, alice, "fred@example.com").content.decode()
    assert ("Now send the mail" in last, "You invited 1 addresses within a day" in last) == (True, True)
    refused = invites(signed_in, alice, "frieda@example.com").content.decode()
    assert ('role="alert">You invited 1 addresses within a day' in refused, "mailto:" in refused) == (True, False)
    assert "<form" not in seen(signed_in, address(alice, "invite/"))
    assert Invitation.objects.count() == 1


def test_where_the_link_is_closed_the_portal_says_why(client, signed_in, alice, mallory):
    type(alice.program).objects.update(status="paused")
    answer = signed_in.get(address(alice, "invite/"), follow=True)
    assert answer.redirect_chain == [(address(alice), 302)]
    assert "The program is taking a break" in answer.content.decode()
    assert invites(signed_in, mallory, "fred@example.com").status_code == 404
    assert not Invitation.objects.exists()


def test_the_form_is_german_for_who_reads_german(client, program, offer):
    anna = cast.advocate(program, "anna")
    client.force_login(pages_stage.user("anna@example.com"))
    page = invites(client, anna, "fred@example.com", "de").content.decode()
    assert ("Jetzt schick die Mail ab" in page, "Bisher 1 Adresse eingeladen." in page) == (True, True)
