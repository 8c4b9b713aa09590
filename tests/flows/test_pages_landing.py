"""The landing page as a friend sees it, and what is shown where a link leads nowhere."""

import pytest
from django.utils import timezone, translation

from advocacy import ids, offers
from advocacy.models import Customer
from referrals.models import Click, Link
from referrals.pages import sharing
from tests import cast, pages_stage
from tests.cast import DAY

NO_BREAK = "\u00a0"
ROBOT = "WhatsApp/2.24"


@pytest.fixture
def offer(program):
    return pages_stage.rule(program)


def seen(client, path="/a/ALICE-LINK", language="en", status=200, **headers):
    response = client.get(path, headers={"accept-language": language} | headers)
    assert response.status_code == status
    return response.content.decode()


def test_a_friend_reads_who_invites_what_they_get_and_on_what_terms(client, alice, offer):
    page = seen(client)
    assert "Alice shops at Acme Coffee and thinks you would like it." in page
    assert "<h1>€10 store credit for your first order</h1>" in page
    assert "From €40, once." in page
    assert "added to your account at the shop once you keep your order, for the next one." in page
    assert "Alice gets €10 too if you keep your order." in page
    assert '<a class="button big" href="https://acme.example/welcome?ref=ALICE-LINK">Shop at Acme Coffee</a>' in page


def test_of_two_offers_each_stands_with_its_own_conditions(client, alice, offer):
    names = ["Coffee", "Tea", "Mugs", "Filters"]
    coffee = {"by": "category", "values": names, "percent_bp": 1000}
    more = {"friend_kind": "per_product", "friend_items": [coffee], "advocate_kind": "", "minimum_order_minor": 0}
    pages_stage.rule(alice.program, **more, frequency="every_order")
    page = seen(client)
    assert "<h1>€10 store credit for your first order</h1>" in page
    assert "<p>From €40, once.</p>" in page
    which = "Up to 10% on certain products of every order as store credit. For Coffee, Tea, Mugs and 1 more."
    assert f"<p>{which}</p>" in page
    promise = offers.in_force(program=alice.program, at=timezone.now())
    link = alice.links.get()
    with translation.override("en"):
        assert sharing.of(link=link, storefront=alice.storefront, promise=promise).text.split("\n") == [
            "I like Acme Coffee. With my link you get:",
            "€10 store credit for your first order. From €40, once.",
            which,
            "I get a reward too.",
        ]


def test_the_shop_gets_the_click_that_the_redirect_stored(client, alice, offer):
    there = client.get("/r/alice-link?utm_source=chat", headers={"user-agent": "Firefox"})["Location"]
    click = ids.encode("clk", Click.objects.get().id)
    shop = "https://acme.example/welcome?"
    assert f'href="{shop}ref=ALICE-LINK&amp;click_id={click}&amp;utm_source=chat"' in seen(client, there)


def test_a_click_that_is_no_id_of_ours_is_left_out(client, alice, offer):
    page = seen(client, "/a/ALICE-LINK?click=%22%3E%3Cscript%3E")
    assert '<a class="button big" href="https://acme.example/welcome?ref=ALICE-LINK">' in page
    assert "%3Cscript" not in page


def test_who_does_not_show_a_name_is_a_customer(client, program, offer):
    cast.advocate(program, "anna", shows_name=False)
    page = seen(client, "/a/anna-link")
    assert "A customer of Acme Coffee thinks you would like it." in page
    assert "Whoever invited you gets €10 too if you keep your order." in page
    assert "Anna " not in page


def test_german_readers_read_german_and_their_own_numbers(client, alice, offer):
    page = seen(client, language="de-DE,de;q=0.9")
    assert '<html lang="de">' in page
    assert f"<h1>10{NO_BREAK}€ Guthaben für deine erste Bestellung</h1>" in page
    assert f"Ab 40{NO_BREAK}€, einmal." in page


def test_the_shop_s_language_is_used_where_the_reader_s_is_not_known(client, alice, acme, offer):
    acme.language = "de"
    acme.save()
    assert '<html lang="de">' in client.get("/a/ALICE-LINK").content.decode()


def test_the_last_day_of_the_program_is_said(client, alice, offer):
    alice.program.ends_at = timezone.now().replace(month=12, day=31) + 400 * DAY
    alice.program.save()
    last = f"{alice.program.ends_at:%-d %B %Y}".replace(" ", NO_BREAK)
    assert f"once, until {last}." in seen(client)


def test_without_an_offer_the_page_still_leads_to_the_shop(client, alice):
    page = seen(client)
    assert "<h1>Acme Coffee</h1>" in page
    assert "Visit Acme Coffee" in page


def test_what_is_used_up_or_not_for_her_friends_is_not_promised_to_them(client, acme, alice):
    alice.program.headline = "Get 10 on us"
    alice.program.save()
    budget = {"scope": "program", "period": "month", "measure": "amount", "limit": 1000, "side": "friend"}
    chat = [{"field": "channel", "op": "is", "value": "whatsapp"}]
    pages_stage.rule(alice.program, advocate_kind="", caps=[budget])
    pages_stage.rule(alice.program, conditions=chat, advocate_kind="", friend_amount_minor=9900)
    page = seen(client)
    assert "<h1>Get 10 on us</h1>" in page
    assert "€99" not in page
    pages_stage.buys(acme, "fred", "ALICE-LINK")
    pages_stage.settle()
    page = seen(client)
    assert "<h1>Acme Coffee</h1>" in page
    assert "€10 store credit for your first order: all that was planned is given for now. It opens again on 1" in page
    assert "Get 10 on us" not in page
    whatsapp = pages_stage.channel(alice, "whatsapp")
    assert "From €40, once. Further conditions apply." in seen(client, f"/a/{whatsapp.code}")


def test_published_testimonials_are_shown_the_advocate_s_own_first(client, alice, offer, olga):
    other = cast.advocate(alice.program, "berta")
    pages_stage.say(alice, "<b>My mother</b> and I agree on it.", by=olga)
    pages_stage.say(other, "Strong & good.", by=olga, rating=4)
    page = seen(client)
    assert page.index("&lt;b&gt;My mother&lt;/b&gt; and I agree on it.") < page.index("Strong &amp; good.")
    assert "Berta, 4 stars of 5" in page


def test_a_name_given_to_a_testimonial_is_not_shown_beside_the_code(client, program, offer, olga):
    anna = cast.advocate(program, "anna", shows_name=False)
    pages_stage.say(anna, "Very good.", by=olga)
    assert "A customer, 5 stars of 5" in seen(client, "/a/anna-link")
    assert "Anna" not in seen(client, "/a/anna-link")


def test_a_waiting_testimonial_and_one_of_another_storefront_are_not_shown(client, alice, rival, offer, olga):
    elsewhere = cast.advocate(cast.program(rival), "rita")
    pages_stage.say(elsewhere, "Tea is better.", by=olga)
    said = pages_stage.say(alice, "Not yet.", by=olga)
    type(said).objects.filter(pk=said.pk).update(status="pending")
    page = seen(client)
    assert "Tea is better." not in page
    assert "Not yet." not in page


def test_robots_that_preview_a_link_get_its_tags_and_leave_no_click(client, alice, offer):
    page = seen(client, "/r/alice-link", **{"user-agent": ROBOT})
    assert '<meta property="og:title" content="€10 store credit for your first order">' in page
    assert "thinks you would like it. From €40, once." in page
    assert not Click.objects.exists()


def test_search_engines_are_told_to_stay_away(client, alice):
    response = client.get("/a/ALICE-LINK")
    assert (response["X-Robots-Tag"], response["Cache-Control"]) == ("noindex", "no-store")


def test_an_unknown_code_is_answered_in_words(client, acme):
    page = seen(client, "/r/NOBODY", status=404)
    assert "We do not know this code" in page
    assert '<a class="button quiet" href="https://acme.example">Go to Acme Coffee</a>' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "disabled"}, "This link is not open any more"),
        ({"expires_at": cast.LONG_AGO}, "This link is not open any more"),
    ],
)
def test_a_closed_link_names_the_shop(client, alice, change, words):
    Link.objects.update(**change)
    for path in ("/r/alice-link", "/a/alice-link"):
        page = seen(client, path, status=404)
        assert words in page
        assert "Go to Acme Coffee" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "paused"}, "This program is taking a break"),
        ({"status": "ended"}, "This program has ended"),
        ({"ends_at": cast.LONG_AGO}, "This program has ended"),
    ],
)
def test_a_program_that_is_not_open_says_so(client, alice, change, words):
    type(alice.program).objects.update(**change)
    assert words in seen(client, "/r/alice-link", status=404)


def test_a_banned_advocate_s_link_leads_nowhere(client, alice):
    type(alice).objects.update(status="banned")
    assert "This link is not open any more" in seen(client, status=404)


def test_a_code_on_another_storefront_s_host_is_not_found(client, alice, rival, settings):
    settings.ALLOWED_HOSTS = ["*"]
    rival.link_domain = "go.rival.example"
    rival.save()
    page = client.get("/a/ALICE-LINK", headers={"host": "go.rival.example"})
    assert page.status_code == 404
    assert "Rival Tea" in page.content.decode()
    assert "Acme" not in page.content.decode()


def test_nothing_of_a_friend_or_of_the_advocate_s_address_is_on_it(client, alice, offer):
    page = seen(client)
    for customer in Customer.objects.all():
        assert customer.email not in page


def test_it_takes_five_queries_however_many_testimonials(client, alice, offer, olga, django_assert_num_queries):
    with django_assert_num_queries(5):
        seen(client)
    for number in range(5):
        pages_stage.say(alice, f"Good {number}", by=olga)
    with django_assert_num_queries(5):
        seen(client)
