"""What a merge of customers means for wallets: nothing moves, but what was decided for two advocates is counted as one.

A person's wallet is what the accounts of all of their records hold (``advocacy.persons``). The base asks here whether
a record has a wallet, and whether money has left since a merge.
"""

from django.db.models import Max

from rewards.models import Leg, Reward, Transfer

_LEAVING = (Leg.RESERVE, Leg.USE, Leg.SPEND, Leg.PAY)


def ever(*, customers):
    """Whether any of these ever had a reward."""
    return Reward.objects.filter(recipient__in=customers).exists()


def mark(*, storefront):
    """Where the ledger stands. Nobody spends while this is asked, see ``advocacy.persons.alone``."""
    return Transfer.objects.aggregate(Max("pk"))["pk__max"] or 0


def left(*, customers, mark):
    """Whether something of theirs was reserved, spent, used or paid since the mark."""
    return Transfer.objects.filter(reward__recipient__in=customers, pk__gt=mark, leg__in=_LEAVING).exists()
