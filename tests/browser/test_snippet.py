"""advocacy.js on the pages of the sample shop, which lives on another origin than the API, in a real Chromium."""

from urllib.parse import parse_qs, urlsplit

import pytest

from referrals.models import Click, Conversion, Referral
from rewards.models import Reward
from tests import cast, pages_stage
from tests.browser.snippet_stage import kept, loaded, tag, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OFFER = "€10 store credit for your first order"
# What a browser tells that asks not to be tracked.
PRIVATE = {
    "gpc": "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
    "dnt": "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})",
}


def signs_up(page, name="fred"):
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="Welcome").wait_for()


def test_from_alices_link_to_her_reward(live_server, shop, visitor, alice):
    with visitor() as page:
        page.goto(f"{live_server.url}/r/alice-link?utm_source=chat")
        page.get_by_role("link", name="Shop at Acme Coffee").click()
        page.get_by_text(OFFER).wait_for()
        assert page.get_by_text("From €40, once.").is_visible()
        click = parse_qs(urlsplit(page.url).query)["click_id"][0]
        assert page.evaluate("dataLayer") == [
            {"event": "advocacy_referral", "advocacy_click": click, "advocacy_code": "ALICE-LINK"}
        ]
        assert kept(page) == {}
        page.get_by_role("button", name="Accept").click()
        assert kept(page) == {"click_id": click, "ref": "ALICE-LINK", "utm_source": "chat"}
        page.get_by_role("link", name="Sign up").click()
        signs_up(page)
        page.get_by_role("link", name="Buy").click()
        loaded(page)
        page.get_by_label("E-mail").fill("fred@example.com")
        page.get_by_role("button", name="Pay").click()
        page.get_by_text("Your order").wait_for()
    assert shop.refused == []
    assert Click.objects.count() == 1
    assert Referral.objects.get().method == "click"
    assert Conversion.objects.get().referral.advocate == alice
    pages_stage.settle()
    paid = Reward.objects.get(side="advocate")
    assert (paid.recipient_id, paid.granted_minor, paid.unit) == (alice.customer_id, 1000, "EUR")


def test_without_consent_nothing_is_stored_and_the_visit_is_handed_on(shop, visitor):
    shop.options = 'data-pass-to="self"'
    with visitor() as page:
        page.goto(shop.url + "/?ref=alice-link&utm_medium=friend")
        click = told(page)["click_id"]
        page.get_by_role("link", name="Sign up").click()
        page.get_by_role("heading", name="Sign up").wait_for()
        address = {"click_id": [click], "ref": ["ALICE-LINK"], "utm_medium": ["friend"]}
        assert parse_qs(urlsplit(page.url).query) == address
        loaded(page)
        signs_up(page)
        assert kept(page) == {}
    assert Referral.objects.get().method == "click"
    (visit,) = Click.objects.all()
    assert visit.query == {"utm_medium": "friend", "url": shop.url + "/"}


def test_who_agreed_is_known_again_and_forgotten_as_they_wish(shop, visitor):
    with visitor() as page:
        page.goto(shop.url + "/?ref=ALICE-LINK")
        click = told(page)["click_id"]
        page.get_by_role("button", name="Accept").click()
        page.reload()
        assert told(page) == {"click_id": click}
        page.goto(shop.url + "/signup")
        assert told(page) == {"click_id": click}
        assert Click.objects.count() == 1
        page.get_by_role("button", name="Decline").click()
        assert kept(page) == {}
        assert page.evaluate("advocacy.get()") == {"referral_code": "ALICE-LINK"}
        signs_up(page)
        page.goto(shop.url + "/checkout")
        loaded(page)
        assert page.evaluate("advocacy.get()") == {}
    assert Referral.objects.get().method == "code"


@pytest.mark.parametrize("asks", PRIVATE)
def test_who_asks_not_to_be_tracked_is_attributed_by_the_code_alone(shop, visitor, asks):
    with visitor(PRIVATE[asks]) as page:
        # A cookie of before they asked.
        page.context.add_cookies([{"name": "advocacy", "value": "ref=OLD-CODE&at=9999999999", "url": shop.url}])
        page.goto(shop.url + "/?ref=ALICE-LINK&click_id=clk_01kb1c6d3xf8k9v2q4w7e5r1tn")
        page.get_by_text(OFFER).wait_for()
        page.get_by_role("button", name="Accept").click()
        assert kept(page) == {}
        assert page.evaluate("[advocacy.get(), dataLayer]") == [{"referral_code": "ALICE-LINK"}, []]
    assert Click.objects.count() == 0


def test_a_single_page_app_reports_each_link_once(shop, visitor, alice):
    mallory = cast.mallory(alice.program)
    with visitor() as page:
        page.goto(shop.url + "/signup")
        loaded(page)
        for address in ("/?ref=ALICE-LINK", "/other?ref=alice-link", "/?ref=MALLORY-LINK", "/plain"):
            page.evaluate("(to) => { history.pushState({}, '', to); advocacy.consent(true) }", address)
            if "ref" in address:
                told(page)
                page.wait_for_function("(code) => dataLayer.at(-1)?.advocacy_code == code", arg=code_of(address))
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p data-advocacy-offer=code hidden></p>')")
        page.get_by_text("MALLORY-LINK").wait_for()
        page.evaluate("""document.body.insertAdjacentHTML('beforeend', '<form id=late data-advocacy></form>')""")
        page.wait_for_function("document.querySelector('#late [name=advocacy_click]')")
        # A second tag of the same page, as tag managers make them.
        page.add_script_tag(url=tag(shop))
        assert page.evaluate("dataLayer.length") == 2
    brought = Click.objects.order_by("id").values_list("link_id", flat=True)
    assert list(brought) == [alice.links.get().pk, mallory.links.get().pk]


@pytest.mark.parametrize("options", ["", 'data-keep="last"'])
def test_the_first_click_stays_where_the_program_says_so(live_server, shop, visitor, alice, options):
    mallory, shop.options = cast.mallory(alice.program), options
    type(alice.program).objects.update(click_precedence="first", link_target="destination")
    with visitor() as page:
        page.goto(f"{live_server.url}/r/alice-link")
        first = told(page)
        page.get_by_role("button", name="Accept").click()
        with page.expect_response("**/codes/validate"):
            page.goto(f"{live_server.url}/r/mallory-link")
        loaded(page)
        page.wait_for_load_state("networkidle")
        second = parse_qs(urlsplit(page.url).query)["click_id"][0]
        assert told(page) == ({"click_id": second} if options else first)
    assert mallory.links.get().code == "MALLORY-LINK"


def code_of(address):
    return parse_qs(urlsplit(address).query)["ref"][0].upper()


def test_the_shop_works_while_our_server_is_down_and_storage_is_denied(shop, visitor):
    with visitor() as page:
        page.route("**/api/v1/**", lambda route: route.abort())
        page.goto(shop.url + "/?ref=ALICE-LINK")
        loaded(page)
        page.get_by_role("button", name="Accept").click()
        assert kept(page) == {"ref": "ALICE-LINK"}
        page.get_by_role("link", name="Sign up").click()
        loaded(page)
        signs_up(page)
        assert Referral.objects.get().method == "code"
        page.unroute_all()
        page.goto(shop.url + "/checkout")
        mine = told(page)
        assert mine == {"click_id": kept(page)["click_id"]}
        page.route("**/api/v1/**", lambda route: route.abort())
        page.evaluate("history.pushState({}, '', '/?ref=newsletter')")
        assert page.evaluate("advocacy.get()") == mine
        page.route("**/advocacy.js", lambda route: route.abort())
        page.goto(shop.url + "/signup")
        signs_up(page, "mia")
    denied = "throw new DOMException('denied', 'SecurityError')"
    with visitor(f"Object.defineProperty(document, 'cookie', {{get() {{ {denied} }}, set() {{ {denied} }}}})") as page:
        page.goto(shop.url + "/?ref=ALICE-LINK")
        page.get_by_text(OFFER).wait_for()
        click = told(page)
        page.get_by_role("button", name="Accept").click()
        assert page.evaluate("advocacy.get()") == click


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "A" * 10_000,
    "javascript:alert(1)",
    "a\0b",
    "../../admin",
    "a; Domain=evil.example",
    "🦊🦊🦊",
    "__proto__",
    "%",
]


def hears_of(page, code):
    """The page is told that nobody has this code."""
    with page.expect_response("**/clicks") as refused:
        page.evaluate("(code) => history.pushState({}, '', '/?ref=' + code)", code)
    assert refused.value.status == 404
    page.wait_for_timeout(50)


def test_hostile_addresses_leave_no_trace(shop, visitor):
    with visitor() as page:
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        page.goto(shop.url + "/signup")
        page.get_by_role("button", name="Accept").click()
        loaded(page)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        for text in HOSTILE:
            for name in ("ref", "click_id", "utm_source", "utm___proto__"):
                page.evaluate(
                    "([name, text]) => history.pushState({}, '', `/?${new URLSearchParams({[name]: text})}`)",
                    [name, text],
                )
        assert page.evaluate("advocacy.get()") == kept(page) == {}
        assert page.locator("input[type=hidden]").count() == 0
        assert asked == []
        # Other people's ?ref= is nobody's, and does not take the place of who brought the visitor.
        hears_of(page, "newsletter")
        assert page.evaluate("advocacy.get()") == kept(page) == {}
        page.evaluate("history.pushState({}, '', '/?ref=ALICE-LINK&utm_source=' + '✓'.repeat(3000))")
        mine = told(page)
        hears_of(page, "somewhere")
        assert page.evaluate("advocacy.get()") == mine
        assert kept(page)["click_id"] == mine["click_id"]
        assert kept(page)["utm_source"] == "✓" * 100
    assert Click.objects.count() == 1
