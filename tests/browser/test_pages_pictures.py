"""Pictures of the pages, into the folder that PICTURES names; the README's are taken with README=yes as well.

PICTURES=/tmp/pictures python -m pytest tests/browser/test_pages_pictures.py
"""

import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone

from referrals.models import Order
from rewards import rulebook
from tests import cast, pages_stage
from tests.browser.test_pages_look import pages_of, portal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("PICTURES")
README = Path(__file__).parents[2] / "docs" / "screenshots"
NAMES = ["portal", "rewards", "tell", "logout", "landing", "unknown", "404", "2fa"]


@pytest.mark.skipif(FOLDER is None, reason="PICTURES names no folder.")
def test_take_pictures(visiting, acme, program, olga):
    anna = cast.advocate(program, "anna", code="anna-7k2p")
    pages_stage.rule(program)
    pages_stage.full(anna, olga)
    user = pages_stage.user_of(anna)
    for width in (390, 1280):
        for scheme, locale in (("light", "en-GB"), ("dark", "de-DE")):
            with visiting(user, width=width, color_scheme=scheme, locale=locale) as page:
                pages = [address.replace("ALICE-LINK", "ANNA-7K2P") for address in pages_of(anna)]
                for name, address in zip(NAMES, pages, strict=True):
                    page.goto(address)
                    page.screenshot(path=f"{FOLDER}/{name}-{width}-{scheme}.png", full_page=True)
            cache.clear()  # allauth counts how often an address asked for a code
            with visiting(width=width, color_scheme=scheme, locale=locale) as page:
                page.goto("/accounts/login/")
                page.screenshot(path=f"{FOLDER}/login-{width}-{scheme}.png", full_page=True)
                page.locator("[name=login]").fill("anna@example.com")
                page.locator("main button").click()
                page.wait_for_url("**/confirm/**")
                page.screenshot(path=f"{FOLDER}/code-{width}-{scheme}.png", full_page=True)
    if os.environ.get("README"):
        with visiting(user, width=1100) as page:
            page.goto(portal(anna))
            page.screenshot(path=README / "portal.png", full_page=True)
        with visiting(width=520) as page:
            page.goto("/a/ANNA-7K2P")
            page.screenshot(path=README / "landing.png", full_page=True)


@pytest.mark.skipif(FOLDER is None, reason="PICTURES names no folder.")
def test_take_pictures_of_the_admin(visiting, acme, program, olga):
    program.time_zone = "Europe/Berlin"
    program.save()
    anna = cast.advocate(program, "anna", code="anna-7k2p")
    budget = {"scope": "program", "period": "month", "measure": "amount", "limit": 3500, "side": "advocate"}
    first = pages_stage.rule(program, caps=[budget])
    pages_stage.full(anna, olga)
    order = next(iter(Order.objects.order_by("-pk"))).external_id
    rule = f"/admin/rewards/rule/{first.rule_id}/change/"
    planned = rulebook.terms_of(first) | {"hold_days": 30}
    starts_at = timezone.now() + 9 * cast.DAY
    at = timezone.now()
    pages = {
        "first": "/admin/",
        "recipes": "/admin/rewards/rule/recipes/",
        "recipe": "/admin/rewards/rule/add/?recipe=double-until-sunday",
        "rule": rule,
        "rules": "/admin/rewards/rule/",
        "program": f"/admin/advocacy/program/{program.pk}/change/",
        "why": f"/admin/why/?q={order}",
    }
    _take(visiting, olga, pages)
    if os.environ.get("README"):
        with visiting(olga, width=1280) as page:
            page.goto(pages["why"])
            page.screenshot(path=README / "why.png")
            page.goto("/admin/rewards/rule/add/?recipe=percent-for-a-year")
            page.wait_for_selector("#said .lead")
            page.screenshot(path=README / "rule.png")
    rulebook.save(program=program, rule=first.rule, name="Give 10", terms=planned, starts_at=starts_at, at=at)
    _take(visiting, olga, {"planned": rule})


def _take(visiting, user, pages):
    for width in (390, 1280):
        with visiting(user, width=width) as page:
            for name, address in pages.items():
                page.goto(address)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=f"{FOLDER}/admin-{name}-{width}.png", full_page=True)
