"""Alice signs in by an e-mailed code and comes to her own pages; nobody else does."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests import cast, pages_stage
from tests.flows.portal.stage import address, seen
from tests.mailed import mailed


def code_for(client, email, path="/accounts/login/"):
    """Ask for a code; answers what the page said and the code in the mail, if there is one."""
    field = "login" if path.endswith("login/") else "email"
    response = client.post(path, {field: email}, follow=True)
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mailed()[-1].body, re.MULTILINE)
    return response, found and found[1]


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/"])
def test_alice_signs_in_by_code_and_comes_to_her_page(client, alice, path):
    _, code = code_for(client, "alice@example.com", path)
    response = client.post("/accounts/login/code/confirm/", {"code": code}, follow=True)
    assert response.redirect_chain[-1][0] == address(alice)


def test_a_wrong_code_signs_nobody_in(client, alice):
    code_for(client, "alice@example.com")
    client.post("/accounts/login/code/confirm/", {"code": "AAA-AAA"})
    assert client.get("/portal/").status_code == 302
    assert client.get("/portal/")["Location"].startswith("/accounts/login/")


def test_strangers_and_customers_are_answered_alike(client, alice):
    known, _ = code_for(client, "alice@example.com")
    known_mail = mailed()[-1]
    client.cookies.clear()
    unknown, code = code_for(client, "nobody@example.com")
    said = [
        re.sub(r"nonce=\"[^\"]*\"|name=\"csrfmiddlewaretoken\" value=\"[^\"]*\"", "", one.content.decode())
        for one in (known, unknown)
    ]
    assert said[0].replace("alice@example.com", "") == said[1].replace("nobody@example.com", "")
    assert known.redirect_chain == unknown.redirect_chain
    assert code is None
    assert known_mail.subject == "Your code for Acme Coffee"
    assert mailed()[-1].subject == "We do not know this address"
    assert not get_user_model().objects.filter(email="nobody@example.com").exists()


def test_asking_twice_makes_one_user(client, alice):
    code_for(client, "alice@example.com")
    code_for(client, "ALICE@example.com")
    assert get_user_model().objects.count() == 1


def test_the_code_s_mail_reads_well_as_text_and_as_html(client, alice):
    _, code = code_for(client, "alice@example.com")
    sent = mailed()[-1]
    assert sent.body.startswith("Hello,\n\nThis is your code.")
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert code in html


def test_nobody_signs_up_apart_from_signing_in(client, acme):
    assert "No sign-up needed" in seen(client, "/accounts/signup/")
    client.post("/accounts/signup/", {"email": "eve@example.com"})
    assert not get_user_model().objects.exists()


def test_who_is_not_signed_in_is_led_to_the_sign_in(client, alice):
    assert client.get(address(alice))["Location"] == f"/accounts/login/?next={address(alice)}"


def test_an_address_that_was_not_verified_shows_nothing(client, alice):
    client.force_login(pages_stage.user("alice@example.com", verified=False))
    assert "You are not in a program yet" in seen(client, "/portal/")
    seen(client, address(alice), status=404)


def test_mallory_does_not_see_alice_s_pages(client, alice, mallory):
    client.force_login(pages_stage.user_of(mallory))
    for rest in ("", "rewards/", "tell/"):
        seen(client, address(alice, rest), status=404)


def test_a_tag_in_an_address_opens_nobody_else_s_page(client, alice):
    client.force_login(pages_stage.user("alice+mallory@example.com"))
    seen(client, address(alice), status=404)


def test_dots_at_gmail_are_the_same_mailbox(client, program):
    anna = cast.advocate(program, "anna")
    type(anna.customer).objects.update(email="an.na@gmail.com", email_key="anna@gmail.com")
    client.force_login(pages_stage.user("anna@gmail.com"))
    seen(client, address(anna))


def test_who_is_in_two_programs_chooses(client, alice, rival):
    cast.advocate(cast.program(rival, name="Tea together"), "alice", code="tea-with-alice")
    client.force_login(pages_stage.user_of(alice))
    page = seen(client, "/portal/")
    assert "Which program?" in page
    assert ("Friends of Acme" in page, "Tea together" in page) == (True, True)
    assert "Rival" not in seen(client, address(alice))


def test_who_is_in_none_reads_what_to_do(client, acme):
    client.force_login(pages_stage.user("eve@example.com"))
    page = seen(client, "/portal/")
    assert "You signed in as eve@example.com." in page


def test_who_asks_for_too_many_codes_is_told_to_wait(client, alice):
    answers = [Client().post("/accounts/login/", {"login": "alice@example.com"}) for _ in range(4)]
    assert [one.status_code for one in answers] == [302, 302, 302, 200]
    assert "errorlist" in answers[-1].content.decode()
    assert len(mailed()) == 3


def test_who_mistyped_an_address_may_use_another(client, alice):
    code_for(client, "alcie@example.com")
    given_up = client.post("/accounts/logout/", {"next": "/accounts/login/"}, follow=True)
    assert given_up.redirect_chain[-1][0] == "/accounts/login/"
    _, code = code_for(client, "alice@example.com")
    response = client.post("/accounts/login/code/confirm/", {"code": code}, follow=True)
    assert response.redirect_chain[-1][0] == address(alice)


def test_a_form_without_its_token_is_refused_in_words(alice):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/accounts/login/", {"login": "alice@example.com"})
    assert response.status_code == 403
    assert "That page was open too long" in response.content.decode()


@pytest.mark.django_db
def test_signing_out_ends_at_the_sign_in_and_the_bare_address_leads_to_the_portal(client, settings):
    assert settings.ACCOUNT_LOGOUT_REDIRECT_URL == "/accounts/login/"
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/")["Location"] == "/portal/"


def test_nobody_changes_their_address_or_a_password_here(client):
    assert client.get("/accounts/email/").status_code == 404
    assert client.get("/accounts/password/reset/").status_code == 404
