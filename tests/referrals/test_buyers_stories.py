"""Whatever happens in whatever order, and however it is counted in between: buyers are what their orders say."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advocacy import merging, privacy
from advocacy.models import Customer, Merge
from advocacy.outbox.drain import drain
from advocacy.refusals import Refused
from referrals import attribution, buyers, orders
from referrals.buyers import recounting
from referrals.models import Buyer, BuyerMark, CohortMonth, Order, OrderStatus, Referral, Refund, WorthDay
from tests import cast

pytestmark = pytest.mark.django_db
PEOPLE = ("fred", "gina", "hugo")
ZONE = ZoneInfo("Europe/Berlin")

people, numbers = st.sampled_from(PEOPLE), st.integers(0, 5)
days = st.integers(0, 800).flatmap(lambda long: st.sampled_from([0, 1, 29, 30, 31, 90, 365, long]))
acts = st.one_of(
    st.tuples(st.just("order"), people, days, st.sampled_from(["paid", "pending"]), st.booleans()),
    st.tuples(st.just("order"), people, days, st.just("paid"), st.booleans()),
    st.tuples(st.just("refund"), numbers, st.sampled_from([1, 900, 5400])),
    st.tuples(st.just("undo_refund"), numbers),
    st.tuples(st.just("change"), numbers, st.sampled_from(["paid", "cancelled"])),
    st.tuples(st.just("move"), numbers, days),
    st.tuples(st.just("merge"), people, people),
    st.tuples(st.just("part"), numbers),
    st.tuples(st.just("attribute"), people, st.sampled_from(["alice", "mallory"])),
    st.tuples(st.just("erase"), people),
    st.tuples(st.just("count"), st.integers(1, 3)),
)


class Told:
    """A story of acme's, act by act; what is refused did not happen."""

    def __init__(self, shop, advocates, at):
        self.shop, self.advocates, self.at, self.said = shop, advocates, at, 0

    def order(self, name, ago, status, by_code):
        self.said += 1
        hint = {"referral_code": self.advocates["alice"].code} if by_code else {}
        said = cast.order(str(self.said), at=self.at - timedelta(days=ago), status=status, **hint)
        orders.record(storefront=self.shop, orders=[said | {"customer": {"external_id": name}}], at=self.at)

    def refund(self, which, amount):
        if found := self._one(Order, which):
            told = {"refund_id": str(Refund.objects.count()), "amount_minor": amount}
            orders.refund(order=found, refund=told, at=self.at)

    def undo_refund(self, which):
        if found := self._one(Refund.objects.filter(undone_at=None), which):
            orders.undo_refund(order=found.order, refund_id=found.refund_id, at=self.at)

    def change(self, which, status):
        self._change(which, status=status)

    def move(self, which, ago):
        self._change(which, placed_at=self.at - timedelta(days=ago))

    def _change(self, which, **fields):
        if found := self._one(Order, which):
            fields |= {"updated_at": self.at}
            orders.change(storefront=self.shop, external_id=found.external_id, fields=fields, at=self.at)

    def merge(self, one, other):
        merging.merge(survivor=self._person(one), merged=self._person(other), source="admin", at=self.at)

    def part(self, which):
        if found := self._one(Merge.objects.filter(undone_at=None), which):
            merging.undo(merge=found, reason="somebody else", at=self.at)

    def attribute(self, name, advocate):
        friend, by = self._person(name), self.advocates[advocate]
        attribution.by_hand(advocate=by, friend=friend, reason="they said so", at=self.at)

    def erase(self, name):
        privacy.erase_rows(customer=self._person(name), at=self.at)

    def count(self, batch):
        drain("money", at=self.at)
        drain("people", at=self.at)
        recounting.BATCH = batch
        buyers.recount(at=self.at)

    def _person(self, name):
        return cast.customer(self.shop, name, at=self.at)

    @staticmethod
    def _one(rows, which):
        rows = rows.objects.all() if isinstance(rows, type) else rows
        return next(iter(rows.order_by("pk")[which % max(rows.count(), 1) :]), None)


def rows():
    """What is stored, but for sums that came to nothing again."""
    return {
        model: sorted(
            values
            for row in model.objects.values()
            if any(row[name] for name in numbers)
            if (values := tuple(sorted((name, str(value)) for name, value in row.items() if name != "id")))
        )
        for model, numbers in (
            (Buyer, ["orders"]),
            (WorthDay, ["customers", "value_730", "again_730"]),
            (CohortMonth, ["active", "kept_minor"]),
        )
    }


def by_hand():
    """``{person: what they bought}``, counted here from the orders one by one."""
    bought = defaultdict(list)
    for order in Order.objects.filter(status=OrderStatus.PAID).select_related("customer").order_by("placed_at", "pk"):
        bought[order.customer.person_id].append(order)
    return {person: _counted(person, found) for person, found in bought.items()}


def _counted(person, found):
    local = [order.placed_at.astimezone(ZONE).replace(tzinfo=None) for order in found]
    kept = [
        (2 * order.revenue_minor * (order.total_minor - order.refunded_minor) + order.total_minor)
        // (2 * order.total_minor)
        for order in found
    ]
    ages = [(at.year - local[0].year) * 12 + at.month - local[0].month for at in local]
    within = [sum(at <= local[0] + timedelta(days=horizon) for at in local) for horizon in (30, 730)]
    bonds = Referral.objects.filter(ended_at=None, friend__in=Customer.objects.filter(_is(person)))
    bonds = bonds.filter(bound_at__lte=found[0].placed_at + timedelta(hours=1))
    return {
        "first_day": local[0].date(),
        "orders": len(found),
        "repeat_days": len({at.date() for at in local} - {local[0].date()}),
        "kept_minor": sum(kept),
        "orders_30": within[0],
        "value_730": sum(kept[: within[1]]),
        "months": sorted(set(ages)),
        "months_minor": [sum(k for k, at in zip(kept, ages, strict=True) if at == age) for age in sorted(set(ages))],
        "advocate_id": bonds.order_by("bound_at", "pk").values_list("advocate", flat=True).first(),
    }


def _is(person):
    return Q(public_id=person) | Q(merged_into=person)


def ends_the_same(shop, advocates, story):
    told = Told(shop, advocates, timezone.now())
    with transaction.atomic():
        for act, *said in story:
            try:
                with transaction.atomic():
                    getattr(told, act)(*said)
            except Refused:
                continue
        while drain("money", at=told.at) or drain("people", at=told.at):
            pass
        buyers.recount(at=told.at)
        assert not BuyerMark.objects.exists()
        assert list(buyers.differences(storefront=shop, at=told.at)) == []
        expected = by_hand()
        names = ("first_day", *next(iter(expected.values()), {"orders": 0}))
        stored = {row.customer.public_id: {name: getattr(row, name) for name in names} for row in Buyer.objects.all()}
        assert stored == expected
        before = rows()
        buyers.rebuild(storefront=shop, at=told.at)
        assert rows() == before
        transaction.set_rollback(True)
    return len(expected)


@pytest.fixture
def shop(acme):
    acme.time_zone = "Europe/Berlin"
    acme.save()
    return acme


@pytest.fixture
def advocates(shop, program, monkeypatch):
    monkeypatch.setattr(recounting, "BATCH", 2)
    return {name: cast.advocate(program, name) for name in ("alice", "mallory")}


BY_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_a_story_of_everything(shop, advocates):
    orders_then = [("order", name, ago, "paid", True) for name, ago in (("fred", 40), ("gina", 400), ("fred", 800))]
    story = [*orders_then, ("count", 1), ("refund", 0, 900), ("refund", 1, 5400), ("count", 2), ("undo_refund", 1)]
    story += [("order", "hugo", 30, "pending", False), ("merge", "fred", "gina"), ("count", 1), ("change", 3, "paid")]
    story += [("merge", "hugo", "fred"), ("count", 2), ("part", 0), ("count", 3)]
    story += [("attribute", "gina", "mallory"), ("count", 3), ("move", 0, 500), ("change", 2, "cancelled")]
    story += [("erase", "fred"), ("order", "ida", 3, "paid", False)]
    assert ends_the_same(shop, advocates, story) == 3


# Who was parted from one who is erased by now, or who has their own records since, is merged again.
_PARTED = [("order", "fred", 0, "paid", False), ("part", 0), ("merge", "fred", "gina"), ("erase", "fred")]


@settings(max_examples=2, deadline=None, suppress_health_check=BY_FIXTURES)
@given(story=st.lists(acts, min_size=6, max_size=14))
@example(story=[("merge", "hugo", "gina"), *_PARTED, ("merge", "fred", "hugo")])
@example(
    story=[("merge", "hugo", "fred"), ("order", "gina", 0, "paid", False), *_PARTED[1:], ("merge", "fred", "hugo")]
)
def test_a_drawn_story(shop, advocates, story):
    ends_the_same(shop, advocates, story)


@pytest.mark.full
@settings(max_examples=150, deadline=None, suppress_health_check=BY_FIXTURES)
@given(story=st.lists(acts, min_size=6, max_size=30))
def test_many_drawn_stories(shop, advocates, story):
    ends_the_same(shop, advocates, story)
