"""A payout's statement: who paid whom what for which rewards, under a number without gaps."""

from dataclasses import dataclass

from advocacy import persons
from rewards.models import Leg, Payout, PayoutState, Transfer


@dataclass(frozen=True)
class Statement:
    """``lines``: ``(rule's name or "", program's name, when it was earned, minor units)``, oldest first."""

    payout: Payout
    lines: list


def of(payout):
    """The Statement of a payout that has a number."""
    frozen = (
        Transfer.objects.filter(reference=payout.public_id, leg=Leg.RESERVE)
        .select_related("reward__rule", "reward__program")
        .order_by("reward__created_at", "pk")
    )
    return Statement(payout, [_line(each) for each in frozen])


def _line(transfer):
    reward = transfer.reward
    name = reward.rule.name if reward.rule_id else ""
    return name, reward.program.name, reward.created_at, transfer.amount_minor


def numbered(*, storefront, customer=None):
    """Payouts that have a statement, newest first, as a queryset."""
    rows = Payout.objects.filter(storefront=storefront).exclude(state=PayoutState.WAITING)
    rows = rows.select_related("batch", "customer", "storefront").order_by("-pk")
    return rows.filter(customer__in=persons.ids_of(customer)) if customer is not None else rows
