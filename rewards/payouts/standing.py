"""What a customer reads of their cash: what is payable, when, what it waits for, and what was paid."""

import zoneinfo
from dataclasses import dataclass
from datetime import date, timedelta

from advocacy import persons
from rewards.models import PayoutPolicy, PayoutSchedule
from rewards.payouts import due, policies, scheduling


@dataclass(frozen=True)
class Standing:
    """By one policy. ``next_day`` is None where somebody makes the batches by hand."""

    policy: PayoutPolicy
    amount_minor: int
    waits_for: str
    numbers: dict
    next_day: date | None


def of(*, storefront, customer, at):
    """A Standing per policy that pays this customer; none for who never had cash."""
    return [
        _standing(policy, customer, at) for policy in policies.of_customer(storefront=storefront, customer=customer)
    ]


def _standing(policy, customer, at):
    rows = due.lots(policy).filter(recipient__in=persons.ids_of(customer)).select_related("advocate", "program")
    found = next(iter(due.by_customer(policy, rows, at=at)), None)
    minimum = {"threshold": policy.minimum_minor, "input": 0}
    amount, waits_for, numbers = (
        (found.amount_minor, found.waits_for, found.numbers) if found else (0, "minimum_payout", minimum)
    )
    return Standing(policy, amount, waits_for, numbers, _next_day(policy, at))


def _next_day(policy, at):
    if policy.schedule == PayoutSchedule.MANUAL:
        return None
    today = at.astimezone(zoneinfo.ZoneInfo(policy.storefront.time_zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(1, 32))
    return next(day for day in days if scheduling.newest_day(policy, day) == day)
