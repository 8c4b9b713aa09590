"""Rules on whatever is in the catalogue: joining, signing up, saying something, and what a shop tells of its own."""

import pytest
from django.db import transaction

from advocacy import events as catalogue
from advocacy import ids
from advocacy.models import Pending
from advocacy.outbox.catalogue import TYPES, EventType
from advocacy.outbox.drain import drain
from advocacy.outbox.record import Draft, record
from config import event_handlers
from referrals import events as of_referrals
from rewards import audit
from rewards.models import Decision
from tests.rewards.scene import NOW, alice_of, balances, person, rule_of

pytestmark = pytest.mark.django_db
FOR_ADVOCATE = {"friend_kind": "", "minimum_order_minor": 0, "hold_days": 0}
FOR_CUSTOMER = {"advocate_kind": "", "friend_kind": "", "customer_amount_minor": 700, "minimum_order_minor": 0}


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
    monkeypatch.setitem(event_handlers.HANDLERS, "advocate.enrolled", {"money": [event_handlers.settling.settle]})
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


def test_an_order_is_rewarded_while_it_is_paid_and_by_what_was_not_given_back(program):
    share = {"customer_kind": "percent", "customer_percent_bp": 1000}
    rule_of(program, trigger="order.recorded", **FOR_CUSTOMER | share | {"hold_days": 0})
    gina, order = person(program.storefront, "gina"), Subject()
    who = {"storefront": program.storefront, "customer": gina}
    facts = said(of_referrals.ORDER_RECORDED) | {"status": "pending", "stands": False}
    tell(of_referrals.ORDER_RECORDED, order, **who, facts=facts)
    assert balances(gina) == {}
    assert Decision.objects.latest("id").verdicts[0]["reasons"] == {"customer": ["order_unpaid"]}
    paid = facts | {"status": "paid", "stands": True}
    tell(of_referrals.ORDER_CHANGED, order, **who, facts=paid)
    assert balances(gina) == {"available": 500}
    tell(of_referrals.ORDER_REFUNDED, order, **who, facts=paid | {"refunded_minor": 2000})
    assert balances(gina) == {"available": 300}
    gone = {"status": "cancelled", "cancelled": True, "stands": False, "refunded_minor": 5000}
    tell(of_referrals.ORDER_CHANGED, order, **who, facts=facts | gone)
    assert balances(gina) == {}
    assert Decision.objects.latest("id").verdicts[0]["reasons"] == {"customer": ["order_cancelled"]}
    assert list(audit.differences()) == []


def test_a_cap_for_each_pair_is_each_customers_own_where_nobody_advocates(program):
    caps = [{"scope": "pair", "period": "all", "measure": "count", "limit": 1, "side": ""}]
    rule_of(
        program, trigger="survey.answered", caps=caps, **FOR_CUSTOMER | {"hold_days": 0, "frequency": "every_order"}
    )
    people = [person(program.storefront, name) for name in ("gina", "hugo")]
    for customer in (*people, *people):
        who = {"storefront": program.storefront, "program": program, "customer": customer}
        tell(TYPES["survey.answered"], Subject(), **who, facts={"stands": True})
    assert [balances(customer) for customer in people] == [{"available": 700}] * 2


KINDS = {"currency": "EUR", "stands": True, "program_status": "active", "advocate_status": "active"}
REVIEWS = {"advocate_review": "clear", "friend_review": "clear"}
GONE = {"stands": False, "cancelled": True, "refunded_minor": 5000}


def said(type):
    """Facts of a type as they are when it happens for the first time."""

    def value(name):
        if name.endswith("_minor"):
            return 0 if "refunded" in name or "change" in name else 5000
        return NOW.isoformat() if name in ("placed_at", "bound_at", "converted_at") else False

    known = KINDS | REVIEWS
    lists = {key: [] for key in ("products", "coupon_codes", "advocate_segments", "friend_segments")}
    return {name: known.get(name, lists.get(name, value(name))) for name in type.facts}


def test_whatever_triggers_a_rule_is_settled_to_its_end(program, monkeypatch):
    monkeypatch.setattr(event_handlers, "HANDLERS", event_handlers.with_rules({}))
    triggers = [each for each in TYPES.values() if each.triggers]
    assert "order.refunded" not in {each.name for each in triggers}
    for number, type in enumerate(triggers):
        side = type.recipients[-1]
        terms = {"advocate_kind": "", "friend_kind": "", "minimum_order_minor": 0, "hold_days": 0}
        terms |= {f"{side}_kind": "fixed", f"{side}_amount_minor": 700}
        rule_of(program, name=type.name, trigger=type.name, **terms)
        fred, subject = person(program.storefront, f"fred {number}"), Subject()
        who = {"storefront": program.storefront, "customer": fred, "friend": fred, "program": program}
        advocate = alice_of(program, name=f"alice {number}")
        who |= {"advocate": advocate} if side != "customer" else {}
        owner = advocate.customer if side == "advocate" else fred
        tell(type, subject, **who, facts=said(type))
        assert balances(owner) == {"available": 700}, type.name
        if "stands" in type.facts:
            tell(type, subject, **who, facts=said(type) | {name: GONE[name] for name in GONE if name in type.facts})
            assert balances(owner) == {}, type.name
    assert not Pending.objects.filter(lane="money").exists()
