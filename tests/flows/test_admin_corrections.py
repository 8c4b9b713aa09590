"""Olga corrects 100 % that should have been 10 %: form, difference, somebody else's approval, progress."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.jobs import working
from advocacy.models import Job
from advocacy.outbox.drain import drain
from rewards.models import Correction
from tests import cast
from tests.flows.admin_stage import order, rule
from tests.rewards.scene import balances


@pytest.fixture
def mistaken(acme, program, alice):
    saved = rule(program, advocate_kind="percent", advocate_percent_bp=10_000, hold_days=0, frequency="every_order")
    for number in range(3):
        order(acme, f"{number}", name=f"friend {number}", referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    return saved


def said(**changes):
    begin, end = timezone.now() - timedelta(days=1), timezone.now() + timedelta(seconds=1)
    fields = {"advocate_percent_bp": "10", "policy": "waive", "reason": "100 typed for 10", "minimum_order": "40"}
    for name, moment in (("starts_at", begin), ("ends_at", end)):
        fields |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    return fields | changes


def test_a_mistake_is_proposed_seen_approved_by_another_and_corrected(client, olga, alice, mistaken):
    client.force_login(olga)
    page = client.get(f"/admin/rewards/rule/{mistaken.pk}/change/").content.decode()
    address = f"/admin/rewards/correction/add/?version={mistaken.versions.get().pk}"
    assert address in page
    assert "should have got, percent" in client.get(address).content.decode()
    page = client.post(address, said(), follow=True).content.decode()
    assert "-135.00 EUR" in page
    assert "50.00 EUR → 5.00 EUR" in page
    assert "3 rewards change; 3 decisions are made anew." in page
    assert balances(alice.customer) == {"available": 15_000}

    correction = Correction.objects.get()
    do = f"/admin/rewards/correction/{correction.pk}/do/approve/"
    page = client.post(do, {"confirmed": "1"}, follow=True).content.decode()
    assert "Somebody else than who proposed it must approve this correction." in page
    anna = cast.staff("anna")
    anna.is_superuser = True
    anna.save()
    client.force_login(anna)
    client.post(do, {"confirmed": "1"})
    job = Job.objects.get()
    while working.step(pk=job.pk, worker=None, first=True, at=timezone.now()):
        pass
    assert balances(alice.customer) == {"available": 1500}
    page = client.get(f"/admin/rewards/correction/{correction.pk}/change/").content.decode()
    assert "3 of 3, done" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"advocate_percent_bp": "100"}, "Nothing is different from the mistaken version."),
        ({"advocate_percent_bp": "ten"}, "Write a percentage such as 10 or 7.5."),
        ({"starts_at_0": "2020-01-01", "ends_at_0": "2020-01-02"}, "This version decided nothing in that period."),
    ],
)
def test_what_cannot_be_corrected_says_why(client, olga, mistaken, changes, sentence):
    client.force_login(olga)
    address = f"/admin/rewards/correction/add/?version={mistaken.versions.get().pk}"
    assert sentence in client.post(address, said(**changes)).content.decode()
    assert not Correction.objects.exists()
