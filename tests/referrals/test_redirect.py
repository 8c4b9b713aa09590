"""GET /r/<code>, as browsers and robots see it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from advocacy import ids
from referrals import clicks, links
from referrals.models import Click
from tests import cast
from tests.cast import DAY

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def shop(program):
    program.link_target = "destination"
    program.save()
    return program


def go(client, path="/r/ALICE-LINK", method="get", agent=FIREFOX, **headers):
    return getattr(client, method)(path, headers={"user-agent": agent} | headers)


def click_id():
    return ids.encode("clk", Click.objects.get().id)


def test_a_link_leads_to_its_landing_page_with_the_click(client, alice):
    response = go(client, "/r/alice-link?utm_source=chat&x=1")
    assert response.status_code == 302
    assert response["Location"] == f"/a/ALICE-LINK?click={click_id()}&utm_source=chat"
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
    assert not response.cookies
    click = Click.objects.get()
    assert (click.counted, click.query, len(bytes(click.visitor))) == (True, {"utm_source": "chat"}, 16)


def test_it_takes_one_round_trip_to_the_database(client, alice, django_assert_num_queries):
    go(client)
    with django_assert_num_queries(1):
        go(client)


def test_a_program_may_lead_straight_to_the_shop(client, shop, alice):
    assert go(client)["Location"] == f"https://acme.example/welcome?ref=ALICE-LINK&click_id={click_id()}"


def test_the_destination_is_filled_and_keeps_its_own_query(client, shop, alice):
    shop.destination = "https://acme.example/r/{code}?a=1&utm_source=own&c={click_id}#offer"
    shop.save()
    response = go(client, "/r/alice-link?utm_source=chat&utm_medium=a%26b")
    expected = f"https://acme.example/r/ALICE-LINK?a=1&utm_source=own&c={click_id()}&utm_medium=a%26b#offer"
    assert response["Location"] == expected


def test_a_link_may_have_a_destination_of_its_own(client, shop, alice):
    links.create(advocate=alice, code="mug", destination="https://acme.example/mug", at=cast.LONG_AGO)
    assert urlsplit(go(client, "/r/mug")["Location"]).path == "/mug"


def test_a_destination_off_the_programs_hosts_is_not_followed(client, shop, alice):
    link = links.create(advocate=alice, code="mug", destination="https://acme.example/mug", at=cast.LONG_AGO)
    for bad in ("https://evil.example/", "https://acme.example@evil.example/", "javascript:alert(1)", "//evil.example"):
        type(link).objects.filter(pk=link.pk).update(destination=bad)
        assert go(client, "/r/mug")["Location"].startswith("/a/MUG?click=clk_")


SHOPIFY, WOO = "https://acme.example/discount/{coupon}?redirect={path}", "https://acme.example/{path}?coupon={coupon}"


@pytest.mark.parametrize(
    "case",
    [
        ("https://acme.example/?ref=home", "", "https://acme.example/?ref=home&click_id=CLICK"),
        (SHOPIFY, "", "https://acme.example/discount/MUG?redirect=%2F%3Fref%3DMUG%26click_id%3DCLICK"),
        (
            SHOPIFY,
            "https://acme.example/mugs/blue?size=l",
            "https://acme.example/discount/MUG?redirect=%2Fmugs%2Fblue%3Fsize%3Dl%26ref%3DMUG%26click_id%3DCLICK",
        ),
        # What a shop would be led on to is a page of its own, whatever the link says.
        (
            SHOPIFY,
            "https://acme.example//evil.example/x",
            "https://acme.example/discount/MUG?redirect=%2Fevil.example%2Fx%3Fref%3DMUG%26click_id%3DCLICK",
        ),
        (SHOPIFY, "https://other.example/mugs", "https://other.example/mugs?ref=MUG&click_id=CLICK"),
        (WOO, "https://acme.example/mugs", "https://acme.example/mugs?coupon=MUG&ref=MUG&click_id=CLICK"),
        (
            "https://buy.stripe.com/x?client_reference_id={click_id}",
            "",
            "https://buy.stripe.com/x?client_reference_id=CLICK&ref=MUG",
        ),
    ],
)
def test_a_template_leads_to_the_links_own_page(client, shop, alice, case):
    template, page, expected = case
    shop.destination, shop.allowed_hosts = template, "other.example"
    shop.save()
    link = links.create(advocate=alice, code="mug", at=cast.LONG_AGO)
    type(link).objects.filter(pk=link.pk).update(destination=page)
    assert go(client, "/r/mug")["Location"] == expected.replace("CLICK", click_id())


def test_who_is_not_tracked_is_known_by_the_code(client, shop, alice):
    private = {"sec-gpc": "1"}
    assert go(client, **private)["Location"] == "https://acme.example/welcome?ref=ALICE-LINK"
    shop.destination = "https://buy.stripe.com/x?client_reference_id={click_id}"
    shop.save()
    expected = "https://buy.stripe.com/x?client_reference_id=code_ALICE-LINK&ref=ALICE-LINK"
    assert go(client, **private)["Location"] == expected


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("https://acme.example/{who}", "{who} is not filled in; these are: {click_id}, {code}, {coupon}, {path}."),
        ("https://acme.example/{{code}}", "A brace stands alone"),
        ("https://acme.example/{0.__class__}", "is not filled in"),
        ("https://{code}.example/", "Write a whole address with a plain host"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(shop, destination, said):
    shop.destination = destination
    with pytest.raises(ValidationError, match=re.escape(said)):
        shop.full_clean()


@pytest.mark.parametrize("query", ["url", "next", "destination", "redirect", "to"])
def test_the_query_never_says_where_to_go(client, shop, alice, query):
    location = go(client, f"/r/alice-link?{query}=https://evil.example/")["Location"]
    assert location == f"https://acme.example/welcome?ref=ALICE-LINK&click_id={click_id()}"


def test_a_long_campaign_is_left_out_rather_than_the_way(client, alice):
    long = "&".join(f"utm_{name}={'%C3%A9' * 100}" for name in "abcdefgh")
    assert go(client, f"/r/alice-link?{long}")["Location"] == f"/a/ALICE-LINK?click={click_id()}"


def test_a_campaign_is_stored_within_bounds(client, alice):
    go(
        client,
        "/r/alice-link?" + "&".join(f"utm_{letter}={'x' * 300}" for letter in "abcdefghijkl") + "&UTM_z=1&utm_=1",
    )
    query = Click.objects.get().query
    assert (sorted(query), {len(value) for value in query.values()}) == ([f"utm_{x}" for x in "abcdefgh"], {100})


def test_a_head_request_is_answered_and_not_stored(client, shop, alice):
    response = go(client, method="head")
    assert (response.status_code, response["Location"]) == (302, "https://acme.example/welcome?ref=ALICE-LINK")
    assert not Click.objects.exists()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_else_is_answered(alice, method):
    stranger = Client(enforce_csrf_checks=True)
    assert go(stranger, method=method).status_code == 405
    assert getattr(stranger, method)("/r/alice-link/qr.svg").status_code == 405


def test_a_cubot_phone_is_a_person(client, alice):
    go(
        client,
        agent="Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    )
    assert Click.objects.get().counted


@pytest.mark.parametrize(
    "headers",
    [
        {"agent": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"},
        {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"agent": "AhrefsSiteCrawler"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
    ],
)
def test_robots_and_prefetching_are_led_on_and_stored_but_not_counted(client, alice, headers):
    response = go(client, **headers)
    assert (response.status_code, Click.objects.get().counted) == (302, False)
    assert click_id() in response["Location"]


@pytest.mark.parametrize(
    "agent",
    [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "WhatsApp/2.23.20.0",
        "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "TelegramBot (like TwitterBot)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    ],
)
def test_a_preview_gets_the_page_itself_and_is_not_stored(client, alice, agent):
    assert go(client, agent=agent).status_code == 200
    assert not Click.objects.exists()


@pytest.mark.parametrize("code", ["NOBODY", "x" * 300, "a%00b", "%F0%9F%8D%BA", "%FF"])
def test_an_unknown_code_is_a_friendly_404(client, alice, code):
    response = go(client, f"/r/{code}")
    assert (response.status_code, Click.objects.count()) == (404, 0)


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_who_asks_not_to_be_followed_is_known_by_the_code_alone(client, shop, alice, header):
    shop.destination = "https://acme.example/welcome?ref={code}"
    shop.save()
    response = go(client, **{header: "1", "Referer": "https://chat.example/secret"})
    assert response["Location"] == "https://acme.example/welcome?ref=ALICE-LINK"
    click = Click.objects.get()
    assert (bytes(click.visitor), click.referrer) == (b"", "")


def test_the_address_counts_as_our_proxies_say_and_never_as_the_client_says(client, alice, settings):
    def came_from():
        Click.objects.all().delete()
        go(client, **{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
        return bytes(Click.objects.get().visitor)

    def of(address):
        return clicks.visitor(request_address=address, user_agent=FIREFOX, at=Click.objects.get().at)

    assert came_from() == of("127.0.0.1")
    settings.TRUSTED_PROXY_COUNT = 1
    assert came_from() == of("198.51.100.7")
    settings.TRUSTED_PROXY_COUNT = 3
    assert came_from() == of("127.0.0.1")


def test_the_landing_pages_query_holds_only_what_we_know(client, alice):
    location = go(client, "/r/alice-link?utm_source=%0d%0aSet-Cookie:x&evil=1")["Location"]
    assert parse_qs(urlsplit(location).query) == {"click": [click_id()], "utm_source": ["\r\nSet-Cookie:x"]}
    assert "\n" not in location


def test_a_program_yet_to_come_is_not_open(client, alice, program):
    program.starts_at = cast.NOON + 3650 * DAY
    program.save()
    assert go(client).status_code == 404
