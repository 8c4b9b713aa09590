"""Whatever happens, in whatever order it is told: marked days counted again are what a recount of all finds."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from advocacy import ids, merging, privacy
from advocacy.models import Customer, Merge
from advocacy.outbox.drain import drain
from advocacy.refusals import Refused
from referrals import attribution, conversions, orders, rollups, shares, signups
from referrals.models import Click, Conversion, DayCut, LinkDay, Mark, Order
from tests import cast
from tests.referrals.history import click

pytestmark = pytest.mark.django_db

FRIENDS = ("fred", "gina", "hugo")
WHO = st.sampled_from(FRIENDS)
NUMBER = st.integers(1, 5)
DAYS = st.integers(0, 4)
acts = st.one_of(
    st.tuples(st.just("click"), st.booleans(), DAYS),
    st.tuples(st.just("share"), st.booleans(), DAYS),
    st.tuples(st.just("signup"), WHO, DAYS),
    st.tuples(st.just("order"), WHO, NUMBER, DAYS, st.booleans()),
    st.tuples(st.just("move"), NUMBER, DAYS),
    st.tuples(st.just("cancel"), NUMBER),
    st.tuples(st.just("refund"), NUMBER, st.sampled_from((900, 4500))),
    st.tuples(st.just("undo"), NUMBER),
    st.tuples(st.just("review"), NUMBER, st.sampled_from(("rejected", "clear", "held"))),
    st.tuples(st.just("give"), WHO, DAYS),
    st.tuples(st.just("merge"), WHO, WHO),
    st.tuples(st.just("part"), WHO),
    st.tuples(st.just("erase"), WHO),
    st.tuples(st.just("count")),
)
stories = st.lists(acts, min_size=8, max_size=30)


class Story:
    def __init__(self, program, alice, mallory):
        self.shop, self.alice, self.mallory, self.now = program.storefront, alice, mallory, timezone.now()
        self.counted = False

    def ago(self, days):
        return self.now - timedelta(days=days, hours=1)

    def visited(self, days):
        """Clicks and shares come when they happen: none of the days before come after a count."""
        return self.ago(0 if self.counted else days)

    def customer(self, name):
        return Customer.objects.get(storefront=self.shop, external_id=name)

    def click(self, of_alice, days):
        link = (self.alice if of_alice else self.mallory).links.get()
        click(link, at=self.visited(days), visitor=f"v{days}")

    def share(self, of_alice, days):
        shares.record(storefront=self.shop, kind="share", code=self.alice.links.get().code, at=self.visited(days))

    def signup(self, name, days):
        """By the newest visit, or else by alice's code."""
        click = Click.objects.order_by("at").last()
        hint = {"click_id": ids.encode("clk", click.id)} if click else {"code": self.alice.links.get().code}
        fields = {"external_id": name}
        signups.record(storefront=self.shop, customer=fields, at=self.now, occurred_at=self.ago(days), **hint)

    def order(self, name, number, days, with_code):
        code = {"referral_code": self.alice.links.get().code} if with_code else {}
        said = cast.order(str(number), at=self.ago(days), customer={"external_id": name}, **code)
        orders.record(storefront=self.shop, orders=[said], at=self.now)

    def move(self, number, days):
        fields = {"placed_at": self.ago(days), "updated_at": self.now}
        orders.change(storefront=self.shop, external_id=str(number), fields=fields, at=self.now)

    def cancel(self, number):
        fields = {"status": "cancelled", "updated_at": self.now}
        orders.change(storefront=self.shop, external_id=str(number), fields=fields, at=self.now)

    def refund(self, number, amount):
        order = Order.objects.get(external_id=str(number))
        orders.refund(order=order, refund={"refund_id": f"r{amount}", "amount_minor": amount}, at=self.now)

    def undo(self, number):
        orders.undo_refund(order=Order.objects.get(external_id=str(number)), refund_id="r4500", at=self.now)

    def review(self, number, review):
        for conversion in Conversion.objects.filter(order__external_id=str(number), ended=False):
            conversions.review(conversion=conversion, side="both", review=review, at=self.now)

    def give(self, name, days):
        attribution.by_hand(
            advocate=self.mallory, friend=self.customer(name), reason="Said so", since=self.ago(days), at=self.now
        )

    def merge(self, one, two):
        merging.merge(survivor=self.customer(one), merged=self.customer(two), source="admin", at=self.now)

    def part(self, name):
        merge = Merge.objects.get(merged=self.customer(name), undone_at=None)
        merging.undo(merge=merge, reason="Not the same", at=self.now)

    def erase(self, name):
        privacy.erase_rows(customer=self.customer(name), at=self.now)

    def count(self):
        while drain("money", at=self.now) or drain("people", at=self.now):
            pass
        rollups.recount(at=self.now)
        assert not Mark.objects.exists()
        assert list(rollups.differences(self.shop, at=self.now + timedelta(minutes=20))) == []
        self.now, self.counted = self.now + timedelta(hours=2), True


def told(program, alice, mallory, story):
    """The story is undone; what cannot be at its moment is left out."""
    with transaction.atomic():
        tale = Story(program, alice, mallory)
        for act, *words in (*story, ("count",)):
            try:
                with transaction.atomic():
                    getattr(tale, act)(*words)
            except (Refused, ObjectDoesNotExist):
                assert act != "count"
        parts = DayCut.objects.count() + LinkDay.objects.count()
        transaction.set_rollback(True)
    return parts


# To make a failing story shorter takes minutes; it says which it was.
HOW = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=3, **HOW)
@given(story=stories)
def test_a_recount_of_all_finds_nothing_else(program, alice, mallory, story):
    told(program, alice, mallory, story)


@pytest.mark.full
@settings(max_examples=300, **HOW)
@given(story=stories)
def test_the_same_of_many_stories(program, alice, mallory, story):
    told(program, alice, mallory, story)
