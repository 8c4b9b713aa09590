"""Spend rewards lot by lot: what expires soonest first, then what is oldest, never more than the wallet's balance.

A lot below 0 (refunded after it was spent) lowers the balance, so that later credits pay it off. What took from lots
names itself on its transfers by a reference, and gives exactly their parts back by it.
"""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from advocacy import money
from advocacy.refusals import Refused
from rewards import crediting, ledger, locks
from rewards.models import HOUSE, ROUTES, AccountKind, Reward, Transfer


class NotEnough(Refused):
    """``spendable``: what the wallet has, in minor units; 0 also where it is below 0."""

    def __init__(self, want, spendable):
        has, asked = money.plain(spendable, want.unit), money.plain(want.amount, want.unit)
        super().__init__("not_enough_balance", f"There is {has} to spend, {asked} was asked for.")
        self.spendable = spendable


@dataclass(frozen=True, kw_only=True)
class Want:
    """What is to be taken from one wallet; ``reference``: the public id of the redemption, payout or adjustment."""

    storefront: int
    customer: int
    unit: str
    form: str
    amount: int
    reference: UUID

    @property
    def wallet(self):
        return self.storefront, self.customer, self.unit, str(self.form)


def take(*, storefront, customer, unit, form, amount, leg, reference, at):
    """Take an amount from a wallet's lots by this leg (reserve or use); ``[(reward, amount)]`` in order of taking.

    Raises ``NotEnough``, with nothing written. In the caller's transaction.
    """
    want = Want(
        storefront=storefront.pk, customer=customer.pk, unit=unit, form=form, amount=amount, reference=reference
    )
    return take_all([want], leg=leg, at=at)[reference]


def take_all(wants, *, leg, at):
    """The same for several wallets at once, all or nothing: ``{reference: [(reward, amount)]}``. One want a wallet."""
    if len({want.wallet for want in wants}) != len(wants):
        raise ValueError("Want something of each wallet once.")
    lots = _lots(wants)
    balances = _balances(wants, leg)
    taken = {want.reference: _cut(want, lots[want.wallet], balances[want.wallet]) for want in wants}
    postings = [
        ledger.Posting(reward, leg, part, reference) for reference, parts in taken.items() for reward, part in parts
    ]
    _move(postings, at)
    return taken


def _move(postings, at):
    """Each of another reward."""
    for posting in postings:
        ledger.move(posting.reward, [(posting.leg, posting.amount_minor)])
    crediting.save([posting.reward for posting in postings])
    ledger.post(postings, at=at)


def _lots(wants):
    """Each wallet's lots that hold something, locked and read after that: what expires soonest first."""
    candidates = Reward.objects.filter(
        storefront__in={want.storefront for want in wants},
        recipient__in={want.customer for want in wants},
        unit__in={want.unit for want in wants},
        form__in={str(want.form) for want in wants},
        available_minor__gt=0,
    )
    found = defaultdict(list)
    for reward in locks.lots(rewards=candidates).order_by(F("expires_at").asc(nulls_last=True), "pk"):
        if reward.available_minor > 0:
            found[reward.storefront_id, reward.recipient_id, reward.unit, reward.form].append(reward)
    return found


def _balances(wants, leg):
    """What each wallet has available, with all the accounts locked that the leg moves between."""
    keys = {(kind, *want.wallet) for want in wants for kind in (*ROUTES[leg], AccountKind.AVAILABLE)}
    accounts = ledger.accounts(
        keys={
            (storefront, str(kind), None if kind in HOUSE else customer, unit, form)
            for kind, storefront, customer, unit, form in keys
        }
    )
    return {
        (storefront, customer, unit, form): account.balance_minor
        for (storefront, kind, customer, unit, form), account in accounts.items()
        if kind == AccountKind.AVAILABLE
    }


def _cut(want, lots, balance):
    """``[(reward, amount)]`` that add up to what is wanted, from the first lots on. Raises ``NotEnough``."""
    # The lots may hold more than the balance, where one is below 0; or less, where one was credited just now.
    spendable = max(min(balance, sum(reward.available_minor for reward in lots)), 0)
    if want.amount > spendable:
        raise NotEnough(want, spendable)
    parts, left = [], want.amount
    for reward in lots:
        if part := min(reward.available_minor, left):
            parts.append((reward, part))
            left -= part
    return parts


def carry(*, reference, leg, at, amount=None):
    """Move on by this leg what a reference holds: all of it, or so much; ``[(reward, amount)]``.

    ``spend``, ``give_back`` and ``pay`` carry what is reserved, ``unspend`` what is spent, ``unpay`` what is paid. Each
    lot gets its own part back; where a part of all is given back, what was taken last comes first. More than the
    reference holds is a ValueError: whoever calls has checked its own row before.
    """
    candidates = Reward.objects.filter(pk__in=Transfer.objects.filter(reference=reference).values("reward"))
    rewards = {reward.pk: reward for reward in locks.lots(rewards=candidates)}
    held = _held(reference, ROUTES[leg][0])
    wanted = sum(part for _, part in held) if amount is None else amount
    parts = []
    for pk, part in reversed(held):
        if moved := min(part, wanted):
            parts.append((rewards[pk], moved))
            wanted -= moved
    if wanted:
        raise ValueError(f"{reference} holds {wanted} less than what is to be moved.")
    _move([ledger.Posting(reward, leg, moved, reference) for reward, moved in parts], at)
    return parts


def _held(reference, kind):
    """``[(reward id, amount)]`` that the reference holds in the accounts of this kind, in order of taking."""
    moved = Transfer.objects.filter(reference=reference).order_by("id")
    held = defaultdict(int)
    for reward, amount, source, target in moved.values_list("reward", "amount_minor", "source__kind", "target__kind"):
        held[reward] += amount * ((target == kind) - (source == kind))
    return [(reward, amount) for reward, amount in held.items() if amount]
