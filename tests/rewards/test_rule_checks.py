"""What the rulebook refuses, by field and in words, and what it only warns of."""

import pytest
from django.utils import timezone

from advocacy.models import Program
from advocacy.refusals import Refused
from rewards import rule_checks, rulebook
from rewards.coupons import friends, pools
from rewards.models import Rule, RuleVersion
from tests.rewards import coupon_stage, scene
from tests.terms import terms

POOL = "pol_019aab527b407cc39a516f0f3f"
TEN, FIVE = {"advocate_amount_minor": 1000}, {"friend_amount_minor": 500}
PERCENT = {"advocate_kind": "percent", "advocate_percent_bp": 1000}
SIGN_UP, EVERY = {"trigger": "referral.created"}, {"frequency": "every_order"}
TIERS = {"measure": "conversions", "period": "month", "steps": [{"from": 1, "amount_minor": 500}]}


def tiered(**changes):
    return {"advocate_kind": "tiered", "advocate_tiers": TIERS | changes}


def items(*rows):
    return {"advocate_kind": "per_product", "advocate_items": list(rows)}


def capped(**changes):
    return {"caps": [{"scope": "advocate", "period": "month", "measure": "amount", "limit": 5000} | changes]}


def asks(field, op, value):
    return {"conditions": [{"field": field, "op": op, "value": value}]}


REFUSED = [
    ({}, "benefits", "Choose what"),
    ({"advocate_amount_minor": 0}, "advocate_amount_minor", "above 0"),
    (PERCENT | {"advocate_percent_bp": 10_001}, "advocate_percent_bp", "at most 100"),
    (PERCENT | {"advocate_percent_bp": -1}, "advocate_percent_bp", "a whole number from 0 to 10000 (100 %)"),
    (PERCENT | {"advocate_minimum_minor": 500, "advocate_maximum_minor": 400}, "advocate_maximum_minor", "below the"),
    (TEN | {"advocate_form": "gold"}, "advocate_form", "one of credit"),
    (TEN | {"advocate_amount_minor": "10"}, "advocate_amount_minor", "whole number"),
    (items(), "advocate_items", "The list of products is empty"),
    (items({"by": "product", "values": [], "percent_bp": 100}), "advocate_items", "Row 1: name at least one"),
    (items({"by": "category", "values": ["a"]}), "advocate_items", "either an amount or a percentage"),
    (tiered(steps=[]), "advocate_tiers", "Add 1 to 20 tiers"),
    (
        tiered(steps=[{"from": 3, "amount_minor": 1}, {"from": 3, "amount_minor": 2}]),
        "advocate_tiers",
        "Tier 2: it must begin above",
    ),
    (tiered(steps=[{"from": 1, "percent_bp": 20_000}]), "advocate_tiers", "at most 100"),
    (tiered(reading="whole", period="all"), "advocate_tiers", "“all time” never does"),
    (TEN | {"friend_kind": "tiered", "friend_tiers": TIERS}, "friend_kind", "what the advocate brought"),
    (TEN | capped(limit=0), "caps", "Limit 1: it must be above 0"),
    (TEN | capped(currency="USD"), "caps", "no currency of its own: it is in EUR"),
    (TEN | capped(side="friend"), "caps", "the friend gets nothing"),
    (TEN | FIVE | {"friend_form": "points"} | capped(), "caps", "say whose amount"),
    (TEN | {"caps": capped()["caps"] * 2}, "caps", "Limit 2: there is one of this kind already"),
    (TEN | {"per_currency": {"USD": {"advocate": {"amount_minor": 1}}}} | capped(), "caps", "several currencies"),
    (TEN | {"per_currency": {"USD": {}}}, "per_currency", "USD: the advocate needs exactly"),
    (
        tiered(reading="whole", steps=[{"from": 1, "percent_bp": 100}]) | {"per_currency": {"USD": {"advocate": {}}}},
        "per_currency",
        "raised in the program’s currency only: leave",
    ),
    (TEN | {"per_currency": {"EUR": {"advocate": {"amount_minor": 1}}}}, "per_currency", "another currency than EUR"),
    (TEN | {"trigger": "reward.credited"}, "trigger", "no 'reward.credited'"),
    (TEN | {"trigger": ["conversion.recorded"]}, "trigger", "Choose what the rule begins with"),
    (TEN | {"trigger": "conversion.adjusted"}, "trigger", "Choose what the rule begins with"),
    (PERCENT | SIGN_UP, "advocate_kind", "When a friend signs up, there is no revenue"),
    (
        FIVE | {"trigger": "advocate.enrolled"},
        "friend_kind",
        "to the friend; only to the advocate",
    ),
    (TEN | FIVE | {"milestone_every": 5}, "friend_kind", "A milestone is the advocate’s"),
    (PERCENT | {"milestone_every": 5}, "advocate_kind", "it gives something fixed"),
    (TEN | SIGN_UP | {"milestone_every": 5}, "milestone_every", "choose “a friend orders”"),
    (TEN | EVERY | {"milestone_every": 5}, "frequency", "counts each friend once"),
    (PERCENT | {"advocate_form": "points"}, "advocate_form", "no worth of a point"),
    (PERCENT | {"advocate_form": "coupon", "advocate_pool": POOL}, "advocate_kind", "given whole"),
    (TEN | {"advocate_form": "coupon"}, "advocate_pool", "Choose the pool"),
    (TEN | {"advocate_form": "gift_card", "advocate_pool": "pol_1"}, "advocate_pool", "Choose the pool"),
    (TEN | {"advocate_form": "custom", "advocate_label": " "}, "advocate_label", "what they get"),
    (TEN | {"order_limit": 3}, "order_limit", "Only the first counts"),
    (TEN | {"months_limit": 3}, "months_limit", "Only the first counts"),
    (TEN | SIGN_UP | EVERY | {"months_limit": 3}, "months_limit", "there are none"),
    (TEN | SIGN_UP | {"minimum_order_minor": 1}, "minimum_order_minor", "nothing is ordered"),
    (TEN | {"advocate_form": "cash", "expires_days": 30}, "expires_days", "does not expire"),
    (TEN | SIGN_UP | asks("revenue_minor", "at_least", 1), "conditions", "not known of what triggers"),
    (TEN | asks("country", "is", "Germany"), "conditions", "'Germany' is no country"),
    (
        TEN | {"minimum_order_minor": 5000} | asks("goods_minor", "at_most", 4000),
        "minimum_order_minor",
        "none would qualify",
    ),
    (
        TEN | EVERY | {"months_limit": 2, "months_from": "binding"} | asks("days_since_signup", "at_least", 63),
        "months_limit",
        "later than these months",
    ),
    (
        TEN | asks("goods_minor", "at_least", 1) | {"per_currency": {"USD": {"advocate": {"amount_minor": 1}}}},
        "per_currency",
        "use the minimum order",
    ),
]


@pytest.mark.parametrize(("said", "field", "sentence"), REFUSED)
def test_what_could_not_be_is_refused_in_words_at_its_field(said, field, sentence):
    with pytest.raises(Refused) as refused:
        rule_checks.check(program=Program(currency="EUR"), terms=terms(**said))
    assert sentence in refused.value.errors[field]
    assert refused.value.code == "invalid_rule"


def test_parts_of_another_kind_are_refused_rather_than_ignored():
    said = {"form": "credit", "kind": "fixed", "amount_minor": 500, "maximum_minor": 400}
    with pytest.raises(Refused) as refused:
        rule_checks.check(program=Program(currency="EUR"), terms={"benefits": {"advocate": said}})
    assert refused.value.errors == {
        "advocate_maximum_minor": "A fixed benefit in credit has no maximum_minor; leave it out."
    }


@pytest.mark.parametrize("junk", [None, [], "x", {"advocate": None}, {"advocate": []}, {"advocate": {"kind": []}}])
def test_junk_for_benefits_is_refused_too(junk):
    with pytest.raises(Refused):
        rule_checks.check(program=Program(currency="EUR"), terms={"benefits": junk})


ANY = {"minimum_order_minor": 0}
SOLD, IN_GERMANY = asks("revenue_minor", "at_least", 1)["conditions"][0], asks("country", "is", "DE")["conditions"][0]
PUBLISHED = {"customer_amount_minor": 100, "trigger": "testimonial.published", "hold_from": "payment"}
UNSCREENED = ("not_screened", False)
WARNED = [
    (TEN | asks("sequence", "at_least", 5), [("first_of_later_orders", False)]),
    (TEN | asks("first_order", "is", False), [("first_of_later_orders", False)]),
    (TEN | asks("sequence", "at_least", 5) | {"milestone_every": 2}, []),
    (TEN | asks("earlier_orders", "at_most", 3), []),
    (TEN | SIGN_UP | capped() | {"hold_from": "delivery"}, [("nothing_sent", False), UNSCREENED]),
    (TEN | SIGN_UP | capped() | {"hold_from": "payment"}, [UNSCREENED]),
    (PERCENT, [("unlimited", True)]),
    (PERCENT | {"advocate_maximum_minor": 2000}, []),
    (PERCENT | capped(), []),
    (TEN, []),
    (TEN | ANY, [("any_amount", False)]),
    (FIVE | ANY | {"friend_form": "points"}, [("any_amount", False)]),
    (TEN | ANY | {"milestone_every": 5}, [("any_amount", False)]),
    (tiered() | ANY, [("any_amount", False)]),
    (tiered(steps=[{"from": 1, "percent_bp": 500}]) | ANY | capped(), []),
    (TEN | ANY | asks("revenue_minor", "at_least", 1), []),
    (TEN | ANY | asks("goods_minor", "at_most", 9000), [("any_amount", False)]),
    (TEN | ANY | {"conditions": {"any": [SOLD, IN_GERMANY]}}, [("any_amount", False)]),
    (PERCENT | ANY | {"advocate_maximum_minor": 2000}, []),
    (PERCENT | ANY | {"advocate_minimum_minor": 500, "advocate_maximum_minor": 2000}, [("any_amount", False)]),
    (PERCENT | {"advocate_maximum_minor": 2000, "advocate_percent_bp": 5000}, []),
    (PERCENT | {"advocate_maximum_minor": 2000, "advocate_percent_bp": 5001}, [("large_share", False)]),
    (PERCENT | {"advocate_percent_bp": 9000} | capped(scope="program"), []),
    (tiered(steps=[{"from": 1, "percent_bp": 9000}]) | capped(), [("large_share", False)]),
    (items({"by": "category", "values": ["a"], "percent_bp": 9000}) | capped(), [("large_share", False)]),
    (PUBLISHED, []),
    (PUBLISHED | asks("rating", "at_least", 4), [("paid_for_stars", False)]),
    (TEN | EVERY, [("unlimited", True)]),
    (TEN | EVERY | {"minimum_order_minor": 5000}, [("unlimited", True)]),
    (TEN | EVERY | {"minimum_order_minor": 5000, "months_limit": 12}, []),
    (TEN | EVERY | ANY | {"months_limit": 12}, [("unlimited", True), ("any_amount", False)]),
    (PERCENT | EVERY | {"advocate_maximum_minor": 2000}, []),
    (PERCENT | EVERY | {"advocate_minimum_minor": 500, "advocate_maximum_minor": 2000}, [("unlimited", True)]),
    (tiered() | EVERY, [("unlimited", True)]),
    ({"customer_amount_minor": 500, "trigger": "survey.answered"} | EVERY, [("unlimited", True)]),
    (TEN | EVERY | {"order_limit": 3}, []),
    (TEN | EVERY | capped(measure="count", limit=3), []),
    (TEN | FIVE | asks("revenue_minor", "at_least", 4000), [("minimum_after_discount", False)]),
    (TEN | asks("revenue_minor", "at_least", 4000), []),
    (TEN | FIVE | {"minimum_order_minor": 4000}, []),
    (TEN | capped(limit=999), [("cap_below_one", False)]),
    (TEN | {"advocate_form": "coupon", "advocate_pool": POOL} | capped(limit=999), [("cap_below_one", True)]),
    (TEN | {"hold_days": 0}, [("no_hold", False)]),
    (TEN | SIGN_UP | {"hold_days": 0}, [("unlimited", True), UNSCREENED]),
    (TEN | SIGN_UP | capped(measure="count", limit=5), [UNSCREENED]),
    (FIVE | SIGN_UP | EVERY | {"hold_days": 0}, [("unlimited", True), UNSCREENED]),
    (FIVE | SIGN_UP | capped(measure="count", limit=5), [UNSCREENED]),
    (TEN | asks("metadata.colour", "is", "red"), [("metadata_not_kept", False)]),
    (TEN | asks("metadata.shop", "is", "berlin"), []),
    (TEN | asks("new_customer", "is", False), [("only_new_customers", False)]),
    (TEN | asks("new_customer", "is", True), []),
]


@pytest.mark.parametrize(("said", "warned"), WARNED)
def test_what_may_be_meant_is_only_warned_of(said, warned):
    program = Program(currency="EUR", metadata_keys=["shop"], new_customers_only=True)
    usual = {"hold_days": 14} | ({} if "trigger" in said else {"minimum_order_minor": 100})
    found = rulebook.warnings(program=program, terms=terms(**usual | said))
    assert [(one.code, one.dangerous) for one in found] == warned
    rule_checks.check(program=Program(currency="EUR"), terms=terms(**said))


@pytest.fixture
def program(db):
    return scene.program_of(scene.acme())


def test_a_refused_rule_leaves_nothing_behind(program):
    for wrong in ({"advocate_percent_bp": 20_000, "advocate_kind": "percent"}, {"hold_days": 4000}, {"priority": 9999}):
        with pytest.raises(Refused) as refused:
            scene.rule_of(program, **wrong)
        assert set(refused.value.errors) <= {"advocate_percent_bp", "advocate_amount_minor", "hold_days", "priority"}
    with pytest.raises(Refused) as refused:
        scene.rule_of(program, ends_at=scene.NOW.replace(year=2020))
    assert refused.value.errors == {"ends_at": "A rule must end after it starts."}
    assert not Rule.objects.exists()
    assert not RuleVersion.objects.exists()


def test_codes_are_of_a_pool_of_the_program_of_their_form_and_worth_the_benefit(program):
    rival = scene.program_of(scene.acme("rival"))
    cards = coupon_stage.pool_of(program, "Cards", kind="gift_card", amount_minor=2500)
    theirs, coupons = coupon_stage.pool_of(rival), coupon_stage.pool_of(program)
    percent = coupon_stage.pool_of(program, "A tenth", amount_minor=0, currency="", percent_bp=1000)

    def problem(pool, form="coupon"):
        with pytest.raises(Refused) as refused:
            saved(pool, form)
        return refused.value.errors

    def saved(pool, form="coupon"):
        return scene.rule_of(program, advocate_form=form, advocate_pool=pools.text_id(pool), advocate_amount_minor=1000)

    assert problem(theirs) == {"advocate_pool": "Choose a pool of this program that the codes are taken from."}
    assert problem(cards) == {"advocate_pool": "“Cards” holds gift cards; choose one of coupons."}
    worth = "A code of “Cards” is worth 25.00 EUR: write that amount."
    assert problem(cards, "gift_card") == {"advocate_amount_minor": worth}
    assert not Rule.objects.exists()
    assert saved(coupons).pk and saved(percent).pk


def test_rules_that_cannot_be_compared_in_money_need_an_order_in_their_group(program):
    points = {"advocate_form": "points", "exclusive_group": "boost"}
    scene.rule_of(program, "Points", **points)
    with pytest.raises(Refused, match="give one a higher priority"):
        scene.rule_of(program, "Money", exclusive_group="boost")
    scene.rule_of(program, "Money first", exclusive_group="boost", priority=1)
    # With a rate they can be compared, and two in money always can.
    program.points_per_unit = 100
    scene.rule_of(program, "Money again", exclusive_group="boost")


def test_a_friend_who_pays_nothing_and_still_earns_a_fixed_reward_is_warned_of(program):
    whole, part = (
        coupon_stage.pool_of(program, f"{share} % off", amount_minor=0, currency="", percent_bp=100 * share)
        for share in (100, 99)
    )

    def codes(**said):
        usual = {"hold_days": 14} | ({} if "trigger" in said else {"minimum_order_minor": 100})
        return [one.code for one in rulebook.warnings(program=program, terms=terms(**usual | said))]

    assert codes(**TEN) == []
    friends.give(pool=part, at=timezone.now())
    program.refresh_from_db()
    assert codes(**TEN) == []
    to_friends = {"friend_form": "coupon", "friend_pool": pools.text_id(whole), "friend_amount_minor": 1000}
    assert codes(**TEN | to_friends) == ["friend_pays_nothing"]
    friends.give(pool=whole, at=timezone.now())
    program.refresh_from_db()
    assert codes(**TEN) == codes(**TEN | ANY) == ["friend_pays_nothing"]
    found = rulebook.warnings(program=program, terms=terms(**TEN | {"hold_days": 14}))
    assert found[0].text.startswith(
        "Friends get codes of “100 % off”, which take off 100 %: an order that cost them nothing"
    )
    assert "friend_pays_nothing" not in codes(**TEN | SIGN_UP)
    assert codes(**PERCENT | {"advocate_maximum_minor": 2000}) == []
    assert codes(**TEN | asks("revenue_minor", "at_least", 1000)) == []


def test_another_rule_s_offer_to_friends_is_known_to_the_warning(program):
    asked = terms(**TEN | asks("revenue_minor", "at_least", 4000))
    assert rulebook.warnings(program=program, terms=asked | {"hold_days": 1}) == []
    rulebook.save(program=program, name="For friends", terms=terms(**FIVE), at=timezone.now())
    found = rulebook.warnings(program=program, terms=asked | {"hold_days": 1})
    assert [one.code for one in found] == ["minimum_after_discount"]
