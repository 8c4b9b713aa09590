"""What a merge of customers means for wallets: nothing moves, but what was decided for two advocates is counted as one.

A person's wallet is what the accounts of all of their records hold (``advocacy.persons``). The base asks here whether
a record has a wallet, and whether money has left since a merge.
"""

from django.db.models import Max

from rewards.models import Leg, Reward, Transfer

_LEAVING = (Leg.USE, Leg.SPEND, Leg.PAY)
_RESERVED = {Leg.RESERVE: 1, Leg.GIVE_BACK: -1, Leg.SPEND: -1, Leg.PAY: -1}


def ever(*, customers):
    """Whether any of these ever had a reward."""
    return Reward.objects.filter(recipient__in=customers).exists()


def mark(*, storefront):
    """Where the ledger stands. Nobody spends while this is asked, see ``advocacy.persons.alone``."""
    return Transfer.objects.aggregate(Max("pk"))["pk__max"] or 0


def left(*, customers, mark):
    """Whether something of theirs was spent, used or paid since the mark, or reserved and not given back whole."""
    since = Transfer.objects.filter(reward__recipient__in=customers, pk__gt=mark)
    if since.filter(leg__in=_LEAVING).exists():
        return True
    rewards = list(since.filter(leg=Leg.RESERVE).values_list("reward", flat=True).distinct())
    moved = Transfer.objects.filter(reward__in=rewards, leg__in=_RESERVED)
    reserved = dict.fromkeys(rewards, 0)
    for reward, leg, amount in moved.values_list("reward", "leg", "amount_minor"):
        reserved[reward] += _RESERVED[leg] * amount
    return any(reserved.values())
