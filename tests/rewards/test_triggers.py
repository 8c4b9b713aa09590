"""Rules on whatever is in the catalogue: joining, signing up, saying something, and what a shop tells of its own."""

import pytest
from django.db import transaction

from advocacy import events as catalogue
from advocacy import ids
from advocacy.outbox.catalogue import TYPES, EventType
from advocacy.outbox.drain import drain
from advocacy.outbox.record import Draft, record
from config import event_handlers
from referrals import events as of_referrals
from rewards.models import Decision
from tests.rewards.scene import NOW, acme, alice_of, balances, person, program_of, rule_of

pytestmark = pytest.mark.django_db
FOR_ADVOCATE = {"friend_kind": "", "minimum_order_minor": 0, "hold_days": 0}
FOR_CUSTOMER = {"advocate_kind": "", "friend_kind": "", "customer_amount_minor": 700, "minimum_order_minor": 0}


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program)


KNOWN = {"program_status": "active", "advocate_status": "active", "currency": None}


class Subject:
    """What an event is about."""

    def __init__(self):
        self.public_id, self.version = ids.uuid7(), 0


def tell(type, subject, *, storefront, **said):
    subject.version += 1
    facts = {name: KNOWN.get(name) for name in type.facts} | said.pop("facts", {})
    with transaction.atomic():
        draft = Draft(type=type, subject=subject, storefront=storefront, facts=facts, occurred_at=NOW, **said)
        record([draft], at=NOW)
    while drain("money", at=NOW):
        pass


def test_a_sign_up_pays_both_sides(program, alice):
    rule_of(program, trigger="referral.created", minimum_order_minor=0, hold_days=0)
    fred = person(program.storefront, "fred")
    tell(
        of_referrals.REFERRAL_CREATED,
        Subject(),
        storefront=program.storefront,
        program=program,
        advocate=alice,
        friend=fred,
        customer=fred,
    )
    assert (balances(alice.customer), balances(fred)) == ({"available": 1000}, {"available": 500})


def test_who_joins_to_advocate_is_welcomed(program, alice, monkeypatch):
    monkeypatch.setitem(event_handlers.HANDLERS, "advocate.enrolled", {"money": [event_handlers.settlement.settle]})
    rule_of(program, trigger="advocate.enrolled", **FOR_ADVOCATE)
    who = {"program": program, "advocate": alice, "customer": alice.customer}
    tell(catalogue.ADVOCATE_ENROLLED, Subject(), storefront=program.storefront, **who)
    assert balances(alice.customer) == {"available": 1000}


def test_a_testimonial_is_thanked_for_while_it_stands(program):
    rule_of(program, trigger="testimonial.published", **FOR_CUSTOMER | {"hold_days": 0})
    gina, words = person(program.storefront, "gina"), Subject()
    who = {"storefront": program.storefront, "program": program, "customer": gina}
    tell(catalogue.TESTIMONIAL_PUBLISHED, words, **who, facts={"stands": True, "rating": 2})
    assert balances(gina) == {"available": 700}
    tell(catalogue.TESTIMONIAL_WITHDRAWN, words, **who, facts={"stands": False, "rating": 2})
    assert balances(gina) == {}
    assert Decision.objects.latest("id").verdicts[0]["reasons"] == {"customer": ["withdrawn"]}
    tell(catalogue.TESTIMONIAL_PUBLISHED, words, **who, facts={"stands": True, "rating": 2})
    assert balances(gina) == {"available": 700}


def test_an_event_type_that_nobody_thought_of_needs_no_change_in_rewards(program, monkeypatch):
    monkeypatch.setattr("advocacy.outbox.catalogue.TYPES", TYPES)
    walked = EventType("dog.walked", "walk", "Somebody walked the shop's dog.", {"metres": "how far"})
    monkeypatch.setattr(event_handlers, "HANDLERS", event_handlers.with_rules({}))
    rule_of(program, trigger="dog.walked", **FOR_CUSTOMER | {"hold_days": 0})
    gina = person(program.storefront, "gina")
    try:
        tell(walked, Subject(), storefront=program.storefront, customer=gina, facts={"metres": 900})
    finally:
        del TYPES["dog.walked"]
    assert balances(gina) == {"available": 700}
    assert Decision.objects.get().facts["metres"] == 900
