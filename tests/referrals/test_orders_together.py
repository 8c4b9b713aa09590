"""Orders that are taken together leave the very rows that they leave one by one."""

import json
import random
import re
from uuid import UUID

import pytest
from django.db import OperationalError, transaction

from advocacy import ids
from advocacy.customers_at_once import OneByOne
from advocacy.models import Customer, Event, Pending
from advocacy.refusals import Refused
from referrals import clicks, orders
from referrals.models import Conversion, Order, OrderIdentifier, Referral, Refund, WaitingFact
from tests import cast
from tests.cast import DAY, HOUR, NOON

KINDS = (Customer, Order, OrderIdentifier, Refund, WaitingFact, Referral, Conversion, Event, Pending)
_PUBLIC_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?:ord|cus|lnk|adv|cnv|clk)_\w+").sub


class Undo(Exception):
    """What was looked at is not kept."""


def left_by(take, *, named=None):
    """Every row that ``take`` left, and its answers, with names in place of ids; then all is undone."""
    with pytest.raises(Undo), transaction.atomic():
        answers = take()
        rows, public = written()
        rows["answers"] = named(answers) if named else [_named(shown(answer), public) for answer in answers]
        raise Undo
    return rows


def shown(answer):
    if isinstance(answer, Refused) or answer.refusal:
        refusal = getattr(answer, "refusal", answer)
        return refusal.code, refusal.message
    sequence = answer.conversion and answer.conversion.sequence
    outcome = (answer.created, answer.replayed, list(answer.reasons), list(answer.warnings), sequence)
    return (answer.order.external_id, *outcome, len(answer.order.conversions.all()))


def written():
    names = {Event: {}, Refund: {}, WaitingFact: {}}
    names[Order] = {row.pk: row.external_id for row in Order.objects.all()}
    guests = {order.customer_id: f"who bought {order.external_id}" for order in Order.objects.order_by("-placed_at")}
    names[Customer] = {row.pk: row.external_id or row.email or guests.get(row.pk, "") for row in Customer.objects.all()}
    names[Referral] = {
        row.pk: f"{names[Customer][row.friend_id]} in {row.program_id}" for row in Referral.objects.all()
    }
    names[Conversion] = {
        row.pk: f"{names[Order][row.order_id]} in {row.program_id}" for row in Conversion.objects.all()
    }
    public = {
        str(row.public_id): f"{kind.__name__} {names[kind][row.pk]}"
        for kind in (Customer, Order, Referral, Conversion)
        for row in kind.objects.all()
    }
    names[Event] = {
        row.pk: f"{row.type} {public.get(str(row.subject_id), '')} {row.version}" for row in Event.objects.all()
    }
    return {kind.__name__: sorted(_row(row, names, public) for row in kind.objects.all()) for kind in KINDS}, public


def _row(row, names, public):
    said = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            value = names.get(field.related_model, {}).get(value, value)
        if not field.primary_key and field.name != "public_id":
            said[field.name] = bytes(value).hex() if isinstance(value, memoryview) else value
    return _named(said, public)


def _named(said, public):
    text = json.dumps(said, sort_keys=True, default=str)
    return _PUBLIC_ID(lambda found: public.get(str(_uuid(found[0])), found[0]), text)


def _uuid(text):
    return ids.decode(text[:3], text) if text[3] == "_" else UUID(text)


@pytest.fixture
def acme():
    """A storefront with two programs, advocates, somebody who bought before, coupons that are links, a click."""
    acme = cast.acme()
    friends = cast.program(acme)
    cast.alice(friends)
    cast.mallory(cast.program(acme, slug="new", name="New only", new_customers_only=True, metadata_keys=["shirt"]))
    orders.record(
        storefront=acme,
        orders=[cast.order("before", customer={"email": "gina@example.com"}, at=NOON - DAY)],
        at=NOON - DAY,
    )
    names = [("charge", "ch_1")]
    refund = {"refund_id": "r1", "amount_minor": 400}
    orders.bring_refund(storefront=acme, names=names, refund=refund, at=NOON - HOUR)
    return acme


def stream(acme, seed, count):
    """What a storefront may send within a second: mostly new orders of new people, and everything else."""
    dice = random.Random(seed)
    click = ids.encode("clk", clicks.record(storefront=acme, code="ALICE-LINK", at=NOON - HOUR)[0].pk)
    people = [{"external_id": f"p{number}"} for number in range(count)]
    people += [{"external_id": name, "email": f"{name}@example.com"} for name in ("gina", "henry", "alice", "ivy")]
    people += [{"email": f"Guest+{number}@gmail.com"} for number in range(3)] + [{}, "ext_alice", "ext_nobody"]
    people += [{"external_id": "p1", "name": "Paul", "traits": {"tier": "gold"}}, {"email": "no address"}]
    hints = [{"referral_code": "alice-link"}, {"coupon_codes": ["SUMMER", "mallory-link"]}, {"click_id": click}]
    hints += [{}, {"referral_code": "NOBODY"}, {"referral_code": "MALLORY-LINK", "click_id": click}]
    extras = [{}, {}, {}, {"status": "pending"}, {"status": "cancelled"}, {"total_minor": 5}, {"total_minor": "5"}]
    extras += [{"placed_at": NOON - 2 * DAY, "paid_at": NOON}, {"placed_at": NOON + HOUR}, {"metadata": {"shirt": 7}}]
    extras += [{"identifiers": {"number": dice.choice("12"), "charge": f"ch_{dice.randint(1, 4)}"}}]
    extras += [
        {"products": [{"line_id": "a", "price_minor": 2500, "quantity": 2}]},
        {"subtotal_minor": 0, "total_minor": 400},
    ]
    sent = []
    for _ in range(count):
        again = dice.choice(sent) if sent and dice.random() < 0.1 else None
        fields = cast.order(str(dice.randint(1, 4 * count)), customer=dice.choice(people))
        sent.append(again or fields | dice.choice(hints) | dice.choice(extras))
    return sent


def by_themselves(acme, sent):
    for fields in sent:
        try:
            yield orders.record(storefront=acme, orders=[fields], at=NOON)[0]
        except Refused as refusal:
            yield refusal


@pytest.mark.parametrize("seed", [1, pytest.param(None, marks=pytest.mark.full)])
def test_orders_taken_together_leave_what_they_leave_one_by_one(db, acme, seed, caplog):
    caplog.set_level("INFO", "referrals.orders.together")
    for each in [seed] if seed else random.sample(range(10**6), 30):
        print("seed", each)
        sent = stream(acme, each, 30)
        alone, together = (
            left_by(take)
            for take in (
                lambda: list(by_themselves(acme, sent)),  # noqa: B023
                lambda: orders.record(storefront=acme, orders=sent, at=NOON),  # noqa: B023
            )
        )
        for kind, rows in alone.items():
            other = [pair for pair in zip(together[kind], rows, strict=True) if pair[0] != pair[1]]
            assert not other, kind
    assert "one by one" not in caplog.text


def _broken(error):
    def create(*_, **__):
        raise error

    return create


@pytest.mark.parametrize(
    ("error", "level"),
    [(ZeroDivisionError("ours"), "ERROR"), (OneByOne(), "INFO"), (OperationalError("the server went away"), "INFO")],
)
@pytest.mark.django_db
def test_only_what_nobody_expects_of_orders_together_is_told_with_its_traceback(
    acme, monkeypatch, caplog, error, level
):
    caplog.set_level("INFO", "referrals.orders.together")
    monkeypatch.setattr("referrals.orders.together.create", _broken(error))
    sent = [cast.order(name, customer={"external_id": name}) for name in ("one", "two")]
    taken = orders.record(storefront=acme, orders=sent, at=NOON)
    assert [each.order.external_id for each in taken] == ["one", "two"]
    (told,) = caplog.records
    assert (told.levelname, bool(told.exc_info)) == (level, level == "ERROR")
