"""The condition language, as tables of cases; no database."""

import pytest

from advocacy import conditions, reasons
from advocacy.conditions.kinds import FLAG
from advocacy.refusals import Refused

FACTS = {
    "goods_minor": 6000,
    "revenue_minor": 5000,
    "basis_minor": 6240,
    "currency": "EUR",
    "products": [
        {"line": "1", "product": "beans", "variant": "beans-1kg", "sku": "B1", "category": "coffee", "quantity": 1},
        {"line": "2", "product": "mug", "variant": "", "sku": "", "category": "", "quantity": 2},
    ],
    "coupon_codes": ["SPRING"],
    "earlier_orders": 0,
    "new_customer": True,
    "days_since_signup": 3,
    "sequence": 1,
    "country": "DE",
    "channel": "whatsapp",
    "method": "click",
    "advocate_segments": ["vip", "press"],
    "friend_segments": [],
    "advocate_tier": "gold",
    "friend_tier": "",
    "metadata": {"shop": "berlin"},
    "rating": 4,
    "score": 9,
    "kind": "nps",
    "status": "published",
}


def condition(field, op, value):
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("asked", "passed", "reason"),
    [
        (("goods_minor", "at_least", 6000), True, "below_minimum"),
        (("goods_minor", "at_least", 6001), False, "below_minimum"),
        (("goods_minor", "at_most", 5999), False, "above_maximum"),
        (("revenue_minor", "at_most", 5000), True, "above_maximum"),
        (("basis_minor", "at_least", 6241), False, "below_minimum"),
        (("currency", "is", "eur"), True, "wrong_currency"),
        (("products", "one_of", ["beans-1kg", "tea"]), True, "product_excluded"),
        (("products", "one_of", ["B1"]), True, "product_excluded"),
        (("products", "one_of", ["tea"]), False, "product_excluded"),
        (("products", "none_of", ["mug"]), False, "product_excluded"),
        (("products", "all_of", ["mug", "beans"]), True, "product_excluded"),
        (("categories", "one_of", ["coffee"]), True, "product_excluded"),
        (("categories", "none_of", ["tea"]), True, "product_excluded"),
        (("coupon_codes", "one_of", ["spring"]), True, "coupon_not_used"),
        (("coupon_codes", "one_of", ["AUTUMN"]), False, "coupon_not_used"),
        (("first_order", "is", True), True, "not_first_order"),
        (("first_order", "is", False), False, "first_order_excluded"),
        (("earlier_orders", "at_least", 1), False, "too_few_orders"),
        (("earlier_orders", "at_most", 0), True, "not_first_order"),
        (("new_customer", "is", True), True, "existing_customer"),
        (("new_customer", "is", False), False, "new_customer_excluded"),
        (("days_since_signup", "at_most", 2), False, "too_late_after_signup"),
        (("days_since_signup", "at_least", 4), False, "too_soon_after_signup"),
        (("sequence", "is", 1), True, "limit_of_orders_reached"),
        (("country", "one_of", ["de", "AT"]), True, "country_excluded"),
        (("channel", "none_of", ["whatsapp"]), False, "channel_excluded"),
        (("method", "is", "code"), False, "method_excluded"),
        (("advocate_segments", "all_of", ["vip", "press"]), True, "not_in_segment"),
        (("friend_segments", "one_of", ["vip"]), False, "not_in_segment"),
        (("friend_segments", "none_of", ["staff"]), True, "not_in_segment"),
        (("advocate_tier", "one_of", ["gold", "silver"]), True, "not_in_tier"),
        (("friend_tier", "is", "gold"), False, "not_in_tier"),
        (("metadata.shop", "is", "berlin"), True, "metadata_mismatch"),
        (("metadata.gift", "is", "yes"), False, "metadata_mismatch"),
        (("metadata.gift", "none_of", ["yes"]), True, "metadata_mismatch"),
        (("rating", "at_least", 5), False, "rating_too_low"),
        (("score", "at_most", 6), False, "answer_excluded"),
        (("kind", "is", "nps"), True, "answer_excluded"),
        (("status", "one_of", ["rejected"]), False, "status_excluded"),
    ],
)
def test_each_field_is_asked_in_its_way(asked, passed, reason):
    entry = condition(*asked)
    conditions.validate([entry], facts=FACTS)
    (check,) = conditions.evaluate([entry], FACTS)
    assert (check.passed, check.reason) == (passed, reason)
    assert check[1:4] == (entry["field"], entry["op"], entry["value"])
    assert conditions.first_failure([entry])(FACTS) == (None if passed else reason)
    assert reason in reasons.REASONS


@pytest.mark.parametrize("name", [*conditions.FIELDS, "metadata.shop"])
def test_a_missing_fact_fails_its_check(name):
    kind = conditions.field_of(name).kind
    op = conditions.OPERATORS[kind][-1]
    value = {"money": 1, "number": 1, "text": ["EUR"], "texts": ["a"], "flag": True}[kind]
    (check,) = conditions.evaluate([condition(name, op, value)], {})
    assert (check.input, check.passed) == (None, False)


HERE, THERE = condition("country", "is", "DE"), condition("country", "is", "FR")
SPRING, AUTUMN = condition("coupon_codes", "one_of", ["SPRING"]), condition("coupon_codes", "one_of", ["AUTUMN"])


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        ([], None),
        ([HERE, SPRING], None),
        ([HERE, AUTUMN], "coupon_not_used"),
        ([HERE, {"any": [AUTUMN, SPRING]}], None),
        ([HERE, {"any": [AUTUMN, THERE]}], "coupon_not_used"),
        ([{"all": [HERE, AUTUMN]}], "coupon_not_used"),
        ({"any": [THERE, SPRING]}, None),
        ({"any": [THERE, AUTUMN]}, "country_excluded"),
        ({"any": [THERE, {"all": [HERE, SPRING]}]}, None),
        ({"any": [THERE, {"all": [HERE, AUTUMN]}]}, "country_excluded"),
    ],
)
def test_groups_hold_wholly_or_in_one_part(asked, failure):
    conditions.validate(asked)
    checks = conditions.compile(asked)(FACTS)
    assert next((check.reason for check in checks if not check.passed), None) == failure
    assert conditions.first_failure(asked)(FACTS) == failure


def test_a_group_is_one_check_that_shows_its_parts():
    (check,) = conditions.evaluate([{"any": [THERE, SPRING]}], FACTS)
    assert (check.field, check.op, check.passed) == ("", "any", True)
    assert [part.passed for part in check.parts] == [False, True]
    assert [part["field"] for part in check.as_dict()["parts"]] == ["country", "coupon_codes"]
    assert "parts" not in check.parts[0].as_dict()


def test_a_check_shows_a_large_order_in_part():
    lines = [{"product": f"p{number}"} for number in range(100)]
    (check,) = conditions.evaluate([condition("products", "one_of", ["p99"])], {"products": lines})
    assert check.passed
    assert check.input == [f"p{number}" for number in range(20)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("all", "a list, or one group"),
        ({"none": []}, "a list, or one group"),
        ({"any": []}, "never holds"),
        ([{"field": "country"}], "Condition 1: it has exactly a field, an op and a value."),
        ([HERE, condition("colour", "is", "red")], "Condition 2: there is no field 'colour'"),
        ([condition("metadata.", "is", "red")], "there is no field"),
        ([condition(["country"], "is", "DE")], "there is no field"),
        ([condition("country", "at_least", "DE")], "country is compared by is, one_of, none_of."),
        ([condition("country", "one_of", [])], "at least one"),
        ([condition("country", "one_of", "DE")], "a list of texts"),
        ([condition("country", "is", "Germany")], "Two capital letters, such as DE."),
        ([condition("currency", "one_of", ["EUR", "XXY"])], "'XXY' is no currency"),
        ([condition("country", "is", "ZZ")], "'ZZ' is no country"),
        ([condition("method", "is", "telepathy")], "'telepathy' is no how the friend came. code, coupon"),
        ([condition("kind", "one_of", ["nps", "stars"])], "'stars' is no kind of survey"),
        ([condition("sequence", "at_most", 0)], "sequence is 1 or more, so this would never hold."),
        ([condition("rating", "at_least", 6)], "rating is 1 to 5, so this would never hold."),
        ([condition("rating", "is", 0)], "rating is 1 to 5"),
        ([condition("products", "one_of", ["mug "])], "no blank at either end"),
        ([condition("goods_minor", "at_least", -1)], "a whole number"),
        ([condition("goods_minor", "at_least", 20.5)], "a whole number"),
        ([condition("goods_minor", "at_least", True)], "a whole number"),
        ([condition("first_order", "is", "yes")], "true or false"),
        ([{"any": []}], "a group “any” has 1 to 50 conditions"),
        ([{"any": [{"all": [HERE]}]}], "not further groups (no. 1 of “any”)"),
        ([{"all": [HERE, condition("rating", "is", "5")]}], "Condition 1: no. 2 of “all”: its value is a whole number"),
        ([HERE] * 51, "50 conditions at most"),
    ],
)
def test_what_could_not_be_evaluated_is_refused_by_its_place(asked, said):
    with pytest.raises(Refused) as refusal:
        conditions.validate(asked)
    assert said in refusal.value.message
    assert refusal.value.errors["conditions"]


@pytest.mark.parametrize(
    "asked",
    [
        [condition("goods_minor", "at_least", 2001), condition("goods_minor", "at_most", 2000)],
        [condition("sequence", "is", 2), condition("sequence", "at_most", 1)],
        [condition("sequence", "is", 2), condition("sequence", "is", 3)],
        [HERE, THERE],
        [HERE, condition("country", "none_of", ["de"])],
        [condition("country", "one_of", ["DE", "AT"]), condition("country", "none_of", ["AT", "DE", "FR"])],
        [condition("channel", "one_of", ["mail"]), condition("channel", "one_of", ["web"])],
        [condition("products", "one_of", ["mug"]), condition("products", "none_of", ["mug", "tea"])],
        [condition("categories", "all_of", ["a", "b"]), condition("categories", "none_of", ["b"])],
        [condition("new_customer", "is", True), condition("new_customer", "is", False)],
        [condition("first_order", "is", True), condition("earlier_orders", "at_least", 1)],
        [HERE, {"all": [SPRING, THERE]}],
        [HERE, {"any": [THERE, condition("country", "is", "AT")]}],
        {"any": [{"all": [HERE, THERE]}]},
    ],
)
def test_what_can_never_hold_is_refused(asked):
    with pytest.raises(Refused) as refusal:
        conditions.validate(asked)
    assert refusal.value.code == "contradictory_conditions"


@pytest.mark.parametrize(
    "asked",
    [
        [condition("goods_minor", "at_least", 2000), condition("goods_minor", "at_most", 2000)],
        [condition("products", "one_of", ["mug"]), condition("products", "one_of", ["tea"])],
        [condition("products", "one_of", ["mug", "tea"]), condition("products", "none_of", ["mug"])],
        [HERE, {"any": [THERE, SPRING]}],
        [condition("metadata.a", "is", "1"), condition("metadata.b", "is", "2")],
        {"any": [HERE, THERE]},
    ],
)
def test_what_can_hold_is_taken(asked):
    conditions.validate(asked)


def test_what_the_trigger_does_not_know_is_refused():
    known = {"status", "rating"}
    conditions.validate([condition("rating", "at_least", 4)], facts=known)
    with pytest.raises(Refused, match="categories is not known of what triggers this rule"):
        conditions.validate([condition("categories", "one_of", ["tea"])], facts=known)


def test_the_facts_that_are_read():
    asked = [HERE, {"any": [condition("categories", "one_of", ["a"]), condition("first_order", "is", True)]}]
    assert conditions.facts_needed(asked) == {"country", "products", "earlier_orders"}
    assert conditions.facts_needed([condition("metadata.shop", "is", "a")]) == {"metadata"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], ""),
        ([condition("goods_minor", "at_least", 2000), HERE], "with goods of at least 20.00 EUR, with country DE"),
        ([condition("country", "none_of", ["DE", "AT", "CH"])], "with country other than DE, AT or CH"),
        ([condition("products", "none_of", ["mug"])], "without the product mug"),
        ([condition("products", "all_of", ["mug", "tea"])], "with the product mug and tea"),
        ([condition("new_customer", "is", True)], "with a new customer"),
        ([condition("first_order", "is", False)], "with a later order"),
        ([condition("sequence", "is", 2)], "with the friend’s order no. 2"),
        ([condition("metadata.{shop}", "is", "{x}")], "with metadata {shop} {x}"),
        ([{"any": [HERE, SPRING]}], "either with country DE or with the coupon SPRING"),
        (
            {"any": [THERE, {"all": [HERE, SPRING]}]},
            "either with country FR or with country DE and with the coupon SPRING",
        ),
    ],
)
def test_in_plain_words(asked, said):
    assert conditions.sentence(asked, "EUR") == said


def test_a_flag_that_is_asked_to_be_no_fails_by_the_opposite_of_what_fails_the_other():
    for name, field in conditions.FIELDS.items():
        if field.kind == FLAG:
            yes, no = (reasons.REASONS[field.reason_of("is", wanted)] for wanted in (True, False))
            assert yes.staff != no.staff, name
            assert yes.advocate != no.advocate, name
