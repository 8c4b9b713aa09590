"""What each payee was paid in a year: what tax forms are made from."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from advocacy import ids, money, persons
from advocacy.models import Advocate, Customer, Side
from rewards.models import Form, Payee, Payout, PayoutState, Reward
from rewards.payouts import payees

HEADER = (
    *("year", "customer", "external_id", "name", "country", "kind", "vat_id", "tax_form_since"),
    *("payouts", "amount", "currency"),
)


@dataclass(frozen=True)
class Total:
    """``payee`` is None for who was only given gift cards and never said who they are."""

    customer: Customer
    payee: Payee | None
    currency: str
    payouts: int
    amount_minor: int


def cash_of(*, program, advocates):
    """``[(minor units, currency)]`` of the cash that these advocates have in the program and have not been paid."""
    people = advocates.values("public_id")
    rows = Advocate.objects.filter(Q(public_id__in=people) | Q(merged_into__in=people))
    earned, own = Q(advocate__in=rows, side=Side.ADVOCATE), Q(recipient__in=rows.values("customer"), side=Side.CUSTOMER)
    cash = Reward.objects.filter(earned | own, program=program, form=Form.CASH)
    sums = cash.values_list("unit").annotate(Sum("available_minor")).order_by("unit")
    return [(minor, unit) for unit, minor in sums if minor > 0]


def of_year(*, storefront, year):
    """A Total per person and currency of what was paid in the year (and not returned), in the storefront's zone.

    Whoever was merged is one of them, also for what was paid to each record before.
    """
    zone = ZoneInfo(storefront.time_zone)
    since, until = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    sums = (
        Payout.objects.filter(storefront=storefront, state=PayoutState.PAID, paid_at__gte=since, paid_at__lt=until)
        .values_list("customer", "currency")
        .annotate(Count("pk"), Sum("amount_minor"))
    )
    owners = persons.owners({customer for customer, *_ in sums})
    found = defaultdict(lambda: (0, 0))
    for customer, currency, count, total in sums:
        place = owners.get(customer, customer), currency
        found[place] = found[place][0] + count, found[place][1] + total
    people = Customer.objects.in_bulk([customer for customer, _ in found])
    known = payees.of(persons.customers({row.public_id for row in people.values()}))
    return [
        Total(people[customer], known.get(people[customer].public_id), currency, *found[customer, currency])
        for customer, currency in sorted(found)
    ]


def table(*, storefront, year):
    """The rows of a CSV under ``HEADER``."""
    for total in of_year(storefront=storefront, year=year):
        person, payee = total.customer, total.payee
        who = (year, ids.encode("cus", person.public_id), person.external_id)
        known = (payee.name, payee.country, payee.kind, payee.vat_id, payee.tax_form_since) if payee else ("",) * 5
        amount = Decimal(total.amount_minor).scaleb(-money.decimals(total.currency))
        yield (*who, *known, total.payouts, amount, total.currency)
