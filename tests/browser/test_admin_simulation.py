"""The simulation's page in a real Chromium, at a desk and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rewards import simulation
from tests import cast
from tests.flows.admin_stage import order, rule
from tests.terms import terms as terms_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def history(acme, alice):
    """Three weeks of orders of friends."""
    mia = cast.advocate(alice.program, "mia")
    for number in range(24):
        code = (alice, mia)[number % 3 == 0].code
        fields = dict.fromkeys(("subtotal_minor", "total_minor"), 3000 + 400 * (number % 7)) | {"shipping_minor": 0}
        at = timezone.now() - timedelta(days=22 - number * 0.9)
        order(acme, str(2000 + number), name=f"friend{number}", referral_code=code, placed_at=at, **fields)
    return rule(alice.program)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_says_what_it_found(visiting, olga, history, tmp_path, width):
    now = timezone.now()
    draft = terms_of(advocate_kind="percent", advocate_percent_bp=4000, advocate_maximum_minor=1800, hold_days=14)
    job = simulation.start(
        program=history.program,
        rule=history,
        name="40 %",
        terms=draft,
        start=now - timedelta(days=30),
        until=now,
        at=now + timedelta(seconds=1),
    )
    with visiting(olga, width=width) as page:
        page.goto(f"/admin/simulations/{job.pk}/")
        page.get_by_role("heading", name="The draft would have cost").wait_for()
        assert page.get_by_role("img", name="The draft would have cost").is_visible()
        page.get_by_text("By day, as a table").click()
        assert page.get_by_role("columnheader", name="Difference").first.is_visible()
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.screenshot(path=tmp_path / f"simulation-{width}.png", full_page=True)
        assert beyond <= 0
        assert page.complaints == []


def test_olga_asks_from_the_form_and_reads_the_answer(visiting, olga, history, tmp_path):
    with visiting(olga) as page:
        page.goto(f"/admin/rewards/rule/{history.pk}/change/")
        page.locator("[name=advocate_amount]").first.fill("25")
        page.locator("[name=simulated-period]").select_option("90 days")
        page.screenshot(path=tmp_path / "form.png", full_page=True)
        page.get_by_role("button", name="Work it out").click()
        page.get_by_role("heading", name="The draft would have cost").wait_for()
        assert page.complaints == []
