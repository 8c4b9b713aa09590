"""The words of an offer: what a rule promises, as each side reads it."""

import pytest
from django.utils import timezone, translation

from advocacy import offers
from advocacy.models import Offer
from rewards.models import Counter
from tests import cast, pages_stage
from tests.cast import DAY

NO_BREAK = "\u00a0"


def offer(**terms):
    fields = {"kind": "fixed", "amount_minor": 1000, "unit": "EUR", "minimum_order_minor": 4000, "hold_days": 14}
    return Offer(**fields | terms)


PERCENT = {"kind": "percent", "percent_bp": 1250}
EVERY = {"first_order_only": False}
FREE, AT_ONCE = {"minimum_order_minor": 0}, {"hold_days": 0}
COFFEE = {"kind": "per_product", "percent_bp": 1000, "items": [{"by": "category", "values": ["Coffee"]}]}
MANY = {
    "kind": "per_product",
    "items": [{"by": "product", "values": ["A", "B"]}, {"by": "category", "values": [*"BCDE"]}],
}
SIGN_UP = {"trigger": "referral.created", "first_order_only": False} | FREE
POINTS = {"form": "points", "unit": "PTS", "amount_minor": 100} | FREE
MUG = {"form": "custom", "label": "A mug"} | FREE
COUPON, CARD = {"form": "coupon"} | FREE, {"form": "gift_card", "amount_minor": 2500} | FREE


@pytest.mark.parametrize(
    ("terms", "headline", "conditions"),
    [
        ({}, "€10 store credit for your first order", "From €40, once, until 31 December."),
        (FREE, "€10 store credit for your first order", "Once, until 31 December."),
        (EVERY, "€10 store credit for every order", "From €40, until 31 December."),
        ({"form": "cash"}, "€10, paid out to you, for your first order", "From €40, once, until 31 December."),
        (
            PERCENT | {"maximum_minor": 2000},
            "12.5% of your first order as store credit",
            "From €40, up to €20, once, until 31 December.",
        ),
        (PERCENT | EVERY, "12.5% of every order as store credit", "From €40, until 31 December."),
        (PERCENT | EVERY | FREE | {"form": "points"}, "12.5% of every order in points", "Until 31 December."),
        (FREE | {"form": "cash"} | PERCENT, "12.5% of your first order, paid out to you", "Once, until 31 December."),
        (
            COFFEE,
            "up to 10% on certain products of your first order as store credit",
            "For Coffee, from €40, once, until 31 December.",
        ),
        (
            MANY | EVERY | FREE,
            "up to €10 a piece on certain products as store credit for every order",
            "For A, B, C and 2 more, until 31 December.",
        ),
        (POINTS, "100 points for your first order", "Once, until 31 December."),
        (COUPON, "a coupon worth €10 for your first order", "Once, until 31 December."),
        (SIGN_UP | COUPON, "a coupon worth €10 when you sign up", "Until 31 December."),
        (MUG | EVERY, "A mug for every order", "Until 31 December."),
        (
            EVERY | {"order_limit": 3, "months_limit": 12, "conditional": True},
            "€10 store credit for each of your first 3 orders",
            "From €40, for 12 months, until 31 December. Further conditions apply.",
        ),
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
            "Your friends get €10 for their first order from €40. You get €10 once they keep it.",
        ),
        (
            EVERY,
            PERCENT | EVERY | {"maximum_minor": 1500},
            "Give €10, get 12.5%",
            "Your friends get €10 for every order from €40. You get 12.5% of every order they keep, up to €15 each.",
        ),
        (
            None,
            {},
            "Get €10 for every friend",
            "You get €10 once they keep their first order. Orders count from €40.",
        ),
        (FREE, FREE | AT_ONCE, "Give €10, get €10", "Your friends get €10 for their first order. You get €10 for it."),
        (
            None,
            PERCENT | FREE | AT_ONCE | {"maximum_minor": 1500},
            "Get 12.5% for every friend",
            "You get 12.5% of their first order. At most €15 each.",
        ),
        (
            None,
            PERCENT | EVERY | FREE | {"months_limit": 12},
            "Get 12.5% for every friend",
            "You get 12.5% of every order they keep. That is for 12 months.",
        ),
        (
            None,
            {"kind": "tiered", "conditional": True} | FREE,
            "Get up to €10 for every friend",
            "You get up to €10 once they keep their first order. Further conditions apply.",
        ),
        (
            POINTS,
            COFFEE | {"amount_minor": 200, "months_limit": 12} | EVERY | FREE,
            "Give 100 points, get up to 10% on certain products",
            "Your friends get 100 points for their first order. You get up to 10% on certain products of every order "
            "they keep. That is for 12 months. The products: Coffee.",
        ),
        (
            SIGN_UP,
            SIGN_UP | CARD,
            "Give €10, get a gift card worth €25",
            "Your friends get €10 when they sign up. You get a gift card worth €25 for each friend who signs up.",
        ),
        ({"minimum_order_minor": 0}, None, "Give €10", "Your friends get €10 for their first order."),
        (None, None, "Tell your friends", ""),
    ],
)
def test_to_the_advocate(friend, advocate, headline, sentences):
    promise = offers.Promise(
        offer(**friend) if friend is not None else None, offer(**advocate) if advocate is not None else None
    )
    with translation.override("en"):
        assert (offers.headline(promise), " ".join(offers.lines(promise))) == (headline, sentences)


@pytest.mark.parametrize(
    ("further", "headline", "sentences"),
    [
        (
            CARD | {"friends": 5, "repeats": True},
            "Get a gift card worth €25 for every 5 friends",
            "You get a gift card worth €25 for every 5 friends who order.",
        ),
        (MUG | {"friends": 10}, "Get A mug for 10 friends", "You get A mug once 10 friends have ordered."),
        (
            POINTS | {"trigger": "testimonial.published"},
            "Tell your friends",
            "You get 100 points for what you say about us, once it is published.",
        ),
        (POINTS | {"trigger": "survey.answered"}, "Tell your friends", "You get 100 points for answering a survey."),
        (FREE | {"trigger": "advocate.enrolled"}, "Tell your friends", "You get €10 for joining."),
    ],
)
def test_what_is_not_for_a_single_order_stands_beside_it(further, headline, sentences):
    promise = offers.Promise(None, None, (offer(**further),))
    with translation.override("en"):
        assert (offers.headline(promise), " ".join(offers.lines(promise))) == (headline, sentences)


def test_of_several_each_says_its_own_conditions():
    coffee = offer(**COFFEE | {"rule_version": 1} | EVERY | FREE)
    once = offer(rule_version=2, minimum_order_minor=3000)
    own = offer(**PERCENT | EVERY | FREE | AT_ONCE | {"form": "points", "percent_bp": 10_000, "rule_version": 3})
    more = offer(minimum_order_minor=3000, rule_version=2)
    promise = offers.Promise(coffee, own, (more,), (), (once,))
    with translation.override("en"):
        assert offers.lines(promise) == [
            "Your friends get up to 10% on certain products of every order. The products: Coffee.",
            "You get 100% in points of every order.",
            "Your friends get €10 for their first order from €30.",
            "You get €10 once they keep their first order. Orders count from €30.",
        ]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "Alice gets €10 too if you keep your order."),
        (AT_ONCE, "Alice gets €10 too when you order."),
        (SIGN_UP, "Alice gets €10 too when you sign up."),
        (COFFEE, "Alice gets up to 10% on certain products too if you keep your order. The products: Coffee."),
    ],
)
def test_friends_read_that_the_advocate_is_rewarded(terms, said):
    with translation.override("en"):
        assert offers.disclosure(offer(**terms), name="Alice") == said


def test_each_trigger_s_offer_is_in_its_place(program):
    pages_stage.rule(program, trigger="referral.created", frequency="first_order", minimum_order_minor=0, hold_days=0)
    pages_stage.rule(program, friend_kind="", milestone_every=5)
    promise = offers.in_force(program=program, at=timezone.now())
    assert (promise.friend.trigger, promise.advocate.trigger) == ("referral.created", "referral.created")
    assert [each.friends for each in promise.further] == [5]
    pages_stage.rule(program)
    promise = offers.in_force(program=program, at=timezone.now())
    assert (promise.friend.trigger, promise.advocate.trigger) == ("conversion.recorded", "conversion.recorded")
    assert sorted(each.trigger for each in promise.further) == ["conversion.recorded", "referral.created"]


def test_of_a_group_only_the_best_is_promised_and_what_is_not_to_be_had_is_left_out(program):
    limit = {"scope": "program", "period": "all", "measure": "count", "limit": 1, "side": "advocate"}
    one = {"exclusive_group": "boost", "friend_kind": "", "caps": [limit]}
    pages_stage.rule(program, **one)
    double = pages_stage.rule(program, **one, advocate_amount_minor=2000)
    pages_stage.rule(program, **one, advocate_amount_minor=3000, milestone_every=5)
    first = pages_stage.rule(program, **one, advocate_amount_minor=500, priority=1)
    beside = pages_stage.rule(program, friend_kind="", advocate_amount_minor=100, caps=[limit])

    def promised(*without):
        for version in without:
            used = {"cap": "count/program/advocate", "key": program.public_id, "period": "all", "used": 1}
            Counter.objects.get_or_create(rule=version.rule, **used)
        said = offers.in_force(program=program, at=timezone.now())
        return sorted(one.amount_minor for one in (said.advocate, *said.further)), len(said.left_out)

    assert promised() == ([100, 500, 3000], 0)
    assert promised(first) == ([100, 2000, 3000], 1)
    assert promised(first, double, beside) == ([1000, 3000], 3)


def test_in_german():
    promise = offers.Promise(offer(), offer())
    with translation.override("de"):
        assert offers.headline(promise).replace(NO_BREAK, " ") == "10 € geben, 10 € bekommen"
        assert offers.conditions(offer()).replace(NO_BREAK, " ") == "Ab 40 €, einmal."
        named = "Für A, B, C und 2 weitere, ab 40 €, einmal."
        assert offers.conditions(offer(**MANY)).replace(NO_BREAK, " ") == named
        assert offers.named(offer(**MANY)) == "Die Produkte: A, B, C und 2 weitere."


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
