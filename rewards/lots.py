"""Spend rewards lot by lot: what expires soonest first, then what is oldest, never more than the wallet's balance.

A lot below 0 (refunded after it was spent) lowers the balance, so that later credits pay it off. What took from lots
names itself on its transfers by a reference, and gives exactly their parts back by it.
"""

from collections import defaultdict
from datetime import timedelta

from django.db.models import F

from advocacy import money, persons
from advocacy.refusals import Refused
from rewards import crediting, ledger, locks
from rewards.models import HOUSE, ROUTES, AccountKind, Reward, Transfer

GRACE = timedelta(days=14)


class NotEnough(Refused):
    """``spendable``: what the wallet has, in minor units; 0 also where it is below 0."""

    def __init__(self, *, asked, spendable, unit):
        sentence = f"There is {money.plain(spendable, unit)} to spend, {money.plain(asked, unit)} was asked for."
        super().__init__("not_enough_balance", sentence, errors={"amount_minor": sentence})
        self.spendable = spendable


def take(*, storefront, customer, unit, form, amount, leg, reference, at, beside=()):
    """Take an amount from a wallet's lots by this leg (reserve or use); ``[(reward, amount)]`` in order of taking.

    The wallet is of all records of the customer's person, and nobody is merged or parted until the transaction ends.
    ``reference``: the public id of what takes it. ``beside``: keys of further accounts that the caller will move, which
    are locked with those of the wallet, in the one order of locks. Raises ``NotEnough``, with nothing written. In the
    caller's transaction.
    """
    persons.together([storefront.pk])
    people = persons.ids_of(persons.now(customer))
    lots = _lots(storefront, people, unit, form, at)
    available, keys = _accounts(storefront, people, unit, form, leg)
    accounts = ledger.accounts(keys=keys | set(beside))
    balance = sum(accounts[key].balance_minor for key in available)
    # The lots may hold more than the balance, where one is below 0; or less, where one was credited just now.
    spendable = max(min(balance, sum(reward.available_minor for reward in lots)), 0)
    if amount > spendable:
        raise NotEnough(asked=amount, spendable=spendable, unit=unit)
    parts = _cut(lots, amount)
    crediting.move([(reward, part, reference) for reward, part in parts], leg, at=at)
    return parts


def _lots(storefront, people, unit, form, at):
    """The wallet's lots that hold something in their time, locked and read after that: what expires soonest first."""
    candidates = Reward.objects.filter(
        storefront=storefront, recipient__in=people, unit=unit, form=form, available_minor__gt=0
    )
    locked = locks.lots(rewards=candidates).order_by(F("expires_at").asc(nulls_last=True), "pk")
    return [reward for reward in locked if reward.available_minor > 0 and not is_over(reward, at)]


def is_over(reward, at):
    """Whether its time is over, though nobody may have taken away yet what is left of it."""
    return reward.expires_at is not None and reward.expires_at <= at


def _accounts(storefront, people, unit, form, leg):
    """``(keys of what is available, keys of all that the leg moves between)``."""
    kinds = {str(kind) for kind in (*ROUTES[leg], AccountKind.AVAILABLE)}
    owned = [(kind, owner) for kind in kinds for owner in ([None] if kind in HOUSE else people)]
    keys = {(storefront.pk, kind, owner, unit, str(form)) for kind, owner in owned}
    return {key for key in keys if key[1] == AccountKind.AVAILABLE}, keys


def _cut(lots, amount):
    """``[(reward, amount)]`` that add up to the amount, from the first lots on."""
    parts = []
    for reward in lots:
        if part := min(reward.available_minor, amount):
            parts.append((reward, part))
            amount -= part
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
    crediting.move([(reward, moved, reference) for reward, moved in parts], leg, at=at)
    return parts


def keep_alive(rewards, *, at):
    """What comes back to its owner may be spent for ``GRACE`` at least, also where it would have expired meanwhile."""
    over = [reward.pk for reward in rewards if reward.expires_at and reward.expires_at < at + GRACE]
    Reward.objects.filter(pk__in=over).update(expires_at=at + GRACE, reminded_at=None)


def _held(reference, kind):
    """``[(reward id, amount)]`` that the reference holds in the accounts of this kind, in order of taking."""
    moved = Transfer.objects.filter(reference=reference).order_by("id")
    held = defaultdict(int)
    for reward, amount, source, target in moved.values_list("reward", "amount_minor", "source__kind", "target__kind"):
        held[reward] += amount * ((target == kind) - (source == kind))
    return [(reward, amount) for reward, amount in held.items() if amount]
