"""Who would be paid by a policy now, how much, from which lots, and what the others wait for."""

import zoneinfo
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q, Sum

from advocacy import persons, terms
from advocacy.models import Advocate, Customer, Side
from rewards import lots as lots_of_wallets
from rewards.models import (
    COUNTED,
    Account,
    AccountKind,
    Form,
    Payee,
    Payout,
    PayoutKind,
    PayoutPolicy,
    Reward,
    TaxLimit,
)
from rewards.payouts import payees
from rewards.payouts.kinds import KINDS

# What expires soonest is paid first, then what is oldest.
ORDER = (F("expires_at").asc(nulls_last=True), "pk")


@dataclass
class Due:
    """One customer. ``waits_for`` is a reason key, or empty; ``numbers`` are what it was decided by."""

    customer: int
    amount_minor: int
    lots: list = field(default_factory=list)
    payee: Payee | None = None
    waits_for: str = ""
    numbers: dict = field(default_factory=dict)

    def parts(self):
        """``[(lot, amount)]`` that add up to the amount: what expires soonest first, then what is oldest."""
        left = self.amount_minor
        for lot in self.lots:
            part = min(lot.available_minor, left)
            if part > 0:
                yield lot, part
                left -= part


def lots(policy):
    """The rewards that this policy pays from, as a queryset; also those below 0."""
    cash = Reward.objects.filter(storefront=policy.storefront_id, form=Form.CASH, unit=policy.currency)
    if policy.program_id:
        cash = cash.filter(program=policy.program_id)
    else:
        own = PayoutPolicy.objects.filter(
            storefront=policy.storefront_id, currency=policy.currency, program__isnull=False
        )
        cash = cash.exclude(program__in=own.values("program"))
    return cash.exclude(available_minor=0).order_by(*ORDER)


def customers(policy):
    """The ids of those who have cash at all: what was paid to others in all the years is not looked at. With them go
    those who were merged, whose other records may owe.
    """
    cash = Account.objects.filter(
        storefront=policy.storefront_id,
        unit=policy.currency,
        kind=AccountKind.AVAILABLE,
        form=Form.CASH,
        balance_minor__gt=0,
    )
    merged = Customer.objects.filter(storefront=policy.storefront_id, merged_into__isnull=False)
    survivors = Customer.objects.filter(public_id__in=merged.values("merged_into"))
    return cash.values("customer").union(merged.values("pk"), survivors.values("pk"))


def by_customer(policy, rows, *, at):
    """``[Due]`` of these lots, by customer; a handful of queries however many they are."""
    rows = list(rows)
    found, balances = defaultdict(list), defaultdict(int)
    owners = persons.owners({lot.recipient_id for lot in rows})
    for lot in rows:
        found[owners.get(lot.recipient_id, lot.recipient_id)].append(lot)
    accounts = Account.objects.filter(
        storefront=policy.storefront_id,
        kind=AccountKind.AVAILABLE,
        form=Form.CASH,
        unit=policy.currency,
        customer__in={*found, *owners},
    )
    for customer, balance in accounts.values_list("customer", "balance_minor"):
        balances[owners.get(customer, customer)] += balance
    judge = Judge(policy, found, owners, at, unaccepted=unaccepted(rows))
    return [judge.due(customer, mine, balances[customer]) for customer, mine in sorted(found.items())]


def unaccepted(rows):
    """The keys of the lots whose advocate has not agreed to the program's terms.

    What an advocate has for a deed of their own, or was given by hand, waits too; what they have as somebody's friend,
    and what customers have who are no advocates, is under no terms of advocates.
    """
    asked = [lot for lot in rows if lot.side != Side.FRIEND and lot.program.terms_version]
    if not asked:
        return set()
    own = {lot.pk: lot.recipient_id for lot in asked if lot.side == Side.CUSTOMER}
    people = persons.people(set(own.values()))
    who = Q(pk__in={lot.advocate_id for lot in asked if lot.pk not in own})
    who |= Q(customer__public_id__in=people.values()) | Q(customer__merged_into__in=people.values())
    who &= Q(program__in={lot.program_id for lot in asked})
    found = list(Advocate.objects.filter(who).select_related("program", "customer"))
    late = terms.missing(found)
    late_people = {(one.program_id, one.customer.person_id) for one in found if one.pk in late}
    return {
        lot.pk
        for lot in asked
        if (lot.advocate_id in late if lot.pk not in own else (lot.program_id, people[own[lot.pk]]) in late_people)
    }


def waits_for_terms(lot):
    """Whether what a lot has in cash is not paid out before its advocate agrees to the terms."""
    return lot.form == Form.CASH and lot.available_minor > 0 and bool(unaccepted([lot]))


class Judge:
    """Says of each customer what is due and what it waits for; reads once what it needs of all of them."""

    def __init__(self, policy, customers, owners, at, *, unaccepted):
        self.policy, self.at, self.kind, self.unaccepted = policy, at, KINDS[policy.kind], unaccepted
        # A gift card is given whole, one a payout.
        self.card = policy.pool.amount_minor if policy.kind == PayoutKind.GIFT_CARD and policy.pool else None
        people = {*customers, *owners}
        self.payees = _payees(people, owners)
        # A gift card goes to an address, which is gone with its person.
        erased = Customer.objects.filter(pk__in=people).exclude(erased_at=None)
        self.erased = set(erased.values_list("pk", flat=True)) if self.card else set()
        limits = TaxLimit.objects.filter(storefront=policy.storefront_id, currency=policy.currency)
        self.limits = dict(limits.values_list("country", "yearly_limit_minor"))
        self.paid = paid_this_year(policy, people, owners, at) if self.limits else {}

    def due(self, customer, mine, balance):
        free = [lot for lot in mine if not self._held_by(lot)]
        amount = self._payable(free, balance)
        due = Due(customer, amount, self._lasting(free), self.payees.get(customer))
        due.waits_for, due.numbers = self._waits_for(due, mine)
        if self.card and not due.waits_for:
            due.amount_minor = self.card
        if not amount:
            # Shown is what would be theirs.
            due.amount_minor = self._payable(mine, balance)
        return due

    def _held_by(self, lot):
        """The reason key of why a lot is not paid out, or ""."""
        return lot.held_by or ("terms_not_accepted" if lot.pk in self.unaccepted else "")

    def _payable(self, rows, balance):
        """What is past its time pays debts and nothing else, also before somebody has taken it away."""
        lasting = sum(max(lot.available_minor, 0) for lot in self._lasting(rows))
        return max(min(lasting, sum(lot.available_minor for lot in rows), balance), 0)

    def _lasting(self, rows):
        return [lot for lot in rows if not lots_of_wallets.is_over(lot, self.at)]

    def _waits_for(self, due, mine):
        held = next((key for lot in mine if (key := self._held_by(lot))), "")
        minimum = max(self.policy.minimum_minor, self.card or 0)
        if due.amount_minor < minimum:
            if held:
                return held, {}
            return "minimum_payout", {"threshold": minimum, "input": due.amount_minor}
        return self._of_payee(due.payee, self.card or due.amount_minor, due.customer)

    def _of_payee(self, payee, amount, customer):
        if self.kind.needs and (payee is None or payee.destination_kind not in self.kind.needs):
            return "payee_missing", {}
        if payee is None:
            return ("payee_missing", {}) if customer in self.erased else ("", {})
        until = payees.held_until(payee)
        if until and until > self.at:
            return "payee_changed", {"until": until.isoformat()}
        if self.kind.needs and (wrong := self.kind.wrong(payee)):
            return wrong, {}
        limit = self.limits.get(payee.country)
        year = self.paid.get(customer, 0) + amount
        if limit is not None and year > limit and not payee.tax_form_since:
            return "tax_form_missing", {"threshold": limit, "input": year}
        return "", {}


def year_of(storefront, at):
    """The beginning and the end of the year of this moment, in the storefront's time zone."""
    zone = zoneinfo.ZoneInfo(storefront.time_zone)
    year = at.astimezone(zone).year
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def _payees(people, owners):
    """``{survivor: Payee}``; the survivor's own, or that of another of their records."""
    found = {}
    rows = Payee.objects.filter(customer__in=people).order_by("pk")
    for row in sorted(rows, key=lambda row: row.customer_id in owners):
        found.setdefault(owners.get(row.customer_id, row.customer_id), row)
    return found


def paid_this_year(policy, people, owners, at):
    """``{survivor: minor}`` of what was paid to them this year or is on its way."""
    since, until = year_of(policy.storefront, at)
    paid = defaultdict(int)
    sums = (
        Payout.objects.filter(
            storefront=policy.storefront_id, customer__in=list(people), currency=policy.currency, state__in=COUNTED
        )
        .filter(Q(paid_at__gte=since, paid_at__lt=until) | Q(paid_at=None, made_at__gte=since, made_at__lt=until))
        .values_list("customer")
        .annotate(Sum("amount_minor"))
    )
    for customer, amount in sums:
        paid[owners.get(customer, customer)] += amount
    return paid
