"""Which policy pays what, and how a program says it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from advocacy import ids, persons
from advocacy.models import Storefront
from advocacy.refusals import Refused
from rewards.models import CouponPool, Form, PayoutPolicy, Reward, TaxLimit


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
    lots = Reward.objects.filter(storefront=storefront, recipient__in=persons.ids_of(customer), form=Form.CASH)
    programs, units = set(), set()
    for program, unit in lots.values_list("program", "unit").distinct():
        programs.add(program)
        units.add(unit)
    rows = PayoutPolicy.objects.filter(storefront=storefront, currency__in=units).select_related("storefront")
    return [row for row in rows.order_by("program_id", "pk") if row.program_id is None or row.program_id in programs]


def put(*, storefront, program, fields, at):
    """``(policy, whether it is new)`` of the fields' currency; what they leave out stays. Raises ``Refused`` by field.

    ``fields``: columns by name, ``pool`` by its public id. The limit for a second person is not among them: people
    change it (``rewards.limits``).
    """
    with transaction.atomic():
        Storefront.objects.select_for_update(no_key=True).get(pk=storefront.pk)
        mine = {"storefront": storefront, "program": program, "currency": fields["currency"]}
        known = PayoutPolicy.objects.filter(**mine).select_related("storefront", "program", "pool").first()
        policy = known or PayoutPolicy(**mine, created_at=at)
        for name, value in fields.items():
            setattr(policy, name, _pool(storefront, value) if name == "pool" else value)
        try:
            policy.full_clean()
        except ValidationError as error:
            told = {name: " ".join(said) for name, said in error.message_dict.items()}
            raise Refused("invalid_policy", "This payout policy cannot be: see the fields.", errors=told) from error
        policy.save()
    return policy, known is None


def _pool(storefront, name):
    pool = CouponPool.objects.filter(program__storefront=storefront, public_id=ids.decode("pol", name)).first()
    if pool is None:
        raise Refused("unknown_pool", "No pool has this id.", errors={"pool": "is no pool of yours; write pol_…"})
    return pool


def put_tax_limit(*, storefront, country, currency, yearly_limit_minor):
    """``(limit, whether it is new)``."""
    return TaxLimit.objects.update_or_create(
        storefront=storefront, country=country, currency=currency, defaults={"yearly_limit_minor": yearly_limit_minor}
    )
