"""Whoever is erased, whenever: what the shop, its books and its figures come to is what it would have been without."""

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advocacy import privacy
from advocacy.models import Customer, Standing
from advocacy.outbox.drain import drain
from referrals import buyers, orders, rollups
from referrals.models import CohortMonth, Conversion, Day, Order, WorthDay
from rewards import audit
from rewards.models import Account, Reward, Transfer
from tests import cast
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db
FRIENDS = ("fred", "gina", "hugo")
WORTH = [field.name for field in WorthDay._meta.concrete_fields if field.name != "id"]
MONTHS = [field.name for field in CohortMonth._meta.concrete_fields if field.name != "id"]
DAYS = [field.name for field in Day._meta.concrete_fields if field.name not in ("id", "counted_at")]
SETTLING = [("settle", "money"), ("settle", "people")]
# The shortest story erases one before and others after their refunds. Whose link is gone brings nobody: alice is erased
# when all have ordered.
EARLY = [*(("order", name) for name in FRIENDS), *SETTLING, ("erase", "fred")]
LATER = [*(("refund", name) for name in FRIENDS), *SETTLING, *(("erase", name) for name in ("gina", "hugo", "alice"))]
stories = st.tuples(st.permutations(EARLY), st.permutations(LATER)).map(lambda parts: [*parts[0], *parts[1]])


def tell(shop, code, act, name, at):
    if act == "order":
        said = cast.order(name, at=at, customer={"external_id": name}, referral_code=code)
        orders.record(storefront=shop, orders=[said], at=at)
    elif act == "refund":
        order = Order.objects.get(external_id=name)
        orders.refund(order=order, refund={"refund_id": name, "amount_minor": 900}, at=at)
    elif act == "erase":
        for person in Customer.objects.filter(storefront=shop, external_id=name):
            privacy.erase_rows(customer=person, at=at)
    else:
        drain(name, at=at)


def totals(at):
    while drain("money", at=at) or drain("people", at=at):
        pass
    rollups.recount(at=at)
    buyers.recount(at=at)
    return {
        "accounts": list(
            Account.objects.values("kind", "unit").annotate(Sum("balance_minor")).order_by("kind", "unit")
        ),
        "moved": list(Transfer.objects.values("leg").annotate(Sum("amount_minor")).order_by("leg")),
        "rewards": list(Reward.objects.values("side", "status").annotate(Sum("granted_minor")).order_by("side")),
        "days": list(Day.objects.order_by("program", "day").values(*DAYS)),
        "worth": list(WorthDay.objects.order_by("cut", "key", "day").values(*WORTH)),
        "cohorts": list(CohortMonth.objects.order_by("cut", "key", "month", "age").values(*MONTHS)),
        "orders": Order.objects.aggregate(Sum("total_minor"), Sum("refunded_minor")),
        "conversions": Conversion.objects.filter(stands=True).count(),
        "dealings": Standing.objects.aggregate(Sum("orders"), Sum("revenue_minor"), Sum("friends_joined")),
    }


def lived(shop, code, story, at, *, audited=False):
    """The totals of a story, which is undone; ``audited``: the audit finds nothing at its end."""
    with transaction.atomic():
        for act, name in story:
            tell(shop, code, act, name, at)
        came = totals(at)
        if audited:
            assert [one for one in audit.differences() if isinstance(one, str)] == []
        transaction.set_rollback(True)
    return came


def the_same_without_erasures(acme, alice, story, *, audited=False):
    at = timezone.now()
    plain = [act for act in story if act[0] != "erase"]
    whole = lived(acme, alice.code, story, at, audited=audited)
    assert whole == lived(acme, alice.code, plain, at)
    assert whole["accounts"], "it came to something"


@pytest.fixture
def rewarded(program):
    rule_of(program)


BY_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=1, deadline=None, suppress_health_check=BY_FIXTURES)
@given(story=stories)
def test_an_erasure_at_any_moment_moves_no_total(rewarded, acme, alice, story):
    the_same_without_erasures(acme, alice, story)


@pytest.mark.full
@settings(max_examples=100, deadline=None, suppress_health_check=BY_FIXTURES)
@given(story=stories)
def test_the_same_of_a_hundred_stories(rewarded, acme, alice, story):
    the_same_without_erasures(acme, alice, story, audited=True)
