"""What settlement, wallets and payouts should do, in plain Python: no database, no batches, one thing after another.

Written from the promises (docs/architecture.md), not from the code; the machine compares the two after every step.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from tests.rewards.model_acts import ByHand, Codes, Milestone, Milestones
from tests.rewards.model_lots import PLACES, Lot

__all__ = ["PLACES", "SIDES", "Cap", "Conversion", "Milestone", "Model", "Rule"]

GRACE = timedelta(days=14)
SIDES = ("advocate", "friend")


@dataclass
class Cap:
    """At most ``limit`` (a count of conversions, or an amount) for each ``scope``."""

    measure: str
    scope: str
    limit: int
    side: str = ""  # only this side counts, and only it is refused


@dataclass
class Rule:
    """``sides``: ``{side: (form, amount, percent, maximum)}``; ``caps``: ``[(from when, [Cap])]``, the newest last."""

    sides: dict
    caps: list
    hold_days: int = 0
    expires_days: int | None = None
    minimum: int = 0
    group: str = ""
    priority: int = 0

    def caps_at(self, moment):
        return [caps for since, caps in self.caps if since <= moment][-1]


@dataclass
class Conversion:
    advocate: str
    friend: str
    moment: object
    basis: int
    refunded: int = 0
    costs: int | None = None  # since it was corrected
    review: str = "clear"
    granted: dict = field(default_factory=dict)  # (rule, side) → amount
    uses: dict = field(default_factory=dict)  # (rule, cap's place, whose) → how much
    caps: dict = field(default_factory=dict)  # rule → its caps when it was decided
    decided: bool = False
    qualifies: bool = False  # for the milestone
    counts: bool = False  # for it, now
    held: bool = False  # of what counts, what a review may take away

    @property
    def given_back(self):
        return self.review == "rejected" or self.refunded >= self.total

    @property
    def total(self):
        return self.basis if self.costs is None else self.costs

    def owed(self, granted, form):
        """Half up, cumulative; a code whole until all is given back."""
        if self.given_back:
            return 0
        if form == "coupon":
            return granted
        kept = min(self.basis, self.total - self.refunded)
        return (2 * granted * kept + self.basis) // (2 * self.basis)


class Model(Milestones, ByHand, Codes):
    def __init__(self, rules, *, milestone, stock):
        self.rules, self.conversions, self.lots, self.used = rules, [], {}, {}
        self.milestone, self.steps, self.stock = milestone, {}, stock
        self.taken = {}  # reference → [(lot, amount)] that it holds

    # --- deciding ----------------------------------------------------------------------------------------------

    def settle(self, conversion, at):
        if not conversion.decided:
            self._grant(conversion)
        for number in range(len(self.rules)):
            self._owe(conversion, number)
        before = self._standing(conversion.advocate)
        self._count(conversion)
        self._bring(conversion, at)
        self._step(conversion, before, at)

    def _grant(self, conversion):
        conversion.decided = True
        for number, rule in enumerate(self.rules):
            conversion.caps[number] = caps = rule.caps_at(conversion.moment)
            open_ = all(
                self._others(conversion, number, place, cap) < cap.limit
                for place, cap in enumerate(caps)
                if not cap.side
            )
            wanted = dict.fromkeys(rule.sides, 0)
            if open_ and conversion.basis >= rule.minimum:
                wanted = {side: self._base(conversion, said) for side, said in rule.sides.items()}
            fitted, _ = self._fit(conversion, number, wanted)
            conversion.granted |= {(number, side): amount for side, amount in fitted.items()}
        self._compete(conversion)

    def _base(self, conversion, said):
        _, amount, percent, maximum = said
        return amount if amount else min((conversion.basis * percent + 50) // 100, maximum)

    def _compete(self, conversion):
        for group in {rule.group for rule in self.rules} - {""}:
            for side in SIDES:
                rivals = [
                    number
                    for number, rule in enumerate(self.rules)
                    if rule.group == group and conversion.granted.get((number, side))
                ]
                rivals.sort(
                    key=lambda number: (-self.rules[number].priority, -conversion.granted[number, side], number)
                )
                for number in rivals[1:]:
                    conversion.granted[number, side] = 0

    def _key(self, conversion, number, place, cap):
        whose = {"advocate": conversion.advocate, "friend": conversion.friend, "program": ""}[cap.scope]
        return number, place, whose

    def _others(self, conversion, number, place, cap):
        key = self._key(conversion, number, place, cap)
        return self.used.get(key, 0) - conversion.uses.get(key, 0)

    def _fit(self, conversion, number, wanted):
        """What there is room for, and the sides that got less than they wanted."""
        fitted, short = dict(wanted), set()
        for place, cap in enumerate(conversion.caps[number]):
            room = cap.limit - self._others(conversion, number, place, cap)
            for side, amount in fitted.items():
                if cap.side not in ("", side):
                    continue
                fits = min(amount, max(room, 0)) if cap.measure == "amount" else amount if room > 0 else 0
                if cap.measure == "amount":
                    room -= fits
                if fits < amount:
                    short.add(side)
                fitted[side] = fits
        return fitted, short

    def _owe(self, conversion, number):
        rule = self.rules[number]
        wanted = {
            side: conversion.owed(conversion.granted[number, side], form) for side, (form, *_) in rule.sides.items()
        }
        owed, short = self._fit(conversion, number, wanted)
        keeps = any(
            conversion.granted[number, side] and not conversion.given_back and not (side in short and not owed[side])
            for side in rule.sides
        )
        # Caps by count are of both sides here.
        for place, cap in enumerate(conversion.caps[number]):
            key = self._key(conversion, number, place, cap)
            mine = [amount for side, amount in owed.items() if cap.side in ("", side)]
            uses = sum(mine) if cap.measure == "amount" else int(keeps)
            self.used[key] = self.used.get(key, 0) - conversion.uses.get(key, 0) + uses
            conversion.uses[key] = uses
        conversion.owed_now = getattr(conversion, "owed_now", {}) | {
            (number, side): amount for side, amount in owed.items()
        }

    # --- the ledger --------------------------------------------------------------------------------------------

    def _bring(self, conversion, at):
        place = self.conversions.index(conversion)
        for (number, side), granted in conversion.granted.items():
            rule = self.rules[number]
            lot = self.lots.get((place, number, side))
            if lot is None and granted:
                who = conversion.advocate if side == "advocate" else conversion.friend
                due_at = conversion.moment + timedelta(days=rule.hold_days)
                lot = self.lots[place, number, side] = Lot(who, rule.sides[side][0], due_at, rule.expires_days)
            if lot is not None:
                lot.reviewed = conversion.review == "held"
                self._bring_lot(lot, conversion.owed_now[number, side], at)

    def _bring_lot(self, lot, owed, at):
        held = sum(lot.holds.values())
        if owed > held:
            lot.move(None, "pending", owed - held)
        if owed >= held:
            self._credit(lot, at)
            return
        short = held - owed
        for place in ("pending", "expired"):
            part = min(short, lot.holds[place])
            lot.move(place, None, part)
            short -= part
        lot.move("available", None, short)
        if not owed and lot.credited and lot.code == "assigned":
            lot.code = "revoked"

    def _credit(self, lot, at):
        if lot.due_at <= at and not lot.reviewed and lot.holds["pending"] and self._has_code(lot):
            lot.move("pending", "available", lot.holds["pending"])
            if not lot.credited:
                lot.credited = True
                lot.expires_at = at + timedelta(days=lot.expires_days) if lot.expires_days else None

    def release(self, at):
        for lot in self.lots.values():
            self._credit(lot, at)

    # --- wallets -----------------------------------------------------------------------------------------------

    def balance(self, who, form, place="available"):
        return sum(lot.holds[place] for lot in self.lots.values() if (lot.recipient, lot.form) == (who, form))

    def _in_order(self, who, form):
        """What expires soonest first, then what is oldest."""
        mine = [lot for lot in self.lots.values() if (lot.recipient, lot.form) == (who, form)]
        return sorted(mine, key=lambda lot: (lot.expires_at is None, lot.expires_at or 0))

    def _alive(self, who, form, at):
        return [lot for lot in self._in_order(who, form) if lot.expires_at is None or lot.expires_at > at]

    def spendable(self, who, form, at):
        lots = sum(max(lot.holds["available"], 0) for lot in self._alive(who, form, at))
        return max(min(self.balance(who, form), lots), 0)

    def redeem(self, reference, who, form, amount, at):
        self.reserve(reference, amount, self._alive(who, form, at))

    def reserve(self, reference, amount, lots):
        parts = []
        for lot in lots:
            part = min(lot.holds["available"], amount)
            if part > 0:
                lot.move("available", "reserved", part)
                parts.append((lot, part))
                amount -= part
        assert amount == 0
        self.taken[reference] = parts

    def carry(self, reference, source, target, amount=None):
        """What was taken last goes first."""
        kept, moved = [], []
        for lot, part in reversed(self.taken[reference]):
            goes = part if amount is None else min(part, amount)
            lot.move(source, target, goes)
            moved.append(lot)
            amount = None if amount is None else amount - goes
            kept = [(lot, part - goes), *kept]
        if target == "available":
            self.taken[reference] = kept
        return moved

    def reverse(self, reference, amount, at):
        before = {id(lot): lot.holds["spent"] for lot, _ in self.taken[reference]}
        for lot in self.carry(reference, "spent", "available", amount):
            if lot.expires_at and lot.expires_at < at + GRACE and lot.holds["spent"] < before[id(lot)]:
                lot.expires_at = at + GRACE

    def payable(self, who, at):
        """Cash of lots that nothing holds, what is below 0 included; what is past its time pays that and no more."""
        free = [lot for lot in self._in_order(who, "cash") if lot.holds["available"] and not lot.reviewed]
        alive = [lot for lot in self._alive(who, "cash", at) if any(lot is each for each in free)]
        sums = sum(max(lot.holds["available"], 0) for lot in alive), sum(lot.holds["available"] for lot in free)
        return max(min(*sums, self.balance(who, "cash")), 0), alive

    def expire(self, at):
        over = [lot for lot in self.lots.values() if lot.expires_at and lot.expires_at <= at]
        for lot in sorted(over, key=lambda lot: lot.expires_at):
            part = min(lot.holds["available"], self.balance(lot.recipient, lot.form) - self._stays(lot, over))
            if part > 0:
                lot.move("available", "expired", part)

    def _stays(self, lot, over):
        """What the same wallet holds in lots that are not over: those pay no debt while there are others."""
        mine = [one for one in self._in_order(lot.recipient, lot.form) if not any(one is each for each in over)]
        return sum(max(one.holds["available"], 0) for one in mine)
