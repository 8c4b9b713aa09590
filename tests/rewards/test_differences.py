"""The history of a rule tells each column of its versions and each part of its benefits: none is left out."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from advocacy.models import Program
from rewards.admin.differences import differences, in_sentences
from rewards.models import Rule, RuleVersion
from rewards.rules import periods
from rewards.rules.terms import FORMS, KINDS, SCOPES, Benefit, Item, Step, Tiers

START, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 3, 22, 0, tzinfo=UTC)
TEN = {"advocate": {"form": "credit", "kind": "fixed", "amount_minor": 1000}}
# What a version is beside its terms; its start stands in the head of each version.
NO_TERMS = {"id", "public_id", "rule", "number", "created_at", "corrects", "starts_at", "own_ends_at"}
CHANGED = {
    "trigger": ("testimonial.published", "It begins when"),
    "frequency": ("every_order", "How often"),
    "order_limit": (3, "At most so many times"),
    "months_limit": (12, "For so many months"),
    "months_from": ("binding", "Months count from when"),
    "milestone_every": (5, "For so many friends who ordered"),
    "milestone_repeats": (False, "And then"),
    "minimum_order_minor": (4000, "Minimum order"),
    "conditions": ([{"field": "country", "op": "one_of", "value": ["DE", "AT"]}], "Conditions"),
    "benefits": ({"advocate": TEN["advocate"] | {"amount_minor": 1500}}, "The advocate’s amount"),
    "caps": ([{"scope": "advocate", "period": "month", "measure": "count", "limit": 5}], "Limits"),
    "per_currency": ({"USD": {"advocate": {"amount_minor": 1100}}}, "Amounts in other currencies"),
    "hold_days": (30, "Wait"),
    "hold_from": ("payment", "Counted from"),
    "delivery_allowance_days": (3, "Delivery takes"),
    "digital_at_once": (False, "Digital goods"),
    "expires_days": (365, "Expiry"),
    "priority": (10, "Priority"),
    "exclusive_group": ("boost", "Group"),
    "ends_at": (LATER, "End"),
}
STEPS = [{"from": 1, "amount_minor": 500}, {"from": 5, "percent_bp": 800}]
TIERS = {"measure": "conversions", "period": "month", "reading": "marginal", "steps": STEPS}
ITEMS = [{"by": "category", "values": ["coffee"], "percent_bp": 1000}]
PARTS = {
    "kind": [{"kind": kind} for kind in KINDS],
    "form": [{"form": form} for form in FORMS],
    "amount_minor": [{"amount_minor": 1000}, {"amount_minor": 1500}],
    "percent_bp": [{"percent_bp": 1000}, {"percent_bp": 750}],
    "minimum_minor": [{}, {"minimum_minor": 100}],
    "maximum_minor": [{}, {"maximum_minor": 2000}],
    "pool": [{}, {"pool": "pol_unknown"}],
    "label": [{}, {"label": "a mug"}],
}
WITHIN_TIERS = {
    "measure": {"measure": "revenue"},
    "period": {"period": "year"},
    "reading": {"reading": "whole"},
    "steps": {"steps": STEPS[:1]},
}
WITHIN_STEPS = {"start": {"from": 2}, "amount_minor": {"amount_minor": 600}, "percent_bp": {"percent_bp": 100}}
WITHIN_ITEMS = {
    "by": {"by": "product"},
    "values": {"values": ["coffee", "tea"]},
    "amount_minor": {"amount_minor": 200, "percent_bp": 0},
    "percent_bp": {"percent_bp": 500},
}
CAP = {"scope": "advocate", "period": "month", "measure": "count", "limit": 5}
CAPS = [
    *({"scope": scope} for scope in SCOPES),
    *({"period": period} for period in periods.PERIODS),
    {"measure": "amount"},
    {"limit": 6},
    {"side": "friend"},
]


def version(**columns):
    rule = Rule(program=Program(currency="EUR", time_zone="Europe/Berlin"), name="Give 10")
    return RuleVersion(rule=rule, **{"benefits": TEN, "starts_at": START} | columns)


def told(before, after):
    return differences(version(**before), version(**after), "EUR")


def of_advocate(before, after):
    return told({"benefits": {"advocate": before}}, {"benefits": {"advocate": after}})


def test_every_column_of_a_version_is_known_here():
    assert {field.name for field in RuleVersion._meta.concrete_fields} - NO_TERMS == set(CHANGED)
    assert {field.name for field in fields(Benefit)} - {"unit"} == {*PARTS, "tiers", "items"}
    assert {field.name for field in fields(Tiers)} == set(WITHIN_TIERS)
    assert {field.name for field in fields(Step)} == set(WITHIN_STEPS)
    assert {field.name for field in fields(Item)} == set(WITHIN_ITEMS)


@pytest.mark.parametrize("column", CHANGED)
def test_a_changed_column_is_told(column):
    value, label = CHANGED[column]
    assert [row[0] for row in told({}, {column: value})] == [label]
    assert [row[0] for row in told({column: value}, {})] == [label]


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_a_changed_part_of_a_benefit_is_told_once_for_each_value(part):
    shown = [row[2] for other in PARTS[part][1:] for row in of_advocate(PARTS[part][0], other)]
    assert len(set(shown)) == len(PARTS[part]) - 1


@pytest.mark.parametrize("part", WITHIN_TIERS)
def test_a_change_of_tiers_is_told(part):
    assert [row[0] for row in of_advocate({"tiers": TIERS}, {"tiers": TIERS | WITHIN_TIERS[part]})] == [
        "The advocate’s tiers"
    ]


@pytest.mark.parametrize("part", WITHIN_STEPS)
def test_a_change_of_a_tier_is_told(part):
    step = {"from": 1, "amount_minor": 500} if part != "percent_bp" else {"from": 1, "percent_bp": 500}
    before, after = ({"tiers": TIERS | {"steps": [each]}} for each in (step, step | WITHIN_STEPS[part]))
    assert len(of_advocate(before, after)) == 1


@pytest.mark.parametrize("part", WITHIN_ITEMS)
def test_a_change_of_products_is_told(part):
    assert len(of_advocate({"items": ITEMS}, {"items": [ITEMS[0] | WITHIN_ITEMS[part]]})) == 1


def test_every_way_of_limiting_is_told_apart():
    both = TEN | {"friend": TEN["advocate"]}
    ways = {str(CAP | cap): CAP | cap for cap in [{}, *CAPS]}.values()
    rows = [told({"benefits": both}, {"benefits": both, "caps": [cap]}) for cap in ways]
    assert len({row[2] for (row,) in rows}) == len(ways)


def test_a_change_reads_in_words():
    before = {"conditions": CHANGED["conditions"][0], "ends_at": LATER}
    after = {"starts_at": LATER, "caps": [CAP], "expires_days": 1, "minimum_order_minor": 2000}
    assert in_sentences(version(**before), version(**after), "EUR") == [
        "Minimum order: 20.00 EUR. Before: none, any order counts.",
        "Conditions: none. Before: with country DE or AT.",
        "Limits: at most 5 a month. Before: none.",
        "Expiry: 1 day. Before: never.",
    ]
    assert told({}, {"ends_at": LATER}) == [("End", "none, it goes on", "4\u00a0May\u00a02026,\u00a000:00")]


def test_the_period_of_a_correction_is_no_end():
    assert told({"pk": 7}, {"corrects_id": 7, "starts_at": LATER, "ends_at": LATER}) == []
