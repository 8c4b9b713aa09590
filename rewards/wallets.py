"""What a customer has: per unit what is theirs, what is on the way and when, and every line of how it came."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from rewards.models import Account, AccountKind, Reward, RewardStatus, Transfer


@dataclass(frozen=True)
class Coming:
    """A pending amount. ``due_at`` is None while a review or a pause holds it."""

    amount_minor: int
    due_at: datetime | None


@dataclass
class Wallet:
    """One unit's balance in minor units."""

    unit: str
    available_minor: int = 0
    pending_minor: int = 0
    coming: list = field(default_factory=list)


def balance(*, storefront, customer):
    """A Wallet per unit that the customer ever had something of, by unit; what is coming, soonest first."""
    wallets = {}
    for account in Account.objects.filter(storefront=storefront, customer=customer).order_by("unit"):
        wallet = wallets.setdefault(account.unit, Wallet(account.unit))
        if account.kind == AccountKind.AVAILABLE:
            wallet.available_minor = account.balance_minor
        else:
            wallet.pending_minor = account.balance_minor
    for reward in _coming(storefront, customer):
        wallets[reward.unit].coming.append(Coming(reward.pending_minor, None if reward.held_by else reward.due_at))
    return list(wallets.values())


def _coming(storefront, customer):
    mine = Reward.objects.filter(
        storefront=storefront, recipient=customer, status=RewardStatus.PENDING, pending_minor__gt=0
    )
    return mine.select_related("advocate").order_by("due_at", "pk")


def statement(*, storefront, customer):
    """The transfers in and out of the customer's accounts as a queryset, to be ordered and cut by the door."""
    return (
        Transfer.objects.filter(storefront=storefront)
        .filter(Q(source__customer=customer) | Q(target__customer=customer))
        .select_related("reward__rule", "source", "target")
    )
