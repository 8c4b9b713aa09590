"""Every kind of decision in words: with its numbers for staff, and without the friend's for the advocate."""

import string
from datetime import UTC, datetime, timedelta

import pytest

from advocacy import conditions, reasons
from advocacy.models import Reckoning
from config.timeline import parts, steps
from referrals import events as catalogue
from rewards import earnings, explanations
from rewards.explanations import reading
from rewards.models import Rate, Subject
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, settle, tell

pytestmark = pytest.mark.django_db
PLAIN = {"friend_kind": "", "minimum_order_minor": 0, "hold_days": 0}


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def fred(alice):
    return person(alice.storefront, "fred")


def told(conversion):
    answer = explanations.of_subject(
        storefront=conversion.program.storefront, kind="conversion", public_id=conversion.public_id
    )
    return answer["decisions"][-1]["rules"], answer["rewards"]


def bring(alice, friend, **facts):
    conversion, at = conversion_of(alice, friend), facts.get("at", NOW)
    tell(conversion, **facts)
    settle(at=at)
    return conversion


def question(rule, reason):
    return next((check["question"], check["answer"]) for check in rule["checks"] if check["reason"] == reason)


def test_a_cap_is_told_with_how_much_of_it_is_used(alice):
    caps = [{"scope": "advocate", "period": "month", "measure": "count", "limit": 2, "side": ""}]
    rule_of(alice.program, **PLAIN, caps=caps)
    for number in range(3):
        last = bring(alice, person(alice.storefront, f"friend {number}"))
    (rule,), _ = told(last)
    assert question(rule, "cap_reached") == ("rewards of an advocate, a month", "2 of 2")
    assert rule["sides"][0]["reasons"][0]["staff"] == "The cap is reached (2 of 2 of an advocate, a month)."


def test_a_budget_is_told_in_money(alice, fred):
    caps = [{"scope": "program", "period": "all", "measure": "amount", "limit": 700, "side": ""}]
    rule_of(alice.program, **PLAIN, caps=caps)
    (rule,), _ = told(bring(alice, fred))
    assert question(rule, "budget_exhausted") == ("amount of the program, in all", "0.00 EUR of 7.00 EUR")
    assert rule["sides"][0]["owed"] == "7.00 EUR"


def test_a_group_is_told_as_one_question_with_its_parts(alice, fred):
    group = {
        "any": [
            {"field": "country", "op": "one_of", "value": ["AT", "CH"]},
            {"field": "goods_minor", "op": "at_least", "value": 9000},
        ]
    }
    rule_of(alice.program, **PLAIN, conditions=[group])
    (rule,), _ = told(bring(alice, fred))
    asked = next(check for check in rule["checks"] if check["parts"])
    assert asked["question"] == "country one of AT, CH or goods before the friend’s discount at least 90.00 EUR"
    assert asked["answer"] == "DE; 50.00 EUR"
    assert len(asked["parts"]) == 2


def test_who_lost_is_told_who_paid_instead(alice, fred):
    rule_of(alice.program, "Small", **PLAIN | {"advocate_amount_minor": 100}, exclusive_group="one")
    rule_of(alice.program, "Large", **PLAIN, exclusive_group="one", priority=5)
    (small, large), _ = told(bring(alice, fred))
    assert small["sides"][0]["reasons"][0]["staff"] == "Another rule paid instead (“Large”)."
    assert large["sides"][0]["owed_minor"] == 1000


def test_a_rate_is_told_with_its_day_and_source(alice, fred):
    Rate.objects.create(
        storefront=alice.storefront,
        day=NOW.date(),
        currency="USD",
        target="EUR",
        rate="0.92",
        source="ecb",
        recorded_at=NOW,
    )
    rule_of(alice.program, **PLAIN)
    (rule,), _ = told(bring(alice, fred, currency="USD", basis_minor=6000))
    assert rule["rate"] == "60.00 USD = 55.20 EUR at 0.92 of 2 March 2026, ecb"


def test_the_day_of_a_rate_is_that_of_the_zone_which_counted_then(alice, fred):
    rule_of(alice.program, **PLAIN)
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    bring(alice, fred, currency="USD", converted_at=late.isoformat(), at=late)
    alice.program.time_zone = "Asia/Tokyo"
    alice.program.save()
    Reckoning.objects.update(until=late + timedelta(hours=1))
    assert str(reading._day(Subject.objects.select_related("program").get())) == "2026-03-02"


def test_a_milestones_conversion_counts_and_its_advocate_sees_how_far_it_is(alice, fred):
    rule_of(alice.program, **PLAIN, milestone_every=5)
    conversion = bring(alice, fred)
    (rule,), _ = told(conversion)
    assert (rule["counts"], rule["sides"]) == ("the friend counts as one of every 5 friends", [])
    earned = earnings.by_conversion(advocate=alice, conversions=[conversion.public_id])[conversion.public_id]
    assert earned.status == "counted"
    (progress,) = earnings.milestones(advocate=alice, at=NOW)
    assert (progress.friends, progress.threshold, progress.benefit.amount_minor) == (1, 5, 1000)


def test_a_milestone_of_one_friend_is_every_friend(alice, fred):
    rule_of(alice.program, **PLAIN, milestone_every=1)
    (rule,), _ = told(bring(alice, fred))
    assert rule["counts"] == "the friend counts as every friend does"
    assert "for every friend who keeps an order" in rule["sentence"]


def test_a_reward_waits_for_its_delivery_and_a_delivery_moves_its_date(alice, fred):
    rule_of(alice.program, **PLAIN | {"hold_days": 14, "hold_from": "delivery"})
    conversion = bring(alice, fred)
    _, (reward,) = told(conversion)
    assert (reward.awaits_delivery, reward.due_at) == (True, NOW + timedelta(days=21))
    tell(conversion, catalogue.CONVERSION_ADJUSTED, delivered_at=(NOW + timedelta(days=2)).isoformat())
    settle()
    _, (reward,) = told(conversion)
    assert (reward.awaits_delivery, reward.due_at) == (False, NOW + timedelta(days=16))


def test_digital_goods_have_arrived_when_they_are_paid(alice, fred):
    rule_of(alice.program, **PLAIN | {"hold_days": 14, "hold_from": "delivery"})
    conversion = bring(alice, fred, digital=True)
    _, (reward,) = told(conversion)
    assert (reward.awaits_delivery, reward.status) == (False, "available")
    answer = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=conversion.public_id)
    (step,) = steps.of_money(parts.decided(answer))
    assert step["detail"] == "Digital goods: nothing is to be sent, so the rule credits them without its wait."


def test_an_order_keeps_the_tier_that_it_reached_though_an_earlier_friend_gives_back(alice):
    steps_paid = [{"from": 1, "amount_minor": 500}, {"from": 2, "amount_minor": 1000}]
    by_orders = {"measure": "conversions", "period": "month", "reading": "marginal", "steps": steps_paid}
    rule_of(alice.program, **PLAIN, advocate_kind="tiered", advocate_tiers=by_orders)
    first, second = [bring(alice, person(alice.storefront, name)) for name in ("fred", "gina")]
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    (rule,), (reward,) = told(second)
    assert (reward.available_minor, rule["tier"].partition(":")[0]) == (
        1000,
        "By the tier reached when this was first decided",
    )
    assert told(first)[0][0]["tier"] == rule["tier"]
    third = bring(alice, person(alice.storefront, "hans"))
    assert told(third)[1][0].available_minor == 1000, "the second in the month again"


def test_a_step_says_how_many_friends_it_took(alice):
    rule_of(alice.program, **PLAIN, milestone_every=2)
    brought = [bring(alice, person(alice.storefront, f"friend {number}")) for number in range(2)]
    tell(brought[0], catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    step = Subject.objects.get(kind="milestone")
    answer = explanations.of_subject(storefront=alice.storefront, kind="milestone", public_id=step.public_id)
    reason = answer["decisions"][-1]["rules"][0]["sides"][0]["reasons"][0]
    assert (reason["staff"], reason["advocate"]) == ("1 of 2 friends.", "1 of 2 friends so far.")


@pytest.mark.parametrize("key", reasons.REASONS)
def test_the_advocates_text_has_room_for_the_programs_numbers_only(key):
    fields = {name for _, name, _, _ in string.Formatter().parse(reasons.REASONS[key].advocate) if name}
    allowed = {"threshold"} | ({"input"} if key == "milestone_not_reached" else set())
    assert fields <= allowed


# What the program asks of everybody: it may be told, as it is known before anybody orders. All else of a friend is not.
ASKED_OF_EVERYBODY = {
    "below_minimum",
    "above_maximum",
    "not_first_order",
    "existing_customer",
    "new_customer_excluded",
    "first_order_excluded",
    "limit_of_orders_reached",
    "too_few_orders",
    "too_late_after_signup",
    "too_soon_after_signup",
}
THE_FRIEND_S_OWN = (
    "countr currenc product categor coupon segment tier level channel code click already look review somebody"
).split()


@pytest.mark.parametrize("name", [*conditions.FIELDS, "metadata.colour"])
def test_a_condition_on_a_friend_is_told_to_the_advocate_as_the_programs_own_or_not_at_all(name):
    field = conditions.field_of(name)
    general = reasons.advocate("fraud_rejected")
    for op in conditions.OPERATORS[field.kind]:
        for key in {field.reason_of(op, wanted) for wanted in (True, False)}:
            assert key in ASKED_OF_EVERYBODY or reasons.advocate(key) == general, f"{key} tells what {name} was"


@pytest.mark.parametrize("key", reasons.REASONS)
def test_no_text_for_the_advocate_names_what_is_the_friends_own(key):
    text = reasons.REASONS[key].advocate.lower()
    about_a_code_of_theirs = key.startswith("coupon_") or key in ("pool_empty", "link_limit_reached", "late_code_over")
    assert about_a_code_of_theirs or not [word for word in THE_FRIEND_S_OWN if word in text]
