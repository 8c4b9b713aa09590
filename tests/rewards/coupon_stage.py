"""Coupons' stage: a pool with codes, and a rule that pays the advocate from it at once."""

from datetime import timedelta

from advocacy import ids
from advocacy.models import Event
from advocacy.outbox import drain
from referrals import events as catalogue
from rewards.coupons import pools, uploading
from rewards.models import Coupon, Reward
from tests.rewards.scene import (
    NOW,
    conversion_of,
    person,
    rule_of,
    tell,
)

DAY = timedelta(days=1)
TEN_EUROS = {"amount_minor": 1000, "currency": "EUR"}


def pool_of(program, name="Ten euros off", **columns):
    return pools.create(program=program, name=name, at=NOW, **TEN_EUROS | columns)[0]


def code(number):
    return f"CODE-{number:06}"


def stock(pool, numbers, *, at=NOW, **options):
    """Upload codes of these numbers."""
    lines = [(place, code(number)) for place, number in enumerate(numbers, start=2)]
    return uploading.numbered(pool=pool, lines=lines, at=at, **options)


def pays_from(pool, *, side="advocate", **terms):
    """A rule in force since a year that pays this side a code, with no hold."""
    said = {"minimum_order_minor": 0, "hold_days": 0, "advocate_kind": "", "friend_kind": ""}
    said |= {f"{side}_kind": "fixed", f"{side}_form": str(pool.kind), f"{side}_amount_minor": 1000}
    said[f"{side}_pool"] = ids.encode("pol", pool.public_id)
    return rule_of(pool.program, f"A code of {pool.name}", **said | terms)


def states(pool):
    """``{state: how many}`` of its codes."""
    rows = list(Coupon.objects.filter(pool=pool).values_list("state", flat=True))
    return {state: rows.count(state) for state in set(rows)}


def settle(at=NOW):
    while drain.drain("money", at=at):
        pass


def bring(alice, name):
    """A friend who buys; alice's reward for it, settled."""
    conversion = conversion_of(alice, person(alice.storefront, name))
    tell(conversion)
    settle()
    return conversion, Reward.objects.get(subject__public_id=conversion.public_id)


def refund(conversion, amount=5000):
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=amount)
    settle()


def told(kind):
    return [event.facts for event in Event.objects.filter(type=kind).order_by("id")]
