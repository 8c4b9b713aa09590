"""The words of an offer: what a rule promises, as each side reads it."""

import pytest
from django.utils import timezone, translation

from advocacy import offers
from advocacy.models import Offer
from tests import cast, pages_stage
from tests.cast import DAY

NO_BREAK = "\u00a0"


def offer(**terms):
    fields = {"kind": "fixed", "amount_minor": 1000, "unit": "EUR", "minimum_order_minor": 4000}
    return Offer(**fields | terms)


PERCENT = {"kind": "percent", "percent_bp": 1250}
EVERY = {"first_order_only": False}


@pytest.mark.parametrize(
    ("terms", "headline", "conditions"),
    [
        ({}, "€10 off your first order", "From €40, once, until 31 December."),
        ({"minimum_order_minor": 0}, "€10 off your first order", "Once, until 31 December."),
        (EVERY, "€10 off every order", "From €40, until 31 December."),
        (
            PERCENT | {"maximum_minor": 2000},
            "12.5% off your first order",
            "From €40, up to €20, once, until 31 December.",
        ),
        (PERCENT | EVERY, "12.5% off every order", "From €40, until 31 December."),
    ],
)
def test_to_the_friend(terms, headline, conditions):
    with translation.override("en"):
        assert offers.to_friend(offer(**terms)) == headline
        assert offers.conditions(offer(**terms), until="31 December") == conditions


@pytest.mark.parametrize(
    ("friend", "advocate", "headline", "sentences"),
    [
        (
            {},
            {},
            "Give €10, get €10",
            "Your friends get €10 off their first order from €40. You get €10 once they keep it.",
        ),
        (
            EVERY,
            PERCENT | EVERY | {"maximum_minor": 1500},
            "Give €10, get 12.5%",
            "Your friends get €10 off every order from €40. You get 12.5% of every order they keep, up to €15 each.",
        ),
        (None, {}, "Get €10 for every friend", "You get €10 once they keep their first order."),
        ({"minimum_order_minor": 0}, None, "Give €10", "Your friends get €10 off their first order."),
        (None, None, "Tell your friends", ""),
    ],
)
def test_to_the_advocate(friend, advocate, headline, sentences):
    promise = offers.Promise(
        offer(**friend) if friend is not None else None, offer(**advocate) if advocate is not None else None
    )
    with translation.override("en"):
        assert (offers.headline(promise), offers.sentences(promise)) == (headline, sentences)


def test_in_german():
    promise = offers.Promise(offer(), offer())
    with translation.override("de"):
        assert offers.headline(promise).replace(NO_BREAK, " ") == "10 € geben, 10 € bekommen"
        assert offers.conditions(offer()).replace(NO_BREAK, " ") == "Ab 40 €, einmal."


def test_only_offers_of_this_program_and_this_moment_are_in_force(program, rival):
    at = timezone.now()
    pages_stage.rule(program)
    pages_stage.rule(cast.program(rival), advocate_amount_minor=99)
    Offer.objects.create(
        program=program,
        side="friend",
        rule_version=program.public_id,
        kind="fixed",
        amount_minor=7777,
        unit="EUR",
        starts_at=at + DAY,
    )
    promise = offers.in_force(program=program, at=at)
    assert (promise.friend.amount_minor, promise.advocate.amount_minor, promise.further) == (1000, 1000, ())
    Offer.objects.filter(amount_minor=1000).update(ends_at=at)
    promise = offers.in_force(program=program, at=at)
    assert (promise.friend, promise.advocate) == (None, None)


def test_the_two_sides_shown_together_are_of_one_rule(program):
    pages_stage.rule(program)
    pages_stage.rule(program, friend_kind="", advocate_amount_minor=300)
    promise = offers.in_force(program=program, at=timezone.now())
    assert (promise.friend.amount_minor, promise.advocate.amount_minor) == (1000, 1000)
    assert [each.amount_minor for each in promise.further] == [300]
