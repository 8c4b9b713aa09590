"""Lines of an order, and when all of it was on its way: as tables of cases, without a database."""

from types import SimpleNamespace

import pytest

from referrals import lines, shipping
from tests.cast import HOUR, NOON

BEANS = {"line_id": "1", "sku": "beans", "quantity": 2, "price_minor": 1500, "discount_minor": 301}
MUG = {"line_id": "2", "product_id": "mug", "price_minor": 2000, "category": "kitchen"}
BOOK = {"line_id": "3", "sku": "e-book", "price_minor": 900, "requires_shipping": False}


def order(*products, revenue_minor=4000):
    return SimpleNamespace(products=list(products), revenue_minor=revenue_minor)


def test_the_revenue_is_spread_over_the_lines_and_adds_up():
    facts = lines.facts(order(BEANS, MUG, BOOK, revenue_minor=5000), [])
    assert [line["net_minor"] for line in facts] == [2699, 2000, 900]
    assert [line["revenue_minor"] for line in facts] == [2410, 1786, 804]
    assert facts[1] == {
        "line": "2",
        "product": "mug",
        "variant": "",
        "sku": "",
        "category": "kitchen",
        "quantity": 1,
        "net_minor": 2000,
        "revenue_minor": 1786,
        "refunded_minor": 0,
    }


def test_lines_without_a_price_earn_nothing():
    assert [line["revenue_minor"] for line in lines.facts(order({"sku": "beans"}, {"sku": "mug"}), [])] == [0, 0]


@pytest.mark.parametrize(
    ("refunds", "given"),
    [
        ([], [0, 0]),
        ([(1000, [])], [0, 0]),
        ([(2699, [{"sku": "beans"}])], [2699, 0]),
        ([(1349, [{"sku": "beans", "quantity": 1}])], [1349, 0]),
        ([(5400, [{"sku": "beans"}, {"line_id": "2"}])], [2699, 2000]),
        ([(500, [{"product_id": "mug"}])], [0, 500]),
        ([(2350, [{"line_id": "1"}, {"line_id": "2"}])], [1350, 1000]),
        ([(2000, [{"line_id": "2"}]), (2000, [{"line_id": "2"}])], [0, 2000]),
        ([(2000, [{"line_id": "9"}])], [0, 0]),
    ],
)
def test_refunds_that_name_lines_count_for_them_up_to_all_of_each(refunds, given):
    assert lines.refunded([BEANS, MUG], refunds) == given


def test_a_thing_that_a_basket_holds_twice_comes_back_from_both_lines():
    twice = [{"sku": "mug", "price_minor": 2000}, {"sku": "mug", "price_minor": 1500}]
    assert lines.refunded(twice, [(2000, [{"sku": "mug"}]), (1500, [{"sku": "mug"}])]) == [2000, 1500]
    assert lines.pieces(twice, [{"sku": "mug"}, {"sku": "mug"}]) == [1, 1]


def test_digital_is_what_has_lines_and_nothing_to_send():
    assert [lines.is_digital(products) for products in ([], [BOOK], [BOOK, MUG])] == [False, True, False]


@pytest.mark.parametrize(
    ("products", "parcels", "returned", "moment"),
    [
        ([BEANS, MUG], [], [], None),
        ([], [(NOON, [])], [], NOON),
        ([BEANS, MUG], [(NOON, [])], [], NOON),
        ([BEANS, MUG], [(NOON, [{"line_id": "1"}])], [], None),
        ([BEANS, MUG], [(NOON + HOUR, [{"line_id": "2"}]), (NOON, [{"line_id": "1"}])], [], NOON + HOUR),
        ([BEANS], [(NOON, [{"sku": "beans", "quantity": 1}])], [], None),
        ([BEANS], [(NOON, [{"sku": "beans", "quantity": 1}])] * 2, [], NOON),
        ([BEANS, BOOK], [(NOON, [{"line_id": "1"}])], [], NOON),
        ([BEANS, MUG], [(NOON, [{"line_id": "1"}])], [{"line_id": "2"}], NOON),
        ([BEANS, MUG], [(NOON, [{"line_id": "1"}, {"line_id": "2"}]), (NOON + HOUR, [{"line_id": "2"}])], [], NOON),
        ([BOOK], [(NOON, [])], [], None),
    ],
)
def test_an_order_is_on_its_way_when_everything_physical_is(products, parcels, returned, moment):
    assert shipping.since(order(*products), parcels, returned) == moment
