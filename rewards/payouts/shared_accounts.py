"""Payouts of a batch to an account that other people are paid to as well: who approves it is told."""

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from rewards.models import Payee, Payout, PayoutState

# So many are named.
_NAMED = 20
_PERSON = Coalesce("customer__merged_into", "customer__public_id")


def named(batch):
    """``([Payout], more)``: the first of them by number, with their customers, and how many more there are."""
    others = Payee.objects.annotate(person=_PERSON).filter(
        storefront=OuterRef("customer__storefront"), destination_print=OuterRef("destination_print")
    )
    frozen = Payout.objects.filter(batch=batch, state=PayoutState.FROZEN, destination_print__isnull=False)
    frozen = frozen.annotate(person=_PERSON).select_related("customer").order_by("number")
    shared = frozen.filter(Exists(others.exclude(person=OuterRef("person"))))
    return list(shared[:_NAMED]), max(shared.count() - _NAMED, 0)
