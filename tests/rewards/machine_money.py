"""What leaves wallets: baskets at the shop, and payouts with what the bank says of them; acts of the machine."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from advocacy.refusals import Refused
from rewards import lots, redemptions
from rewards.models import Payout, Redemption
from rewards.payouts import batches, gathering, results
from tests.rewards.machine_stage import ADVOCATES, FRIENDS, crashes, some


class Money:
    """Needs the machine's ``do``, ``tick``, ``model``, ``spent``, ``batches`` and its policy."""

    # --- wallets -----------------------------------------------------------------------------------------------

    def _spent(self, reference, state):
        self.spent = [(each, state if each == reference else was) for each, was in self.spent]

    def _redemption(self, which, state):
        mine = [reference for reference, was in self.spent if was == state]
        reference = mine[which % len(mine)]
        return reference, Redemption.objects.get(public_id=reference)

    @rule(who=st.sampled_from(ADVOCATES + FRIENDS), share=st.sampled_from([10, 50, 100, 101]), crash=crashes)
    def redeem(self, who, share, crash):
        at = self.tick()
        spendable = self.model.spendable(who, "credit", at)
        amount = max(spendable * share // 100, 1)
        asked = {"storefront": self.storefront, "customer": self.customer(who), "unit": "EUR", "amount_minor": amount}
        if amount > spendable:
            with pytest.raises(lots.NotEnough) as refused:
                redemptions.reserve(**asked, at=at)
            assert refused.value.spendable == spendable
            return
        made = self.do(lambda: redemptions.reserve(**asked, at=at), crash)
        self.model.redeem(made.public_id, who, "credit", amount, at)
        self.spent.append((made.public_id, "reserved"))

    @precondition(lambda self: any(state == "reserved" for _, state in self.spent))
    @rule(which=some, crash=crashes, given_back=st.booleans())
    def confirm_or_give_back(self, which, crash, given_back):
        reference, row = self._redemption(which, "reserved")
        at, act = self.tick(), redemptions.give_back if given_back else redemptions.confirm
        self.do(lambda: act(redemption=row, at=at), crash)
        self.model.carry(reference, "reserved", "available" if given_back else "spent")
        self._spent(reference, "returned" if given_back else "confirmed")

    @precondition(lambda self: any(state == "confirmed" for _, state in self.spent))
    @rule(which=some, crash=crashes, part=st.booleans())
    def reverse(self, which, crash, part):
        reference, row = self._redemption(which, "confirmed")
        left = row.amount_minor - row.reversed_minor
        amount, at = max(left // 2, 1) if part else left, self.tick()
        self.do(lambda: redemptions.reverse(redemption=row, amount_minor=amount, at=at), crash)
        self.model.reverse(reference, amount, at)
        self._spent(reference, "reversed" if amount == left else "confirmed")

    # --- payouts -----------------------------------------------------------------------------------------------

    @rule(crash=crashes)
    def pay(self, crash):
        at = self.tick()
        due = {who: self.model.payable(who, at) for who in ADVOCATES}
        due = {who: said for who, said in due.items() if said[0]}
        if not due:
            with pytest.raises(Refused):
                gathering.gather(policy=self.policy, at=at)
            return
        batch = self.do(lambda: gathering.gather(policy=self.policy, at=at), crash)
        payouts = {payout.customer_id: payout for payout in Payout.objects.filter(batch=batch).exclude(number=None)}
        assert {who: payouts[self.customer(who).pk].amount_minor for who in due} == {
            who: amount for who, (amount, _) in due.items()
        }
        for who, (amount, free) in due.items():
            self.model.reserve(payouts[self.customer(who).pk].public_id, amount, free)
        batches.approve(batch=batch, at=at)
        self.do(lambda: batches.export(batch=batch, at=at), crash)
        self.batches.append(batch)

    @precondition(lambda self: self.batches)
    @rule(which=some, result=st.sampled_from(["paid", "failed", "returned"]), crash=crashes)
    def the_bank_says(self, which, result, crash):
        batch = self.batches[which % len(self.batches)]
        state = {"paid": "sent", "failed": "sent", "returned": "paid"}[result]
        mine = list(Payout.objects.filter(batch=batch, state=state).order_by("number"))
        if not mine:
            return
        payout, at = mine[which % len(mine)], self.tick()
        said = [results.Result("line 2", payout.number, result)]
        self.do(lambda: results.apply(batch=batch, results=said, at=at), crash)
        source, target = {
            "paid": ("reserved", "paid"),
            "failed": ("reserved", "available"),
            "returned": ("paid", "available"),
        }[result]
        self.model.carry(payout.public_id, source, target)
