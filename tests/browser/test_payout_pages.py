"""The pages of payouts in a real Chromium, at a desk and on a phone: nothing sticks out, nothing fails.

With PICTURES=/tmp/pictures they are kept as pictures.
"""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from advocacy import ids
from rewards.models import Payout, PayoutBatch
from rewards.payouts import gathering
from tests import cast, drawing, pages_stage
from tests.rewards import payouts_stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alice(acme, program):
    """One payout of hers is paid, another waits for its batch; carla has no account yet."""
    alice, carla = cast.alice(program), cast.advocate(program, "carla")
    payouts_stage.cash_rule(program)
    policy = payouts_stage.policy_of(acme, schedule="weekly", day=1)
    for someone in (alice, carla):
        payouts_stage.earns(someone, at=timezone.now())
    payouts_stage.payee_of(alice.customer, name="Alice Example")
    batch = payouts_stage.exported(policy, at=timezone.now())
    payouts_stage.said(batch, at=timezone.now(), n1="paid")
    payouts_stage.earns(alice, at=timezone.now())
    gathering.gather(policy=policy, at=timezone.now())
    payouts_stage.earns(alice, at=timezone.now())
    return alice


def look(page, name, address, *widths):
    assert page.goto(address).status == 200
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        if os.environ.get("PICTURES"):
            page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    assert page.complaints == []


def test_no_page_of_payouts_is_wider_than_its_screen(visiting, alice, olga):
    batch, payout = PayoutBatch.objects.order_by("pk").last(), Payout.objects.filter(state="paid").get()
    portal = f"/portal/{ids.encode('adv', alice.public_id)}"
    statement = f"{portal}/payouts/{ids.encode('pay', payout.public_id)}/"
    pages = {"cash": f"{portal}/rewards/", "payee": f"{portal}/payee/", "statement": statement}
    user = pages_stage.user_of(alice)
    for width, locale in ((390, "de-DE"), (1280, "en-GB")):
        with visiting(user, width=width, locale=locale) as page:
            for name, address in pages.items():
                look(page, name, address, width)
    desk = {
        "batches": reverse("admin:rewards_payoutbatch_changelist"),
        "batch": reverse("admin:rewards_payoutbatch_change", args=[batch.pk]),
        "approve": reverse("admin:rewards_payoutbatch_do", args=[batch.pk, "approve"]),
        "policy": reverse("admin:rewards_payoutpolicy_change", args=[batch.policy_id]),
        "payouts": reverse("admin:rewards_payout_changelist"),
        "admin-payee": reverse("admin:rewards_payee_change", args=[alice.customer.payee.pk]),
        "limits": reverse("admin:rewards_taxlimit_changelist"),
        "journal": reverse("admin:journal"),
    }
    with visiting(olga) as page:
        for name, address in drawing.some(desk.items(), 1 / 2):
            look(page, name, address, 1280, 390)
