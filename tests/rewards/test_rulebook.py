"""Rules as they are kept: versions that do not change, offers, refusals."""

import pytest
from django.db import DatabaseError

from advocacy.models import Offer
from advocacy.refusals import Refused
from rewards import rulebook
from rewards.models import RuleVersion
from tests.rewards.scene import (
    GIVE_10,
    NOW,
    acme,
    alice_of,
    person,
    program_of,
    rule_of,
)
from tests.terms import terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program)


@pytest.fixture
def fred(program):
    return person(program.storefront, "fred")


def test_a_rule_version_is_not_changed(program):
    rule_of(program)
    with pytest.raises(DatabaseError, match="save the rule to make a new version"):
        RuleVersion.objects.update(minimum_order_minor=1)


def test_a_saved_version_writes_down_what_it_promises(program):
    version = rule_of(program)
    friend = Offer.objects.get(side="friend")
    assert (friend.amount_minor, friend.unit, friend.minimum_order_minor, friend.hold_days) == (500, "EUR", 2000, 14)
    rulebook.archive(rule=version.rule, at=NOW)
    assert Offer.objects.filter(ends_at=NOW + rulebook.NOTICE).count() == 2


def test_a_rule_does_not_start_in_the_past_by_itself(program):
    with pytest.raises(Refused) as refusal:
        rulebook.save(program=program, name="Give 10", terms=terms(**GIVE_10), at=NOW, starts_at=NOW)
    assert refusal.value.code == "starts_too_early"
    assert RuleVersion.objects.count() == 0


def test_a_rule_says_itself_in_a_sentence(program):
    assert rulebook.sentence(rule_of(program), currency="EUR") == (
        "Give the advocate 10.00 EUR and the friend 5.00 EUR for a friend’s first order of 20.00 EUR or more, "
        "14 days after the payment."
    )


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"advocate_amount_minor": 0}, "advocate_amount_minor"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 10_001}, "advocate_percent_bp"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 1, "advocate_maximum_minor": 0}, "advocate_maximum_minor"),
        ({"advocate_kind": "", "friend_kind": ""}, "benefits"),
    ],
)
def test_an_impossible_rule_is_refused_by_its_field(program, terms, field):
    with pytest.raises(Refused) as refusal:
        rule_of(program, **terms)
    assert field in refusal.value.errors
