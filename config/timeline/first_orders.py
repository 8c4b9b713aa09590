"""Which order of a friend has the reward that is paid for a first one, where another asks for it."""

from advocacy import ids, persons
from referrals.models import Conversion
from rewards.models import Reward, RewardStatus

_KEYS = {"not_first_order", "first_order_taken"}


def of(conversion, told):
    """Steps that name the order, one for each rule that refuses this conversion because of it."""
    decision = told["decisions"][-1] if told["decisions"] else None
    refused = [rule for rule in decision["rules"] if _refuses(rule)] if decision else []
    if not refused:
        return []
    friend = persons.ids_of(conversion.referral.friend)
    others = Conversion.objects.filter(program=conversion.program_id, referral__friend__in=friend)
    orders = dict(others.exclude(pk=conversion.pk).values_list("public_id", "order__external_id"))
    named = [(rule, _order_of(rule, orders)) for rule in refused]
    return [_step(decision, rule, name) for rule, name in named if name]


def _refuses(rule):
    return any(reason["key"] in _KEYS for side in rule["sides"] for reason in side["reasons"])


def _order_of(rule, orders):
    """The shop's id of the order that has the reward of this rule now, or ""."""
    rule_id = ids.decode("rul", rule["rule"])
    given = Reward.objects.filter(rule__public_id=rule_id, subject__public_id__in=list(orders))
    given = given.exclude(status=RewardStatus.REVERSED).order_by("pk")
    first = given.values_list("subject__public_id", flat=True).first()
    return orders.get(first, "")


def _step(decision, rule, name):
    return {
        "at": decision["decided_at"],
        "mood": "info",
        "title": f"“{rule['name']}” is paid for order {name}",
        "detail": "Once per friend, for a first order; ask for that one to read what became of it.",
        "checks": [],
    }
