"""A code that is opened or used as no friend does: told once a burst."""

import pytest
from django.utils import timezone

from advocacy.models import Event, Program
from referrals import bursts, clicks
from referrals.models import Link
from tests import cast
from tests.cast import HOUR
from tests.flows.admin_stage import order

pytestmark = pytest.mark.django_db


def click(code="ALICE-LINK", counted=True):
    said = {"counted": counted, "visitor": b"v" * 16, "referrer": "", "query": {}}
    clicks.open_link(host="testserver", code=code, at=timezone.now(), **said)


def told():
    events = Event.objects.filter(type="link.burst").order_by("id")
    return [(each.facts["clicks"], each.facts["uses"], each.facts["above"]) for each in events]


def in_a_burst():
    return list(Link.objects.filter(burst_since__isnull=False).order_by("id").values_list("code", flat=True))


def test_a_burst_is_told_once_until_it_is_over(program, alice, client, olga):
    cast.mallory(program)
    Program.objects.filter(pk=program.pk).update(burst_above=2)
    for code, counted in [("ALICE-LINK", True)] * 2 + [("ALICE-LINK", False)] + [("MALLORY-LINK", True)] * 2:
        click(code, counted=counted)
    assert (bursts.watch(at=timezone.now()), told()) == (0, [])
    click()
    assert [bursts.watch(at=timezone.now()) for _ in range(2)] == [1, 0]
    assert (told(), in_a_burst()) == ([(3, 0, 2)], ["ALICE-LINK"])
    client.force_login(olga)
    assert "The code ALICE-LINK is opened or used more than 2 times an hour." in client.get("/admin/").content.decode()
    assert "More than 2 an hour, since" in client.get("/admin/referrals/link/").content.decode()
    # Used in whatever case, each order once.
    for number in range(3):
        order(program.storefront, f"b{number}", coupon_codes=["mallory-link"], referral_code="Mallory-Link")
    assert (bursts.watch(at=timezone.now()), told()[1:]) == (1, [(2, 3, 2)])
    assert (bursts.watch(at=timezone.now() + 2 * HOUR), in_a_burst()) == (0, [])
    # It began anew; where nobody wants to be told, nobody is.
    Program.objects.filter(pk=program.pk).update(burst_above=0)
    assert (bursts.watch(at=timezone.now()), in_a_burst()) == (0, [])
