"""Conversions that wait to be settled: rows and events as intake leaves them, written in bulk."""

import itertools

from django.db import connection, transaction

from advocacy.models import Advocate, Customer, Pending, Program, Storefront, bulk
from advocacy.outbox.record import Draft, record
from bench import ground
from referrals import conversion_facts, events
from referrals.models import Conversion, FraudPolicy, Order, OrderStatus, Referral
from rewards import rulebook
from rewards.models import Account, Decision, Reward

_FIRST = {
    "sequence": 1,
    "frozen": {
        "first_order_at": ground.NOW.isoformat(),
        "earlier_orders": 0,
        "new_customer": True,
        "advocate_segments": [],
        "friend_segments": [],
        "advocate_tier": "",
        "friend_tier": "",
        "metadata": {},
    },
}
_numbers = itertools.count()


def program(rules, *, advocates, fraud=False):
    """A program with these rules in force, ``{name: terms}``, and its advocates.

    ``fraud``: its orders are checked. By default they are not: what settling costs is measured by itself.
    """
    storefront = Storefront.objects.create(name="Acme", slug="acme")
    made = Program.objects.create(
        storefront=storefront, name="Friends", slug="friends", destination="https://acme.example/"
    )
    FraudPolicy.objects.create(program=made, active=fraud)
    for name, terms in rules.items():
        rulebook.save(
            program=made,
            name=name,
            terms=terms,
            at=ground.NOW,
            starts_at=ground.LONG_AGO,
            from_the_past=True,
            accepted=True,
        )
    found = people(storefront, advocates)
    rows = [Advocate(storefront=storefront, program=made, customer=person, enrolled_at=ground.NOW) for person in found]
    return made, bulk.insert(rows)


def convert(program, advocates, *, number):
    """So many new friends of the advocates have each bought once; the events wait in lane money."""
    shared = {"storefront": program.storefront, "recorded_at": ground.NOW}
    placed = {"placed_at": ground.NOW, "paid_at": ground.NOW, "updated_at": ground.NOW, "status": OrderStatus.PAID}
    amounts = {"currency": program.currency, "subtotal_minor": 5000, "revenue_minor": 5000, "total_minor": 5000}
    with transaction.atomic():
        friends = people(program.storefront, number)
        bonds = [
            Referral(program=program, advocate=advocate, friend=friend, method="code", bound_at=ground.NOW, **shared)
            for advocate, friend in zip(itertools.cycle(advocates), friends, strict=False)
        ]
        orders = [
            Order(customer=friend, external_id=friend.external_id, digest=b"", **shared | placed | amounts)
            for friend in friends
        ]
        conversions = [
            Conversion(program=program, referral=bond, order=order, converted_at=order.paid_at, **_FIRST | shared)
            for bond, order in zip(bulk.insert(bonds), bulk.insert(orders), strict=True)
        ]
        record([_draft(conversion) for conversion in bulk.insert(conversions)], at=ground.NOW)
        Pending.objects.exclude(lane="money").delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def people(storefront, number):
    rows = [
        Customer(
            storefront=storefront,
            external_id=str(next(_numbers)),
            created_at=ground.NOW,
            updated_at=ground.NOW,
            recorded_at=ground.NOW,
        )
        for _ in range(number)
    ]
    return bulk.insert(rows)


def _draft(conversion):
    conversion.version = 1
    referral = conversion.referral
    return Draft(
        type=events.CONVERSION_RECORDED,
        subject=conversion,
        storefront=conversion.storefront,
        program=conversion.program,
        customer=referral.friend,
        advocate=referral.advocate,
        friend=referral.friend,
        facts=conversion_facts.of(conversion, cancelled=False, friends_change=1),
        occurred_at=conversion.converted_at,
    )


def check(*, conversions):
    """Each must have been decided and given its two rewards, and nothing is left waiting."""
    rewards, pending = Reward.objects.count(), Pending.objects.filter(lane="money").count()
    decisions = Decision.objects.count()
    owed = sum(Account.objects.filter(customer__isnull=False).values_list("balance_minor", flat=True))
    if (rewards, decisions, pending, owed) != (2 * conversions, conversions, 0, 1500 * conversions):
        raise SystemExit(
            f"{rewards} rewards of {owed} in {decisions} decisions, {pending} waiting: not what it should."
        )
    print(f"{conversions} conversions gave {rewards} rewards")
