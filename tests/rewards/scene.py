"""Settlement's stage: a program with a rule, alice who advocates, fred who buys; conversions as bare events."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from advocacy import ids
from advocacy.models import Advocate, Customer, Program, Storefront
from advocacy.outbox.drain import drain
from advocacy.outbox.record import Draft, record
from referrals import events as catalogue
from referrals.models import FraudPolicy
from rewards import rulebook
from rewards.models import Account, Correction, Reward
from tests.terms import terms as terms_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GIVE_10 = {
    "frequency": "first_order",
    "minimum_order_minor": 2000,
    "advocate_kind": "fixed",
    "advocate_amount_minor": 1000,
    "friend_kind": "fixed",
    "friend_amount_minor": 500,
    "hold_days": 14,
}


@dataclass
class Conversion:
    """What ``referrals`` would keep of a conversion: enough to record its events."""

    program: Program
    advocate: Advocate
    friend: Customer
    public_id: object = field(default_factory=ids.uuid7)
    version: int = 0
    facts: dict = field(default_factory=dict)


def person(storefront, name):
    return Customer.objects.create(
        storefront=storefront, external_id=name, name=name, created_at=NOW, updated_at=NOW, recorded_at=NOW
    )


def people(storefront, count):
    """Many customers at once."""
    rows = [
        Customer(storefront=storefront, external_id=f"friend {number}", created_at=NOW, updated_at=NOW, recorded_at=NOW)
        for number in range(count)
    ]
    return Customer.objects.bulk_create(rows)


def acme(slug="acme"):
    return Storefront.objects.create(name=slug.title(), slug=slug)


def program_of(storefront, **columns):
    """Its orders are not checked: they are bare events of one moment."""
    made = Program.objects.create(
        **{"storefront": storefront, "name": "Friends", "slug": "friends", "destination": "https://acme.example/"}
        | columns
    )
    FraudPolicy.objects.create(program=made, active=False)
    return made


def alice_of(program, name="alice"):
    return Advocate.objects.create(
        storefront=program.storefront,
        program=program,
        customer=person(program.storefront, name),
        display_name=name,
        enrolled_at=NOW,
    )


def rule_of(program, name="Give 10", **terms):
    """A rule in force since a year."""
    return rulebook.save(
        program=program,
        name=name,
        terms=terms_of(**GIVE_10 | terms),
        at=NOW,
        starts_at=NOW - timedelta(days=365),
        from_the_past=True,
        accepted=True,
    )


def correction_of(version):
    """One that was withdrawn."""
    said = {"terms": {"hold_days": 0}, "reason": "Wrong days", "state": "withdrawn"}
    return Correction.objects.create(
        storefront=version.rule.program.storefront,
        rule_version=version,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        proposed_at=NOW,
        **said,
    )


def conversion_of(advocate, friend):
    return Conversion(program=advocate.program, advocate=advocate, friend=friend)


def tell(conversion, type=catalogue.CONVERSION_RECORDED, at=NOW, **changes):
    """Record the conversion's next event, with these facts changed."""
    with transaction.atomic():
        return record([_draft(conversion, type, at, changes)], at=at)[0]


def tell_many(conversions, at=NOW):
    """Record the first event of many conversions at once."""
    with transaction.atomic():
        record([_draft(conversion, catalogue.CONVERSION_RECORDED, at, {}) for conversion in conversions], at=at)


def settle(at=NOW):
    """Until lane money is empty."""
    while drain("money", at=at):
        pass


def _draft(conversion, type, at, changes):
    defaults = {
        "order": str(conversion.public_id),
        "sequence": 1,
        "converted_at": NOW.isoformat(),
        "bound_at": NOW.isoformat(),
        "first_order_at": NOW.isoformat(),
        "placed_at": NOW.isoformat(),
        "paid_at": NOW.isoformat(),
        "shipped_at": None,
        "delivered_at": None,
        "digital": False,
        "earlier_orders": 0,
        "new_customer": True,
        "advocate_segments": [],
        "friend_segments": [],
        "advocate_tier": "",
        "friend_tier": "",
        "products": [],
        "coupon_codes": [],
        "metadata": {},
        "currency": "EUR",
        "basis_minor": 5000,
        "refunded_minor": 0,
        "cancelled": False,
        "goods_minor": 5000,
        "revenue_minor": 5000,
        "country": "DE",
        "channel": "",
        "method": "click",
        "days_since_signup": 0,
        "advocate_review": "clear",
        "friend_review": "clear",
        "risk_points": 0,
        "risk_checks": [],
        "rejected_because": "",
        "advocate_status": conversion.advocate.status,
        "program_status": conversion.program.status,
        "stands": True,
        "friends_change": 0,
    }
    conversion.facts = defaults | conversion.facts | changes
    conversion.version += 1
    return Draft(
        type=type,
        subject=conversion,
        storefront=conversion.program.storefront,
        customer=conversion.friend,
        program=conversion.program,
        advocate=conversion.advocate,
        friend=conversion.friend,
        facts=conversion.facts,
        occurred_at=at,
    )


def balances(customer):
    """``{kind: minor units}`` of a customer's accounts that are not empty."""
    rows = Account.objects.filter(customer=customer).exclude(balance_minor=0)
    return {row.kind: row.balance_minor for row in rows}


def reward_of(customer):
    return Reward.objects.get(recipient=customer)
