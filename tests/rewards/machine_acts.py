"""What staff do by hand, and codes: acts of the machine beside orders, time, wallets and payouts."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from advocacy.refusals import Refused
from rewards import adjustments, lots
from rewards.coupons import serving, using
from rewards.models import Adjustment, Coupon, CouponState
from tests.rewards import coupon_stage
from tests.rewards.machine_stage import ADVOCATES, FRIENDS, amounts, crashes, some

people, forms = st.sampled_from(ADVOCATES + FRIENDS), st.sampled_from(["credit", "cash"])


class ByHand:
    """Needs the machine's ``do``, ``tick``, ``model``, ``program`` and ``by_hand``."""

    def _adjusts(self, who, form, amount, at, **more):
        asked = {"program": self.program, "customer": self.customer(who), "form": form, "amount_minor": amount}
        return asked | {"reason": "For the story", "at": at} | more

    @rule(who=people, form=forms, amount=amounts, days=st.sampled_from([None, 20]), crash=crashes)
    def give(self, who, form, amount, days, crash):
        at = self.tick()
        ends = at + timedelta(days=days) if days else None
        asked = self._adjusts(who, form, amount, at, expires_at=ends)
        made = self.do(lambda: adjustments.give(**asked), crash)
        self.model.give(made.public_id, who, form, amount, at=at, expires_at=ends)
        self.by_hand.append(made.public_id)

    @rule(who=people, form=forms, share=st.sampled_from([10, 100, 150]), debt=st.booleans(), crash=crashes)
    def take(self, who, form, share, debt, crash):
        at = self.tick()
        spendable = self.model.spendable(who, form, at)
        amount = max(spendable * share // 100, 1)
        asked = self._adjusts(who, form, amount, at, allow_negative=debt)
        if amount > spendable and not debt:
            with pytest.raises(lots.NotEnough):
                adjustments.take(**asked)
            return
        made = self.do(lambda: adjustments.take(**asked), crash)
        self.model.take(made.public_id, who, form, amount, at)
        self.by_hand.append(made.public_id)

    @precondition(lambda self: self.by_hand)
    @rule(which=some, debt=st.booleans(), crash=crashes)
    def undo(self, which, debt, crash):
        reference = self.by_hand[which % len(self.by_hand)]
        made, at = Adjustment.objects.get(public_id=reference), self.tick()
        asked = {"adjustment": made, "reason": "For the story", "at": at, "allow_negative": debt}
        given = made.kind == "given"
        if given and self.model.missing(reference) > 0 and not debt:
            with pytest.raises(Refused, match="A part was spent"):
                adjustments.undo(**asked)
            return
        self.do(lambda: adjustments.undo(**asked), crash)
        if given:
            self.model.take_back(reference, at)
        else:
            self.model.reverse(reference, made.amount_minor, at)
        self.by_hand.remove(reference)


class Codes:
    """Needs also the machine's ``pool``, ``told`` and ``codes``, which numbers the codes."""

    @rule(count=st.integers(1, 2), crash=crashes)
    def codes_come(self, count, crash):
        at, numbers = self.tick(), range(self.codes, self.codes + count)
        # Whoever is interrupted between the codes and those who wait sends them again.
        self.do(lambda: coupon_stage.stock(self.pool, numbers, at=at, only_new=True), crash)
        serving.serve(at=at)
        self.codes += count
        self.model.stock += count
        self.model.serve(at)

    @precondition(lambda self: any(lot.code == "assigned" for lot in self.model.lots.values()))
    @rule(which=some, crash=crashes)
    def use_a_code(self, which, crash):
        codes = list(Coupon.objects.filter(state=CouponState.ASSIGNED).select_related("reward__subject").order_by("pk"))
        coupon, at = codes[which % len(codes)], self.tick()
        self.do(lambda: using.use(coupon=coupon, at=at), crash)
        place = next(place for place, one in enumerate(self.told) if one.public_id == coupon.reward.subject.public_id)
        self.model.use(self.model.lots[place, 3, "friend"])
