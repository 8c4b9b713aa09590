"""The audit finds codes that are not as they were told, and accounts that were swapped."""

from datetime import date

import pytest
from cryptography.fernet import Fernet

from advocacy import resealing, secrets
from rewards import audit
from rewards.coupons import ending
from rewards.models import (
    Coupon,
    Payee,
    PayeeChange,
    Payout,
)
from rewards.payouts import payees
from tests.rewards import test_audit
from tests.rewards.audit_stage import spoil
from tests.rewards.scene import (
    NOW,
    person,
)

pytestmark = pytest.mark.django_db
fred = test_audit.fred


@pytest.mark.parametrize(
    "spoilt",
    [
        "state = 'expired'",
        "state = 'free', reward_id = NULL, customer_id = NULL",
        "state = 'free', reward_id = NULL, customer_id = NULL, version = version + 1",
        "used_minor = 5",
        "customer_id = {fred}",
    ],
)
def test_codes_are_what_was_told_of_them(fred, spoilt):
    coupon = Coupon.objects.get(state="assigned")
    spoil(f"UPDATE rewards_coupon SET {spoilt.format(fred=fred.pk)} WHERE id = {coupon.pk}")
    [said] = audit.parts()["codes' states"]()
    assert said.startswith(f"Code {coupon.pk} is ")


def test_only_a_shop_makes_codes_for_a_pool(fred):
    """Codes that are in the making are out of stock."""
    free = Coupon.objects.filter(state="free").first()
    spoil(f"UPDATE rewards_coupon SET state = 'making' WHERE id = {free.pk}")
    said = f"Code {free.pk} is making, 0 of it used; the newest event says free and 0, or names others."
    assert list(audit.parts()["codes' states"]()) == [said]


def test_a_code_that_was_withdrawn_and_put_back_is_as_told(fred):
    coupon = Coupon.objects.filter(state="free").first()
    ending.revoke(coupon=coupon, at=NOW)
    ending.put_back(coupon=coupon, at=NOW)
    assert list(audit.parts()["codes' states"]()) == []


SWAPPED = "SELECT {columns} FROM rewards_payee other WHERE other.customer_id = {fred}"


@pytest.mark.parametrize(
    ("table", "columns", "found"),
    [
        ("payee", "destination", "sealed accounts"),
        ("payee", "destination, destination_print", "payees"),
        ("payee", "destination, destination_print, destination_end", "payees"),
        ("payout", "destination, destination_print", "sealed accounts"),
        ("payout", "destination, destination_print, destination_end", "payouts' destinations"),
    ],
)
def test_an_account_that_was_swapped_is_found(fred, table, columns, found):
    other = SWAPPED.format(columns=columns, fred=fred.pk)
    spoil(f"UPDATE rewards_{table} SET ({columns}) = ({other}) WHERE customer_id <> {fred.pk}")
    assert len(list(audit.parts()[found]())) == 1


@pytest.mark.parametrize(
    "spoilt",
    ["customer_id = {gina}", "tax_form_since = '2026-01-01'", "country = 'FR'", "destination_changed_at = now()"],
)
def test_payees_are_what_the_register_says(fred, spoilt):
    gina = person(fred.storefront, "mallory")
    payee = Payee.objects.get(customer=fred)
    payees.put(customer=fred, fields={"tax_form_since": date(2026, 2, 1)}, source="admin", at=NOW)
    assert list(audit.parts()["payees"]()) == []
    spoil(f"UPDATE rewards_payee SET {spoilt.format(gina=gina.pk)} WHERE id = {payee.pk}")
    [said] = audit.parts()["payees"]()
    assert said.startswith(f"Payee {payee.pk} of customer ")


def test_after_a_new_key_seals_all_agrees(fred, settings):
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    sealed = [Payee, Payout, PayeeChange]
    settings.ENCRYPTION_KEYS = [old, *secrets._keys()]
    resealing.reseal(sealed)
    assert list(audit.parts()["sealed accounts"]()) == []
    settings.ENCRYPTION_KEYS = [old]
    for name in ("payees", "payouts' destinations", "sealed accounts"):
        assert list(audit.parts()[name]()) == []
    settings.ENCRYPTION_KEYS = [new]
    assert next(iter(audit.parts()["sealed accounts"]())).endswith("that none of ENCRYPTION_KEYS opens.")
