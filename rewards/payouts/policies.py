"""Which policy pays what."""

from advocacy.refusals import Refused
from rewards.models import Form, PayoutPolicy, Reward


def named(*, storefront, currency, program=None):
    """The storefront's policy for a currency, or the one of a program of its own. Raises ``Refused``."""
    mine = PayoutPolicy.objects.select_related("storefront").filter(storefront=storefront, currency=currency)
    policy = mine.filter(program=program).first()
    if policy is None:
        raise Refused(
            "no_payout_policy",
            f"Nothing says how {currency} is paid out{' in this program' if program else ''}. "
            "Add a payout policy in the admin.",
            errors={"currency": "has no payout policy"},
        )
    return policy


def of_customer(*, storefront, customer):
    """The policies that pay from lots this customer has; each currency of theirs may have several."""
    lots = Reward.objects.filter(storefront=storefront, recipient=customer, form=Form.CASH)
    programs, units = set(), set()
    for program, unit in lots.values_list("program", "unit").distinct():
        programs.add(program)
        units.add(unit)
    rows = PayoutPolicy.objects.filter(storefront=storefront, currency__in=units).select_related("storefront")
    return [row for row in rows.order_by("program_id", "pk") if row.program_id is None or row.program_id in programs]
