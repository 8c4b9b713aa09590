"""Anna asks for a higher limit, olga confirms it: in the list of limits and on the page of a payout policy."""

import pytest
from django.utils import timezone

from advocacy import twins
from advocacy.models import Program
from rewards.models import LimitChange, PayoutPolicy
from tests import cast
from tests.flows.admin_stage import rule


@pytest.fixture
def anna():
    anna = cast.staff("anna")
    anna.is_superuser = True
    anna.save()
    return anna


def test_a_program_s_limit_is_raised_by_two_and_lowered_by_one(client, olga, anna, program):
    client.force_login(anna)
    add = "/admin/rewards/limitchange/add/"
    twin = Program.objects.get(storefront=twins.of(program.storefront, at=timezone.now()))
    Program.objects.filter(pk=twin.pk).update(name="A")
    rule(program)
    for address in (add, "/admin/rewards/rule/add/", "/admin/rewards/rule/"):
        page = client.get(address).content.decode()
        assert page.index("A (test)") > page.index(str(program)), "it comes last"
        assert ">A<" not in page, "the test program can be told apart"
    page = client.post(add, {"program": program.pk, "limit": "a lot", "reason": ""}).content.decode()
    assert "Write an amount such as 10.00." in page
    page = client.post(add, {"program": program.pk, "limit": "500", "reason": "Often"}, follow=True).content.decode()
    assert "A second person must confirm the higher limit of 500.00 EUR" in page
    do = f"/admin/rewards/limitchange/{LimitChange.objects.get().pk}/do/confirm/"
    page = client.post(do, {"confirmed": "1"}, follow=True).content.decode()
    assert "Somebody else than who asked for it must confirm a higher limit." in page
    client.force_login(olga)
    client.post(do, {"confirmed": "1"})
    program.refresh_from_db()
    assert program.four_eyes_above_minor == 50_000
    client.post(add, {"program": program.pk, "limit": "0", "reason": ""})
    program.refresh_from_db()
    assert program.four_eyes_above_minor == 0


def test_a_policy_begins_with_always_and_its_higher_limit_waits(client, olga, anna, acme):
    client.force_login(anna)
    boxes = {"storefront": acme.pk, "currency": "EUR", "kind": "manual", "schedule": "manual", "day": "1"}
    boxes |= {"minimum": "20.00", "second_above": "500.00"}
    page = client.post("/admin/rewards/payoutpolicy/add/", boxes, follow=True).content.decode()
    assert "A second person must confirm the higher limit of 500.00 EUR" in page
    policy = PayoutPolicy.objects.get()
    assert (policy.minimum_minor, policy.four_eyes_above_minor) == (2000, 0)
    client.force_login(olga)
    client.post(f"/admin/rewards/limitchange/{LimitChange.objects.get().pk}/do/confirm/", {"confirmed": "1"})
    address = f"/admin/rewards/payoutpolicy/{policy.pk}/change/"
    client.post(address, boxes | {"minimum": "30.00", "second_above": "400.00"})
    policy.refresh_from_db()
    assert (policy.minimum_minor, policy.four_eyes_above_minor) == (3000, 40_000)
