"""Olga corrects 100 % that should have been 10 %: form, difference, somebody else's approval, progress."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.jobs import working
from advocacy.models import Job, Program
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
    """What the browser sends; the boxes that no mistake is in stand as the mistaken version says it."""
    begin, end = timezone.now() - timedelta(days=1), timezone.now() + timedelta(seconds=1)
    fields = {"advocate_kind": "percent", "advocate_percent": "10", "policy": "waive", "reason": "100 typed for 10"}
    fields |= {"minimum_order": "40", "conditions_how": "all", "months_from": "first_order"}
    fields |= {"hold_days": "0", "hold_from": "payment", "delivery_allowance_days": "7"}
    for name, moment in (("starts_at", begin), ("ends_at", end)):
        fields |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    return fields | changes


def test_a_mistake_is_proposed_seen_approved_by_another_and_corrected(client, olga, alice, mistaken):
    client.force_login(olga)
    page = client.get(f"/admin/rewards/rule/{mistaken.pk}/change/").content.decode()
    address = f"/admin/rewards/correction/add/?version={mistaken.versions.get().pk}"
    assert address in page
    assert 'href="#versions"' in page
    assert f"/rule/{mistaken.pk}/history/" not in page
    assert "Show the difference" in client.get(address).content.decode()
    page = client.post(address, said(), follow=True).content.decode()
    assert "−135.00 EUR" in page
    assert page.count(f'/admin/advocacy/customer/{alice.customer_id}/change/">Alice</a>') == 3
    assert "50.00 EUR → 5.00 EUR" in page
    assert "3 rewards change; 3 decisions are made anew." in page
    assert balances(alice.customer) == {"available": 15_000}

    correction = Correction.objects.get()
    do = f"/admin/rewards/correction/{correction.pk}/do/approve/"
    assert do not in page, "who proposed it is not offered what would be refused"
    page = client.post(do, {"confirmed": "1"}, follow=True).content.decode()
    assert "Somebody else than who proposed it must approve this correction." in page
    anna = cast.staff("anna")
    anna.is_superuser = True
    anna.save()
    client.force_login(anna)
    assert do in client.get(f"/admin/rewards/correction/{correction.pk}/change/").content.decode()
    asked = client.get(do).content.decode()
    assert ("−135.00 EUR" in asked, "Before: 100 %" in asked) == (True, True)
    client.post(do, {"confirmed": "1"})
    assert "anna" in client.get(f"/admin/rewards/rule/{mistaken.pk}/change/").content.decode()
    job = Job.objects.get()
    while working.step(pk=job.pk, worker=None, first=True, at=timezone.now()):
        pass
    assert balances(alice.customer) == {"available": 1500}
    page = client.get(f"/admin/rewards/correction/{correction.pk}/change/").content.decode()
    assert "3 of 3, done" in page


def test_tiers_products_and_limits_can_be_corrected_and_what_is_left_stays(client, olga, program, alice, acme):
    """The advocate's first order paid 1 % where 10 % was meant, and a limit of one was meant as three."""
    tiers = {
        "measure": "conversions",
        "period": "month",
        "reading": "marginal",
        "steps": [{"from": 1, "percent_bp": 100}],
    }
    caps = [{"scope": "advocate", "period": "month", "measure": "count", "limit": 1, "side": ""}]
    odd = {
        "any": [
            {"field": "country", "op": "is", "value": "DE"},
            {"field": "revenue_minor", "op": "at_least", "value": 100},
        ]
    }
    shapes = {"advocate_kind": "tiered", "advocate_tiers": tiers, "caps": caps, "conditions": odd, "hold_days": 0}
    saved = rule(program, **shapes, frequency="every_order", order_limit=5)
    for number in range(3):
        order(acme, f"{number}", name=f"friend {number}", referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    client.force_login(olga)
    address = f"/admin/rewards/correction/add/?version={saved.versions.get().pk}"
    page = client.get(address).content.decode()
    for box in ("advocate_tiers-0-percent", "caps-0-limit", "conditions-0-value", "advocate_items-0-values"):
        assert f'name="{box}"' in page
    boxes = {"advocate_kind": "tiered", "advocate_percent": "", "order_limit": "5", "conditions_how": "any"}
    boxes |= {"advocate_tiers_measure": "conversions", "advocate_tiers_period": "month"}
    boxes |= {"advocate_tiers_reading": "marginal", "advocate_tiers-0-from": "1", "advocate_tiers-0-percent": "10"}
    boxes |= {"caps-0-limit": "3", "caps-0-measure": "count", "caps-0-period": "month", "caps-0-scope": "advocate"}
    boxes |= {"caps-0-side": ""}
    for place, (field, op, value) in enumerate([("country", "is", "DE"), ("revenue_minor", "at_least", "1.00")]):
        boxes |= {f"conditions-{place}-{name}": said for name, said in (("field", field), ("op", op), ("value", value))}
        boxes[f"conditions-{place}-group"] = ""
    client.post(address, said(**boxes))
    correction = Correction.objects.get()
    assert set(correction.terms) == {"benefits", "caps"}
    assert correction.terms["benefits"]["advocate"]["tiers"]["steps"] == [{"from": 1, "percent_bp": 1000}]
    assert [cap["limit"] for cap in correction.terms["caps"]] == [3]
    assert correction.difference["units"] == {"EUR": 1450}
    mine = f"/admin/rewards/correction/{correction.pk}/"
    for limit, says in ((10_000, "One person is enough."), (1000, "above 10.00 EUR: somebody else approves it.")):
        Program.objects.update(four_eyes_above_minor=limit)
        page = client.get(f"{mine}change/").content.decode()
        assert says in page
        assert (f"{mine}do/approve/" in page) is (limit > 1450)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"advocate_percent": "100"}, "Nothing is different from the mistaken version."),
        ({"advocate_percent": "ten"}, "Write a percentage such as 10 or 7.5."),
        ({"starts_at_0": "2020-01-01", "ends_at_0": "2020-01-02"}, "This version decided nothing in that period."),
    ],
)
def test_what_cannot_be_corrected_says_why(client, olga, mistaken, changes, sentence):
    client.force_login(olga)
    address = f"/admin/rewards/correction/add/?version={mistaken.versions.get().pk}"
    assert sentence in client.post(address, said(**changes)).content.decode()
    assert not Correction.objects.exists()
