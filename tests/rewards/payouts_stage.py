"""The payouts' stage: cash that is available, payees, policies; what the bank says."""

from datetime import timedelta

import pytest
from django.db import transaction

from advocacy.models import Advocate, Customer, Event, Pending
from referrals import events as catalogue
from rewards import crediting, settlement
from rewards.models import PayoutPolicy, Reward
from rewards.payouts import batches, gathering, payees, results
from tests.rewards import scene
from tests.rewards.scene import NOW, conversion_of, person, rule_of, tell

IBAN = "DE89 3704 0044 0532 0130 00"
OTHER_IBAN = "NL91 ABNA 0417 1643 00"
DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def program():
    program = scene.program_of(scene.acme())
    cash_rule(program)
    return program


@pytest.fixture
def alice(program):
    """She has 25.00 EUR to be paid and an account."""
    alice = scene.alice_of(program)
    earns(alice)
    payee_of(alice.customer)
    return alice


@pytest.fixture
def policy(alice):
    return policy_of(alice.storefront)


def cash_rule(program, amount_minor=2500, **terms):
    """Each conversion brings its advocate so much cash at once."""
    sides = {"advocate_form": "cash", "advocate_amount_minor": amount_minor, "friend_kind": ""}
    return rule_of(program, **{"hold_days": 0, "frequency": "every_order", **sides} | terms)


def earns(advocate, at=NOW, **facts):
    """One conversion by a friend of theirs, settled; returns it, to be changed by further events."""
    number = Customer.objects.filter(storefront=advocate.storefront).count()
    conversion = conversion_of(advocate, person(advocate.storefront, f"friend {number}"))
    _settled(tell(conversion, at=at, **facts), at)
    return conversion


def refunded(conversion, minor, at=NOW):
    _settled(tell(conversion, catalogue.CONVERSION_ADJUSTED, at=at, refunded_minor=minor), at)


def _settled(event, at):
    Pending.objects.filter(event=event).delete()
    with transaction.atomic():
        settlement.settle(events=[event], at=at)
    crediting.release(at=at)


def policy_of(storefront, **columns):
    fields = {"storefront": storefront, "minimum_minor": 2000, "four_eyes_above_minor": 10_000}
    return PayoutPolicy.objects.create(**fields | columns)


def payee_of(customer, iban=IBAN, at=NOW, **fields):
    given = {"name": customer.name.title(), "country": "DE", "iban": iban} | fields
    return payees.put(customer=customer, fields=given, source="portal", at=at)[0]


def exported(policy, at=LATER, by=None):
    batch = gathering.gather(policy=policy, at=at, by=by)
    batches.approve(batch=batch, by=by, at=at)
    return batches.export(batch=batch, at=at)[0]


def said(batch, at=LATER, **by_number):
    """``said(batch, n1="paid")``: the bank's result of number 1."""
    told = [results.Result(name, int(name[1:]), result) for name, result in by_number.items()]
    return results.apply(batch=batch, results=told, at=at)


def lot_of(advocate: Advocate):
    return Reward.objects.get(recipient=advocate.customer)


def waiting(batch):
    return {payout.customer.name: payout.waits_for for payout in batch.payouts.filter(state="waiting")}


def told():
    return list(Event.objects.filter(subject_kind="payout").order_by("pk").values_list("type", flat=True))
