"""Where advocacy.js hands on who brought a friend: Shopify's cart, WooCommerce's form, Stripe, other hosts."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from referrals.models import Order
from tests.browser.snippet_stage import tag, told
from tests.browser.store.server import Pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
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
