"""The stage of the snippet: the sample shop on another origin than the API, visitors of it, and what a page knows."""

from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest

from advocacy import keys
from advocacy.models import KeyKind, Storefront
from tests import cast, pages_stage
from tests.browser.store.server import Shop


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


def tag(shop):
    return f"{shop.api}/advocacy.js"


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
