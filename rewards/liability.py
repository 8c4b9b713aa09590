"""What the house owes its customers."""

from collections import defaultdict

from django.db.models import Sum

from rewards.models import THEIRS, Account


def owed(*, storefronts):
    """``{storefront id: [{"unit", "pending_minor", "available_minor", "reserved_minor"}]}``, by unit.

    Without those who owe nothing.
    """
    found = (
        Account.objects.filter(storefront__in=storefronts, kind__in=THEIRS)
        .values_list("storefront", "unit", "kind")
        .annotate(Sum("balance_minor"))
        .order_by("storefront", "unit")
    )
    sums = defaultdict(lambda: defaultdict(dict))
    for storefront, unit, kind, total in found:
        sums[storefront][unit][f"{kind}_minor"] = total
    empty = {"pending_minor": 0, "available_minor": 0, "reserved_minor": 0}
    return {
        storefront: [{"unit": unit} | empty | amounts for unit, amounts in units.items()]
        for storefront, units in sums.items()
    }
