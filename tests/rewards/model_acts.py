"""Parts of the model: milestones, what is given and taken by hand, codes."""

from dataclasses import dataclass
from datetime import timedelta

from tests.rewards.model_lots import Lot


@dataclass
class Milestone:
    """A step for each ``every`` friends of an advocate: those who ordered for ``minimum`` or more, once each."""

    every: int
    amount: int
    hold_days: int
    minimum: int


@dataclass
class Step:
    threshold: int
    stands: bool
    review: str


class Milestones:
    """``milestone``; ``steps``: ``{(advocate, k): Step}``."""

    def _count(self, conversion):
        """A friend counts by any order that is large enough, until all of those are given back."""
        conversion.qualifies = conversion.basis >= self.milestone.minimum
        conversion.counts = conversion.qualifies and not conversion.given_back
        conversion.held = conversion.counts and conversion.review == "held"

    def _standing(self, advocate):
        """``(friends, of whom no review may take away)``."""
        counted = [one for one in self.conversions if one.counts and one.advocate == advocate]
        friends = {one.friend for one in counted}
        return len(friends), len({one.friend for one in counted if not one.held})

    def friends(self):
        """``{(advocate, whether of all): n}``: of all friends, or of those under review; none where it is 0."""
        found = {}
        for advocate in {one.advocate for one in self.conversions}:
            friends, clear = self._standing(advocate)
            found |= {(advocate, True): friends, (advocate, False): friends - clear}
        return {key: number for key, number in found.items() if number}

    def _step(self, conversion, before, at):
        """Steps that were passed, upwards or downwards, by friends or by those that no review may take away."""
        advocate, (friends, clear) = conversion.advocate, self._standing(conversion.advocate)
        for k in range(1, len(self.conversions) + 1):
            threshold = k * self.milestone.every
            if not any(min(pair) < threshold <= max(pair) for pair in zip(before, (friends, clear), strict=True)):
                continue
            step, stands = self.steps.get((advocate, k)), friends >= threshold
            if step is None and not stands:
                continue
            review = "clear" if clear >= threshold or not stands else "held"
            if step is None:
                due_at = conversion.moment + timedelta(days=self.milestone.hold_days)
                self.lots[advocate, k, "advocate"] = Lot(advocate, "credit", due_at, None)
            self.steps[advocate, k] = Step(threshold, stands, review)
            lot = self.lots[advocate, k, "advocate"]
            lot.reviewed = review == "held"
            self._bring_lot(lot, self.milestone.amount if stands else 0, at)


class ByHand:
    """Rewards of no rule, each a lot of its own."""

    def give(self, reference, who, form, amount, *, at, expires_at):
        lot = self.lots[reference, "customer"] = Lot(who, form, at, None, credited=True, expires_at=expires_at)
        lot.move(None, "available", amount)

    def take(self, reference, who, form, amount, at):
        """What is not there is owed by a lot of its own."""
        there = min(self.spendable(who, form, at), amount)
        self.redeem(reference, who, form, there, at)
        self.carry(reference, "reserved", "spent")
        if amount > there:
            lot = self.lots[reference, "customer"] = Lot(who, form, at, None)
            lot.move("available", "spent", amount - there)
            self.taken[reference].append((lot, amount - there))

    def missing(self, reference):
        """How much of what was given the wallet lacks, to take it back."""
        lot = self.lots[reference, "customer"]
        needed = sum(lot.holds.values()) - lot.holds["expired"]
        return needed - self.balance(lot.recipient, lot.form)

    def take_back(self, reference, at):
        self._bring_lot(self.lots[reference, "customer"], 0, at)


class Codes:
    """``stock``: how many codes are left."""

    def _has_code(self, lot):
        """Whoever comes while others wait, waits behind them; who owes for a code that was used is paid without."""
        if lot.form != "coupon" or lot.code in ("assigned", "used"):
            return True
        if lot.waits:
            return False
        if not self._is_entitled(lot):
            lot.waits = True
            return True
        if self.stock and not self._waiting():
            self.stock, lot.code = self.stock - 1, "assigned"
            return True
        lot.waits = True
        return False

    def _beyond(self, who):
        """Minor units that they have beyond what they owe for used codes."""
        held = [(lot, lot.holds["available"]) for lot in self._in_order(who, "coupon")]
        return sum(amount for lot, amount in held if amount < 0 or (amount > 0 and lot.waits))

    def _is_entitled(self, lot):
        own = lot.holds["available"]
        return self._beyond(lot.recipient) - min(own, 0) >= max(own, 0)

    def _waiting(self):
        """Those who wait for nothing but a code, in their order."""
        waiting = [lot for lot in self.lots.values() if lot.waits and not lot.reviewed and max(lot.holds.values()) > 0]
        waiting = [lot for lot in waiting if lot.holds["available"] <= 0 or self._is_entitled(lot)]
        return sorted(waiting, key=lambda lot: lot.due_at)

    def serve(self, at):
        for lot in [lot for lot in self._waiting() if lot.due_at <= at][: self.stock]:
            if self._is_entitled(lot):
                self.stock, lot.code, lot.waits = self.stock - 1, "assigned", False
                self._credit(lot, at)
            elif lot.holds["available"] <= 0:
                lot.waits = False
                self._credit(lot, at)

    def use(self, lot):
        lot.move("available", "spent", lot.holds["available"])
        lot.code = "used"
