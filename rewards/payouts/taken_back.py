"""What was refunded or charged back of frozen payouts since their batch was made, and what becomes of those.

A batch pays what it froze. What is taken back meanwhile makes the lot's rest fall below 0, which later rewards pay off;
who approves the batch is told, and drops such payouts or pays them all the same.
"""

from collections import Counter
from dataclasses import dataclass

from advocacy import money, persons
from advocacy.models import Customer
from advocacy.refusals import Conflict
from rewards.models import AccountKind, Payout, PayoutState, Reward
from rewards.payouts import changing, moving

DROP, PAY = "drop", "pay"
# How many are named in a refusal.
_NAMED = 20


@dataclass(frozen=True)
class Short:
    """A frozen payout of which so much was taken back since."""

    payout: Payout
    minor: int

    @property
    def said(self):
        """Such as “20.00 of 50.00 EUR”."""
        unit = self.payout.currency
        return f"{money.plain(self.minor, unit).split()[0]} of {money.plain(self.payout.amount_minor, unit)}"


def since(batch):
    """``[Short]`` of the batch's payouts, by number."""
    frozen = Payout.objects.filter(batch=batch, state=PayoutState.FROZEN)
    # Few owe anything: only their payouts are read.
    owing = Reward.objects.filter(
        recipient__in=_records(frozen.values("customer")),
        available_minor__lt=0,
        reserved_minor__gt=0,
        unit=batch.currency,
    )
    debts = {pk: (who, minor) for pk, who, minor in owing.values_list("pk", "recipient", "available_minor")}
    if not debts:
        return []
    theirs = frozen.filter(customer__in=_records({who for who, _ in debts.values()}))
    frozen, found = list(theirs.select_related("customer").order_by("number")), Counter()
    held = moving.held([payout.public_id for payout in frozen], AccountKind.RESERVED)
    for (reward, reference), amount in held.items():
        found[reference] += min(amount, -debts.get(reward, (None, 0))[1])
    return [Short(payout, found[payout.public_id]) for payout in frozen if found[payout.public_id]]


def _records(customers):
    """All records of the persons whose these are: a payout takes the lots of all of them."""
    return persons.customers({row.person_id for row in Customer.objects.filter(pk__in=customers)})


def settle(batch, *, answer, at):
    """Do with them what the approver answers: ``DROP``, ``PAY``, or nothing said. Needs the batch locked.

    Raises ``Conflict`` ("taken_back_since") where that must be said. What is dropped is given back and comes with the
    next batch, less what was taken back; a batch of which nothing is left is cancelled.
    """
    moving.lock([payout.public_id for payout in changing.of(batch)])
    short = since(batch)
    if not short or answer == PAY:
        return
    if answer != DROP:
        raise Conflict("taken_back_since", _sentence(short), errors=_by_number(short))
    said = {each.payout.number: ("", f"Dropped: {each.said} was taken back") for each in short}
    changing.drop(batch, [each.payout for each in short], said=said, at=at)


def _sentence(short):
    named = "; ".join(f"number {number}: {said}" for number, said in _by_number(short).items())
    more = f"; and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
    return (
        f"Refunds have taken back a part of {len(short)} of its payouts since it was made ({named}{more}). Say what "
        "becomes of these: drop them, so that the right amount comes with the next batch, or pay them all the same, so "
        "that later rewards make up for it."
    )


def _by_number(short):
    return {str(each.payout.number): each.said for each in short[:_NAMED]}
