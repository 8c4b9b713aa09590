"""The pages in a real Chromium: readable to everybody in any brand's colour, on a phone and at a desk, by day
and night."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from advocacy import ids
from advocacy.models import Storefront
from tests import cast, pages_stage
from tests.browser.axe import OF_COLOURS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COLOURS = ["#ffd400", "#101010", "#f4f4f4"]


@pytest.fixture
def stage(acme, alice, olga):
    """Alice with friends in four states and a testimonial; answers her user."""
    cache.clear()
    pages_stage.rule(alice.program)
    chat = pages_stage.channel(alice, "whatsapp")
    pages_stage.joins(acme, "lea", alice.code)
    pages_stage.buys(acme, "jonas", alice.code, subtotal=1000)
    pages_stage.buys(acme, "mia", alice.code, days_ago=20)
    pages_stage.buys(acme, "fred", chat.code, days_ago=4)
    pages_stage.settle()
    pages_stage.say(alice, "The Sidamo is the first coffee my mother and I agree on.", by=olga)
    return pages_stage.user_of(alice)


def portal(advocate, rest=""):
    return f"/portal/{ids.encode('adv', advocate.public_id)}/{rest}"


def pages_of(advocate):
    mine = [portal(advocate, rest) for rest in ("", "rewards/", "tell/", "invite/")]
    return [*mine, "/accounts/logout/", "/a/ALICE-LINK", "/a/NOBODY", "/nothing", "/accounts/2fa/"]


@pytest.mark.drawn(1 / 2)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visiting, stage, alice, scheme):
    with visiting(stage, color_scheme=scheme) as page:
        for address in pages_of(alice):
            page.goto(address)
            # By night nothing but the colours is another.
            assert violations(page, only=OF_COLOURS if scheme == "dark" else None) == [], address
        for colour in COLOURS:
            Storefront.objects.update(colour=colour)
            for address in (portal(alice), "/a/ALICE-LINK"):
                page.goto(address)
                assert violations(page, only=OF_COLOURS) == [], (address, colour)


def test_axe_finds_nothing_on_the_way_in(visiting, stage):
    with visiting() as page:
        for address in ("/accounts/login/", "/accounts/signup/", "/accounts/login/code/"):
            page.goto(address)
            assert violations(page) == [], address
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill("alice@example.com")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("heading", name="Enter your code").wait_for()
        assert violations(page) == []
        page.get_by_role("button", name="Use another address").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        assert page.complaints == []


@pytest.mark.drawn(1 / 2)
@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_nothing_sticks_out_and_nothing_complains(visiting, stage, alice, locale):
    with visiting(stage, locale=locale) as page:
        for address in pages_of(alice):
            page.goto(address)
            for width in (320, 390, 820, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (address, width)
        assert [one for one in page.complaints if "404" not in one] == []


def test_what_can_be_touched_is_big_enough(visiting, stage, alice):
    small = """[...document.querySelectorAll('button, summary, .button, nav a, input')]
        .filter(one => one.offsetParent && one.type !== 'radio' && one.type !== 'checkbox')
        .filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    with visiting(stage, width=390) as page:
        for address in pages_of(alice):
            page.goto(address)
            assert page.evaluate(small) == [], address


def test_the_link_is_copied_and_the_button_says_so(visiting, stage, alice):
    with visiting(stage, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(portal(alice))
        page.get_by_role("button", name="Copy link").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "http://localhost:8000/r/ALICE-LINK"
        assert page.complaints == []


def test_the_share_sheet_is_offered_where_there_is_one(visiting, stage, alice):
    with visiting(stage) as page:
        page.add_init_script("navigator.share = async (what) => { window.shared = what; }")
        page.goto(portal(alice))
        page.get_by_role("button", name="More…").click()
        assert page.evaluate("shared.url") == "http://localhost:8000/r/ALICE-LINK"


def test_without_scripts_the_page_still_shares(visiting, stage, alice):
    with visiting(stage, java_script_enabled=False) as page:
        page.goto(portal(alice))
        assert page.get_by_text("localhost:8000/r/ALICE-LINK").is_visible()
        assert not page.get_by_role("button", name="Copy link").is_visible()
        page.get_by_text("QR code").click()
        assert page.get_by_role("img", name="Your link as a QR code").is_visible()


def test_the_keyboard_reaches_everything_in_reading_order(visiting, stage):
    with visiting() as page:
        page.goto("/a/ALICE-LINK")
        order = []
        for _ in range(4):
            page.keyboard.press("Tab")
            order.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert order == ["Skip to the content", "Acme Coffee", "Shop at Acme Coffee", "Copy code"]


def test_a_page_says_when_the_connection_is_gone(visiting, stage, alice):
    with visiting(stage) as page:
        page.goto(portal(alice))
        assert not page.get_by_text("You are offline.").is_visible()
        page.context.set_offline(True)
        page.get_by_text("You are offline.").wait_for()


def test_a_friend_s_way_from_the_link_to_the_shop(visiting, stage):
    with visiting() as page:
        page.route("https://acme.example/**", lambda route: route.fulfill(body="The shop"))
        page.goto("/r/alice-link")
        page.get_by_role("link", name="Shop at Acme Coffee").click()
        page.wait_for_url("https://acme.example/welcome?ref=*&click_id=clk_*")


def test_an_empty_portal_is_drawn(visiting, program):
    anna = cast.advocate(program, "anna", at=timezone.now())
    with visiting(pages_stage.user_of(anna), width=390) as page:
        page.goto(portal(anna))
        assert page.get_by_role("heading", name="Tell your friends").is_visible()
        assert violations(page) == []
        assert page.complaints == []
