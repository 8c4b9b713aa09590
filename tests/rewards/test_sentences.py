"""Every rule shows itself as one plain sentence."""

from datetime import UTC, datetime

import pytest

from advocacy.models import Program
from rewards import rulebook
from rewards.models import Rule, RuleVersion
from tests.terms import terms

POOL = "pol_019aab527b407cc39a516f0f3f"
TEN, FIVE = {"advocate_amount_minor": 1000}, {"friend_amount_minor": 500}
PERCENT = {"advocate_kind": "percent", "advocate_percent_bp": 1000}
EVERY = {"frequency": "every_order"}
TIERS = {
    "measure": "conversions",
    "period": "month",
    "steps": [{"from": 1, "amount_minor": 500}, {"from": 3, "amount_minor": 1000}],
}
FALLING = {"measure": "conversions", "period": "month", "reading": "whole"} | {
    "steps": [{"from": 1, "amount_minor": 800}, {"from": 5, "amount_minor": 500}]
}
BY_REVENUE = {
    "measure": "revenue",
    "period": "year",
    "reading": "whole",
    "steps": [{"from": 0, "percent_bp": 500}, {"from": 100_000, "percent_bp": 750}],
}
ITEMS = [
    {"by": "category", "values": ["coffee"], "percent_bp": 1000},
    {"by": "product", "values": ["mug", "cup"], "amount_minor": 200},
]


def cap(measure, scope, period, limit, **side):
    return {"measure": measure, "scope": scope, "period": period, "limit": limit} | side


SENTENCES = [
    (
        PERCENT
        | {"advocate_maximum_minor": 1500, "minimum_order_minor": 2000, "hold_days": 14, "hold_from": "delivery"}
        | {"caps": [cap("count", "advocate", "month", 5)]},
        "Give the advocate 10 % of a friend’s first order of 20.00 EUR or more, up to 15.00 EUR each, "
        "at most 5 a month, 14 days after the delivery (digital goods at once).",
    ),
    (
        TEN | FIVE,
        "Give the advocate 10.00 EUR and the friend 5.00 EUR for a friend’s first order, 14 days after "
        "the payment (digital goods at once).",
    ),
    (
        PERCENT | EVERY | FIVE | {"advocate_maximum_minor": 1500, "hold_days": 1, "hold_from": "order"},
        "Give the advocate 10 % of the revenue, up to 15.00 EUR each, and the friend 5.00 EUR for every order of a "
        "friend, 1 day after the order (digital goods at once).",
    ),
    (
        PERCENT | EVERY | {"months_limit": 12, "hold_days": 0},
        "Give the advocate 10 % of every order of a friend, within 12 months of their first order, at once.",
    ),
    (
        TEN | EVERY | {"order_limit": 3, "months_limit": 1, "months_from": "binding", "hold_days": 0},
        "Give the advocate 10.00 EUR for each of a friend’s first 3 orders, within 1 month of joining, at once.",
    ),
    (
        {"advocate_kind": "tiered", "advocate_tiers": TIERS, "hold_days": 0},
        "Give the advocate 5.00 EUR (from their friends’ 3rd order in a month 10.00 EUR) for a friend’s first order, "
        "at once.",
    ),
    (
        {"advocate_kind": "tiered", "advocate_tiers": BY_REVENUE, "advocate_form": "points", "hold_days": 0} | EVERY,
        "Give the advocate 5 % in points (from 1000.00 EUR of their friends’ revenue in a year 7.5 % in points; when "
        "the year ends, all of it is raised to the tier reached) for every order of a friend, at once.",
    ),
    (
        {"advocate_kind": "tiered", "advocate_tiers": FALLING, "hold_days": 0},
        "Give the advocate 8.00 EUR (from their friends’ 5th order in a month 5.00 EUR; when the month ends, all of it "
        "is set to the tier reached) for a friend’s first order, at once.",
    ),
    (
        {"advocate_kind": "per_product", "advocate_items": ITEMS, "advocate_minimum_minor": 100, "hold_days": 0},
        "Give the advocate 10 % of the category coffee and 2.00 EUR for each piece of the products cup, mug, at least "
        "1.00 EUR each for a friend’s first order, at once.",
    ),
    (
        {"advocate_form": "gift_card", "advocate_amount_minor": 2500, "advocate_pool": POOL, "milestone_every": 5}
        | {"hold_days": 0, "minimum_order_minor": 2000},
        "Give the advocate a gift card worth 25.00 EUR for every 5th friend who keeps an order of 20.00 EUR "
        "or more, at once.",
    ),
    (
        {"advocate_form": "custom", "advocate_label": "A mug", "milestone_every": 12, "milestone_repeats": False},
        "Give the advocate “A mug” for the 12th friend who keeps an order, 14 days later (digital goods at once).",
    ),
    (
        {"advocate_form": "cash", "hold_days": 30}
        | TEN
        | {"caps": [cap("amount", "program", "all", 100_000), cap("amount", "pair", "year", 5000)]},
        "Give the advocate 10.00 EUR in cash for a friend’s first order, with a budget of 1000.00 EUR, at most 50.00 "
        "EUR a year for each advocate and friend, 30 days after the payment (digital goods at once).",
    ),
    (
        {"trigger": "referral.created", "friend_form": "coupon", "friend_pool": POOL, "hold_days": 0} | FIVE,
        "Give the friend a coupon worth 5.00 EUR when a friend signs up, at once.",
    ),
    (
        {"trigger": "testimonial.published", "customer_form": "points", "customer_amount_minor": 100, "hold_days": 3},
        "Give the customer 100 points when a testimonial is published, once for each person, 3 days later.",
    ),
    (
        {"trigger": "survey.answered", "customer_form": "points", "customer_amount_minor": 1, "hold_days": 0}
        | {**EVERY, "order_limit": 2, "expires_days": 90},
        "Give the customer 1 point when a survey is answered, at most 2 times for each person, at once, to be spent "
        "within 90 days.",
    ),
    (
        TEN
        | {"exclusive_group": "boost", "priority": 10, "hold_days": 0, "hold_from": "delivery"}
        | {"ends_at": datetime(2026, 3, 8, 23, tzinfo=UTC)},
        "Give the advocate 10.00 EUR for a friend’s first order, right after the delivery, only the best of the group "
        "“boost” (priority 10), until 9 Mar 2026, 00:00.",
    ),
    (
        TEN
        | {"minimum_order_minor": 4000, "hold_days": 0}
        | {"per_currency": {"USD": {"minimum_order_minor": 4500, "advocate": {"amount_minor": 1100}}}},
        "Give the advocate 10.00 EUR for a friend’s first order of 40.00 EUR or more, in USD from 45.00 USD, the "
        "advocate 11.00 USD, at once.",
    ),
    (
        TEN
        | {"hold_days": 0}
        | {
            "conditions": [
                {"field": "new_customer", "op": "is", "value": True},
                {
                    "any": [
                        {"field": "country", "op": "one_of", "value": ["DE", "AT"]},
                        {"field": "categories", "op": "one_of", "value": ["coffee"]},
                    ]
                },
            ]
        },
        "Give the advocate 10.00 EUR for a friend’s first order, with a new customer, either with country DE or AT or "
        "with a product of the category coffee, at once.",
    ),
    (
        TEN | FIVE | {"friend_form": "points", "caps": [cap("amount", "advocate", "day", 2000, side="friend")]},
        "Give the advocate 10.00 EUR and the friend 500 points for a friend’s first order, at most 2000 points of the "
        "friend’s a day for each advocate, 14 days after the payment (digital goods at once).",
    ),
]


@pytest.mark.parametrize(("said", "sentence"), SENTENCES)
def test_a_rule_says_what_it_does(said, sentence):
    program = Program(currency="EUR", time_zone="Europe/Berlin", points_per_unit=100)
    version = RuleVersion(rule=Rule(program=program, name="Some"), **terms(**said))
    assert rulebook.sentence(version, currency="EUR") == sentence
