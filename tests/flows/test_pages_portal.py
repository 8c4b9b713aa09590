"""The portal as alice sees it after signing in by e-mailed code."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advocacy import ids, reading
from advocacy.models import Advocate, Testimonial
from referrals import conversions, orders
from rewards import expiry, redemptions
from rewards.coupons import using
from rewards.models import Coupon
from tests import cast, pages_stage
from tests.cast import DAY
from tests.rewards import coupon_stage
from tests.rewards.wallet_scene import lot

NO_BREAK = "\u00a0"
GOLD = {"field": "advocate_tier", "op": "is", "value": "gold"}
ONCE = {"milestone_repeats": False, "hold_days": 0}


@pytest.fixture(autouse=True)
def no_limits_from_before():
    """allauth counts how often an address asked for a code."""
    cache.clear()


@pytest.fixture
def offer(program):
    return pages_stage.rule(program)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(pages_stage.user_of(alice))
    return client


def address(advocate, rest=""):
    return f"/portal/{ids.encode('adv', advocate.public_id)}/{rest}"


def seen(client, path, language="en", status=200):
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == status
    return response.content.decode()


def day(moment):
    return reading.day(moment, zone="UTC", at=timezone.now())


# --- signing in


def code_for(client, email, path="/accounts/login/"):
    """Ask for a code; answers what the page said and the code in the mail, if there is one."""
    field = "login" if path.endswith("login/") else "email"
    response = client.post(path, {field: email}, follow=True)
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mail.outbox[-1].body, re.MULTILINE)
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
    known_mail = mail.outbox[-1]
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
    assert mail.outbox[-1].subject == "We do not know this address"
    assert not get_user_model().objects.filter(email="nobody@example.com").exists()


def test_asking_twice_makes_one_user(client, alice):
    code_for(client, "alice@example.com")
    code_for(client, "ALICE@example.com")
    assert get_user_model().objects.count() == 1


def test_the_code_s_mail_reads_well_as_text_and_as_html(client, alice):
    _, code = code_for(client, "alice@example.com")
    sent = mail.outbox[-1]
    assert sent.body.startswith("Hello,\n\nThis is your code.")
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert code in html


def test_nobody_signs_up_apart_from_signing_in(client, acme):
    assert "No sign-up needed" in seen(client, "/accounts/signup/")
    client.post("/accounts/signup/", {"email": "eve@example.com"})
    assert not get_user_model().objects.exists()


# --- whose page


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


# --- sharing


def test_the_offer_leads_and_the_link_is_there_to_copy(signed_in, alice, offer):
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10, get €10</h1>" in page
    assert "Your friends get €10 for their first order from €40. You get €10 once they keep it." in page
    assert ">localhost:8000/r/ALICE-LINK</output>" in page
    assert 'data-copy="http://localhost:8000/r/ALICE-LINK"' in page
    assert "I%20get%20a%20reward%20too." in page
    assert "<svg" in page


def test_a_second_rule_for_the_advocate_is_said_too(signed_in, alice, offer):
    pages_stage.rule(
        alice.program,
        frequency="every_order",
        friend_kind="",
        advocate_kind="percent",
        advocate_percent_bp=500,
        advocate_maximum_minor=1500,
    )
    page = seen(signed_in, address(alice))
    assert "Give €10, get €10" in page
    assert "You get 5% of every order they keep, up to €15 each." in page


def test_of_two_rules_that_refuse_an_order_the_row_names_what_is_nearest(signed_in, alice, acme, offer):
    large = {"field": "goods_minor", "op": "at_least", "value": 9000}
    pages_stage.rule(alice.program, conditions=[{"any": [large, GOLD]}], minimum_order_minor=0)
    pages_stage.buys(acme, "jonas", alice.code, subtotal=1000)
    pages_stage.settle()
    assert "This order was below the offer’s minimum of €40." in seen(signed_in, address(alice))
    Advocate.objects.update(status="paused")
    assert "Your participation is paused. Write to us to go on." in seen(signed_in, address(alice))


def test_a_budget_that_is_used_up_is_said_instead_of_promised(signed_in, acme, alice):
    budget = {"scope": "program", "period": "month", "measure": "amount", "limit": 1000, "side": "advocate"}
    pages_stage.rule(alice.program, caps=[budget])
    assert "<h1>Give €10, get €10</h1>" in seen(signed_in, address(alice))
    pages_stage.buys(acme, "fred", "ALICE-LINK")
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10</h1>" in page
    assert f"€10 for you is not available now: the budget is used up. It opens again on {next_month()}." in page
    assert "You get €10" not in page
    lines = seen(signed_in, address(alice, "rewards/"))
    assert "A friend’s order" in lines
    assert "Give 10, get 10" not in lines


def next_month():
    return day((timezone.now().replace(day=1, hour=12) + 32 * DAY).replace(day=1))


def test_nothing_is_promised_that_this_advocate_cannot_get(signed_in, acme, alice):
    mine = {"scope": "advocate", "period": "month", "measure": "count", "limit": 1}
    partners = [{"any": [{"field": "advocate_segments", "op": "one_of", "value": ["partner"]}, GOLD]}]
    pages_stage.rule(alice.program, caps=[mine], hold_days=0)
    pages_stage.rule(alice.program, friend_kind="", advocate_amount_minor=9900, conditions=partners)
    pages_stage.rule(alice.program, friend_kind="", advocate_amount_minor=700, milestone_every=1, **ONCE)
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10, get €10</h1>" in page
    assert "You get €7 once 1 friends have ordered." in page
    assert "€99" not in page
    pages_stage.buys(acme, "fred", "ALICE-LINK")
    pages_stage.buys(acme, "jonas", "ALICE-LINK", subtotal=1000)
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "<h1>Tell your friends</h1>" in page
    assert f"the most that one person can get. It opens again on {next_month()}." in page
    assert "€10 for your friends is not available now: as many as may have it through you have it." in page
    assert ("You get €7" in page, "With%20my%20link" in page) == (False, False)
    # What is full is asked only of an order that would qualify; that it is full stands above.
    assert "below the offer" in page
    type(alice.customer).objects.filter(pk=alice.customer_id).update(traits={"tier": "gold"})
    assert "You get €99 once they keep their first order." in seen(signed_in, address(alice))


@pytest.mark.parametrize(
    ("status", "words"), [("paused", "The program is taking a break"), ("ended", "This program has ended")]
)
def test_sharing_stops_with_the_program(signed_in, alice, offer, status, words):
    type(alice.program).objects.update(status=status)
    page = seen(signed_in, address(alice))
    assert words in page
    assert "/r/ALICE-LINK" not in page


def test_a_banned_advocate_reads_so(signed_in, alice, offer):
    Advocate.objects.update(status="banned")
    page = seen(signed_in, address(alice))
    assert "You no longer take part" in page
    assert "/r/ALICE-LINK" not in page


# --- friends


def test_without_friends_the_page_says_what_to_do(signed_in, alice, offer):
    page = seen(signed_in, address(alice))
    assert "Nobody has joined yet." in page
    assert ">€0.00</p>" in page


def test_each_friend_s_story_is_told_in_words(signed_in, alice, acme, offer):
    chat = pages_stage.channel(alice, "whatsapp")
    pages_stage.buys(acme, "jonas", alice.code, subtotal=1000)
    pages_stage.buys(acme, "mia", alice.code, days_ago=20)
    pages_stage.buys(acme, "fred", chat.code, days_ago=4)
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    due = day(timezone.now() + 10 * DAY)
    assert "A friend, via WhatsApp" in page
    assert f"Ordered. Yours on {due}, when the return period ends." in page
    assert f"Bought. Credited on {day(timezone.now())}." in page
    reason = "This order was below the offer’s minimum of €40. The next one can still count."
    assert f'<span class="why">No reward.</span> {reason}' in page
    assert "3 joined, 3 bought" in page
    assert f"<dt>On {due}</dt>" in page
    assert "+ €10.00" in page


def test_nothing_that_is_the_friend_s_own_is_told(signed_in, alice, acme, offer):
    pages_stage.buys(acme, "fred", alice.code, subtotal=7654)
    pages_stage.settle()
    page = seen(signed_in, address(alice)) + seen(signed_in, address(alice, "rewards/"))
    # Ids and tokens are random letters, in which any word may stand.
    page = re.sub(r"[a-z]{3}_[0-9a-z]{26}|(?:nonce|value|content)=\"[^\"]*\"", "", page)
    for own in ("fred", "Fred", "76.54", "7654", "order of"):
        assert own not in page


def test_a_returned_order_takes_the_reward_back(signed_in, alice, acme, offer):
    bought = pages_stage.buys(acme, "fred", alice.code)
    pages_stage.settle()
    refund = {"refund_id": "r1", "amount_minor": 5000, "refunded_at": timezone.now()}
    orders.refund(order=bought.order, refund=refund, at=timezone.now())
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "The order, or a part of it, was returned." in page
    lines = seen(signed_in, address(alice, "rewards/"))
    assert "Taken back before it was credited" in lines
    assert "−€10.00" in lines


def test_a_reward_under_review_is_on_its_way_and_no_more_is_said(signed_in, alice, acme, offer):
    bought = pages_stage.buys(acme, "fred", alice.code)
    conversions.review(conversion=bought.conversion, side="advocate", review="held", reason="odd", at=timezone.now())
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "Ordered. Your reward is on its way." in page
    assert "review" not in page.lower()
    assert "<dt>On its way</dt>" in page


def test_long_lists_go_on_page_by_page(signed_in, alice, acme, offer, monkeypatch):
    monkeypatch.setattr("config.portal.friends.PAGE", 2)
    for name in ("ada", "ben", "cem", "dan", "eli"):
        pages_stage.buys(acme, name, alice.code)
    seen_numbers, path = [], address(alice)
    while path:
        page = seen(signed_in, path)
        seen_numbers += re.findall(r'aria-hidden="true">(\d+)</span>', page)
        more = re.search(r'href="(\?before=[^"]+)"', page)
        path = more and address(alice) + more[1]
    assert seen_numbers == ["5", "4", "3", "2", "1"]
    seen(signed_in, address(alice) + "?before=nonsense", status=404)


def test_queries_do_not_grow_with_friends(signed_in, alice, acme, offer):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            seen(signed_in, address(alice))
            seen(signed_in, address(alice, "rewards/"))
        return len(captured)

    pages_stage.buys(acme, "fred", alice.code)
    pages_stage.settle()
    few = queries()
    for number in range(10):
        pages_stage.buys(acme, f"friend{number}", alice.code)
    pages_stage.settle()
    assert queries() == few


# --- the wallet


def spending(alice, at):
    """Alice got 20.00 that expires and 500 points, spent 8.00 with order 1002, and has 2.00 in her basket."""
    lot(alice.program, alice.customer, 2000, expires_in=20, at=at)
    lot(alice.program, alice.customer, 500, form="points", at=at)
    wanted = {"storefront": alice.storefront, "customer": alice.customer, "unit": "EUR", "at": at}
    redemptions.confirm(redemption=redemptions.reserve(**wanted, amount_minor=800, order="1002"), at=at)
    redemptions.reserve(**wanted, amount_minor=200)


def test_the_wallet_tells_what_is_spent_what_expires_and_what_points_are_worth(signed_in, alice):
    type(alice.program).objects.update(points_per_unit=100)
    alice.program.refresh_from_db()
    at = timezone.now()
    spending(alice, at)
    page = seen(signed_in, address(alice, "rewards/"))
    assert f'<dt>Expires on {day(at + 20 * DAY)}</dt><dd class="num">€10.00</dd>' in page
    assert '<dt>Set aside in your basket</dt><dd class="num">€2.00</dd>' in page
    assert "500 points" in page
    assert "worth €5.00" in page
    assert f'Spent<br><span class="small muted">{day(at)} · Order 1002</span>' in page
    assert f'Credited<br><span class="small muted">{day(at)} · Acme Coffee</span>' in page
    assert "= €10.00" in page
    expiry.expire(at=at + 20 * DAY)
    assert "Expired<br>" in seen(signed_in, address(alice, "rewards/"))


def test_the_statement_is_a_table_too(signed_in, alice):
    spending(alice, timezone.now())
    lines = b"".join(signed_in.get(address(alice, "rewards/statement.csv"))).decode().splitlines()
    assert lines[0] == "\ufeffDay,What,What for,On its way,Yours,Balance"
    assert lines[1].endswith(",Set aside,At the checkout,,−€2.00,€10.00")
    assert len(lines) == 8


# --- in the reader's language


def test_the_page_is_german_for_who_reads_german(client, program, acme, offer):
    anna = cast.advocate(program, "anna")
    type(anna.customer).objects.update(locale="de-AT")
    pages_stage.buys(acme, "fred", anna.code)
    pages_stage.settle()
    client.force_login(pages_stage.user("anna@example.com"))
    page = seen(client, address(anna))
    assert f"<h1>10{NO_BREAK}€ geben, 10{NO_BREAK}€ bekommen</h1>" in page
    assert f"10,00{NO_BREAK}€" in page
    assert "Bestellt." in page


# --- telling others


def test_alice_tells_others_and_takes_it_back(signed_in, alice):
    fields = {"text": "My mother and I agree on it.", "rating": "5", "display_name": "Alice", "consented": "on"}
    page = signed_in.post(address(alice, "tell/"), fields, follow=True).content.decode()
    assert "Thank you. Somebody reads it before it is shown." in page
    said = Testimonial.objects.get()
    assert (said.rating, said.status, said.source, said.consent_wording) == (5, "pending", "page", "portal-1")
    assert (said.advocate, said.customer, said.program) == (alice, alice.customer, alice.program)
    path = address(alice, f"tell/{ids.encode('tst', said.public_id)}/withdraw/")
    assert "Taken back." in signed_in.post(path, follow=True).content.decode()
    assert Testimonial.objects.get().status == "withdrawn"


@pytest.mark.parametrize(
    "change", [{"text": ""}, {"text": "x" * 2001}, {"consented": ""}, {"rating": "6"}, {"text": "a\0b"}]
)
def test_what_cannot_be_sent_is_said_and_nothing_is_written(signed_in, alice, change):
    fields = {"text": "Good.", "consented": "on"} | change
    response = signed_in.post(address(alice, "tell/"), fields)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Testimonial.objects.exists()


def test_mallory_does_not_take_back_alice_s_words(client, alice, mallory, olga):
    said = pages_stage.say(alice, "Good.", by=olga)
    client.force_login(pages_stage.user_of(mallory))
    path = address(mallory, f"tell/{ids.encode('tst', said.public_id)}/withdraw/")
    assert client.post(path).status_code == 404
    assert Testimonial.objects.get().status == "published"


def test_three_wait_at_a_time(signed_in, alice):
    for _ in range(4):
        signed_in.post(address(alice, "tell/"), {"text": "Good.", "consented": "on"})
    assert Testimonial.objects.count() == 3


# --- where nothing is


def test_a_page_that_is_not_there_says_so(client, acme):
    assert "There is no page here" in seen(client, "/nothing", status=404)


def test_an_error_of_ours_is_told_without_anything_that_could_fail_too(client, alice, monkeypatch):
    client.raise_request_exception = False
    client.force_login(pages_stage.user_of(alice))
    monkeypatch.setattr("config.portal.pages.offers.in_force", lambda **_: 1 / 0)
    assert "Something broke on our side" in seen(client, address(alice), status=500)


def test_who_asks_for_too_many_codes_is_told_to_wait(client, alice):
    answers = [Client().post("/accounts/login/", {"login": "alice@example.com"}) for _ in range(4)]
    assert [one.status_code for one in answers] == [302, 302, 302, 200]
    assert "errorlist" in answers[-1].content.decode()
    assert len(mail.outbox) == 3


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


def test_coupons_stand_with_their_code_and_its_end_in_the_readers_language(signed_in, alice, program):
    pool = coupon_stage.pool_of(program, expiry_days=90)
    coupon_stage.stock(pool, [1], at=timezone.now())
    coupon_stage.pays_from(pool)
    for name in ("fred", "gina"):
        pages_stage.buys(alice.storefront, name, alice.code)
    pages_stage.settle()
    page = seen(signed_in, address(alice, "rewards/"))
    ends = day(Coupon.objects.get().expires_at)
    assert ("CODE-000001" in page, "Coupon, €10" in page, f"Good until {ends}" in page) == (True, True, True)
    waits = "Your code is on its way: you get it as soon as new ones come, and need do nothing."
    assert (waits in page, waits in seen(signed_in, address(alice))) == (True, True)
    german = seen(signed_in, address(alice, "rewards/"), language="de")
    assert ("Deine Codes" in german, "Gutschein, 10" in german, "Dein Code ist unterwegs: " in german) == (True,) * 3
    using.use(coupon=Coupon.objects.get(), at=timezone.now())
    page = seen(signed_in, address(alice, "rewards/"))
    assert ("CODE-000001" in page, "Used" in page) == (False, True)
