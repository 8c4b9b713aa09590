"""advocacy.js on the pages of the sample shop, which lives on another origin than the API, in a real Chromium."""

import json
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from advocacy import keys
from advocacy.models import KeyKind, Storefront
from referrals.models import Click, Conversion, Order, Referral
from rewards.models import Reward
from tests import cast, pages_stage
from tests.browser.store.server import Pages, Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OFFER = "€10 off your first order"
# What a browser tells that asks not to be tracked.
PRIVATE = {
    "gpc": "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
    "dnt": "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})",
}


@pytest.fixture
def shop(live_server, acme, alice):
    def key(kind):
        return keys.make(storefront=acme, kind=kind, name="shop", at=cast.NOON)[1]

    pages_stage.rule(alice.program)
    shop = Shop(api=live_server.url, secret=key(KeyKind.SECRET), publishable=key(KeyKind.PUBLISHABLE)).start()
    Storefront.objects.filter(pk=acme.pk).update(origins=[shop.url])
    program = alice.program
    program.destination = shop.url + "/?ref={code}"
    program.save()
    yield shop
    shop.shutdown()
    shop.server_close()


@pytest.fixture
def visitor(browser):
    """``with visitor(*scripts) as page``: somebody new; nothing may have been thrown into the pages at the end."""

    @contextmanager
    def visit(*scripts, **options):
        context = browser.new_context(locale="en-GB", **options)
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(10_000)
        thrown = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        yield page
        context.close()
        assert thrown == []

    return visit


def loaded(page):
    page.wait_for_function("window.advocacy && advocacy.get")


def kept(page):
    """What the shop's origin stores: our cookie's parameters, and that there is nothing else."""
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    names = page.evaluate("document.cookie")
    if not names:
        return {}
    name, _, value = names.partition("=")
    assert name == "advocacy"
    return {name: texts[0] for name, texts in parse_qs(value).items() if name != "at"}


def told(page):
    """``advocacy.get()``, once a click that was reported has its id."""
    page.wait_for_function("window.advocacy?.get?.().click_id")
    return page.evaluate("advocacy.get()")


def signs_up(page, name="fred"):
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="Welcome").wait_for()


def test_from_alices_link_to_her_reward(live_server, shop, visitor, alice):
    with visitor() as page:
        page.goto(f"{live_server.url}/r/alice-link?utm_source=chat")
        page.get_by_role("link", name="Shop with €10 off").click()
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
        page.get_by_text("1001").wait_for()
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


def code_of(address):
    return parse_qs(urlsplit(address).query)["ref"][0].upper()


def tag(shop):
    return f"{shop.api}/advocacy.js"


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


PLATFORM = """
<link rel="icon" href="data:,"><script>window.Shopify = %(shopify)s</script>
<script src="%(tag)s" data-key="%(key)s" data-pass-to="pay.example" %(options)s></script>
<form id=cart action="/de/cart" method=post></form><form id=woo class=checkout></form>
<stripe-buy-button></stripe-buy-button><stripe-buy-button client-reference-id=mine></stripe-buy-button>
<a id=stripe href="https://buy.stripe.com/abc?locale=de">Pay</a>
<a id=pay href="https://pay.example/?utm_source=own#x">Pay</a><a id=else href="https://else.example/">Else</a>
<script>document.addEventListener("click", (event) => event.preventDefault())</script>
"""


def on(platform, shop, page):
    shopify = "{routes: {root: '/de/'}}" if platform == "shopify" else "undefined"
    words = {"shopify": shopify, "tag": tag(shop), "key": shop.publishable}
    body = PLATFORM % (words | {"options": f'data-platform="{platform}"'})
    shop.RequestHandlerClass = type("Platform", (Pages,), {"do_GET": lambda handler: handler.send(body)})
    page.goto(shop.url + "/?ref=ALICE-LINK&utm_source=chat&utm_medium=friend")
    return told(page)["click_id"]


def fields(page, form):
    """What the form would send."""
    return page.evaluate("form => Object.fromEntries(new FormData(document.forms[form]))", form)


def test_shopify_s_cart_takes_the_click_once_there_is_consent(shop, visitor):
    with visitor() as page:
        carts = []
        page.route("**/cart/update.js", lambda route: (carts.append(route.request), route.fulfill(body="{}")))
        click = on("shopify", shop, page)
        assert fields(page, "cart")["attributes[advocacy_click]"] == click
        assert carts == []
        with page.expect_request("**/de/cart/update.js"):
            page.evaluate("advocacy.consent(true)")
        page.evaluate("advocacy.consent(true)")
        page.context.add_init_script("window.advocacy = [['consent', false]]")
        with page.expect_response(lambda answer: '"advocacy_click":""' in (answer.request.post_data or "")):
            page.reload()
        written = [json.loads(one.post_data)["attributes"] for one in carts]
        assert written == [{"advocacy_click": click, "advocacy_code": ""}, {"advocacy_click": "", "advocacy_code": ""}]


def test_other_checkouts_take_it_in_a_field_or_in_the_address(shop, visitor):
    with visitor() as page:
        click = on("woocommerce", shop, page)
        assert fields(page, "woo") == {"advocacy_click": click, "advocacy_code": ""}
        assert fields(page, "cart") == {}
        ours = "[...document.querySelectorAll('stripe-buy-button')].map(one => one.getAttribute('client-reference-id'))"
        assert page.evaluate(ours) == [click, "mine"]
        for name in ("stripe", "pay", "else"):
            page.locator("#" + name).click()
        link = {name: urlsplit(page.locator("#" + name).get_attribute("href")) for name in ("stripe", "pay", "else")}
        assert parse_qs(link["stripe"].query) == {
            "locale": ["de"],
            "client_reference_id": [click],
            "utm_source": ["chat"],
            "utm_medium": ["friend"],
        }
        assert parse_qs(link["pay"].query) == {
            "click_id": [click],
            "ref": ["ALICE-LINK"],
            "utm_source": ["own"],
            "utm_medium": ["friend"],
        }
        assert link["pay"].fragment == "x"
        page.evaluate("advocacy.consent(false)")
        assert page.evaluate(ours) == ["code_ALICE-LINK", "mine"]
        assert link["else"].query == ""
    assert Order.objects.count() == 0
