"""The admin in a real Chromium, at a desk and on a phone: nothing sticks out, nothing fails, the sentence follows."""

import pytest

from tests import drawing
from tests.browser.axe import violations
from tests.flows.admin_stage import order, rule

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ["", "why/?q=1001", "rewards/rule/", "rewards/rule/add/", "advocacy/program/", "referrals/conversion/"]
# Cells of lists that hide a part of what they say.
CUT = """[...document.querySelectorAll("#result_list td")]
  .filter((cell) => cell.scrollHeight > cell.clientHeight + 1).map((cell) => cell.innerText)"""
GIVES_12 = "Give the advocate 12.50 EUR for a friend’s first order, 14 days after the delivery (digital goods at once)."
# Unfold calls each thing that scrolls the same.
ALIKE = ["landmark-unique"]


@pytest.fixture
def page(visiting, olga):
    with visiting(olga) as page:
        yield page


def test_no_page_is_wider_than_a_screen_or_a_phone(page, acme, alice):
    rule(alice.program)
    order(acme, referral_code=alice.code)
    for address in drawing.some(PAGES, 1 / 2):
        assert page.goto(f"/admin/{address}").status == 200
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, (address, width)
            assert page.evaluate(CUT) == [], (address, width)
    assert page.complaints == []


def test_the_sentence_follows_what_olga_types_and_warns(page, program):
    page.goto("/admin/rewards/rule/add/")
    page.locator("[name=name]").fill("Give 12.50")
    page.locator("[name=friend_kind]").select_option("")
    page.locator("[name=advocate_amount]").fill("12.50")
    page.get_by_text(GIVES_12).wait_for()
    page.locator("[name=advocate_kind]").select_option("percent")
    page.locator("[name=advocate_percent]").fill("10")
    page.locator("[name=frequency]").select_option("every_order")
    page.get_by_text("This rule could pay without limit").wait_for()
    page.locator("[name=advocate_maximum]").fill("20")
    page.get_by_text("10 % of every order of a friend, up to 20.00 EUR each").wait_for()
    assert page.get_by_text("This rule could pay without limit").count() == 0
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("text=In force >> visible=true").or_(page.locator("text=Planned >> visible=true")).first.wait_for()
    assert page.complaints == []


def test_axe_finds_nothing_and_the_keyboard_skips_the_menu(page, acme, alice):
    order(acme, referral_code=alice.code)
    for address in ("referrals/order/", "rewards/rule/add/"):
        page.goto(f"/admin/{address}")
        assert violations(page, but=ALIKE) == [], address
    page.goto("/admin/referrals/order/")
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    page.wait_for_function("document.activeElement.closest('main') !== null")
    page.goto("/admin/referrals/order/")
    page.get_by_role("textbox", name="Search").fill("1001")
    assert page.get_by_role("button", name="Search").is_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").press("Enter")
    assert page.get_by_role("link", name="Merges").is_visible()
