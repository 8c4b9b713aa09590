import pytest

from advocacy.models import Event
from advocacy.refusals import Conflict, NotFound, Refused
from referrals import orders
from referrals.models import Conversion, Order, Referral, Refund
from tests import cast
from tests.cast import DAY, HOUR, NOON

LINES = [
    {"line_id": "1", "sku": "beans", "quantity": 2, "price_minor": 1500, "discount_minor": 301},
    {"line_id": "2", "sku": "mug", "quantity": 1, "price_minor": 2000},
]


@pytest.fixture
def order(acme, alice):
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK", products=LINES)
    return orders.record(storefront=acme, orders=[fields], at=NOON)[0].order


def refund(order, refund_id="r1", lenient=False, **fields):
    return orders.refund(order=order, refund={"refund_id": refund_id} | fields, at=NOON + DAY, lenient=lenient)


def facts(kind):
    return [event.facts for event in Event.objects.filter(type=kind).order_by("id")]


def test_a_part_given_back_is_told_with_the_whole_state(order):
    answer = refund(order, amount_minor=1350, kind="refund", reason="broken", refunded_at=NOON + HOUR)
    assert (answer.refund.amount_minor, answer.remaining_minor, answer.created) == (1350, 4050, True)
    assert Order.objects.get().refunded_minor == 1350
    event = Event.objects.get(type="order.refunded")
    assert (event.version, event.occurred_at) == (2, NOON + HOUR)
    told = event.facts
    assert (told["refunded_minor"], told["refunded_change_minor"], told["orders_change"]) == (1350, 1350, 0)
    assert told["revenue_change_minor"] == -1250
    adjusted = Event.objects.get(type="conversion.adjusted")
    assert (adjusted.cause, adjusted.occurred_at, adjusted.facts["refunded_minor"]) == (event, NOON + HOUR, 1350)
    assert (adjusted.facts["stands"], adjusted.facts["friends_change"]) == (True, 0)


def test_parts_add_up_to_the_whole(order):
    for number, amount in enumerate((1, 2699, 2700)):
        refund(order, f"r{number}", amount_minor=amount)
    assert sum(told["revenue_change_minor"] for told in facts("order.refunded")) == -5000
    assert facts("conversion.adjusted")[-1]["friends_change"] == -1
    assert (Referral.objects.get().standing_conversions, Conversion.objects.get().stands) == (0, False)


def test_a_refund_counts_once(order):
    refund(order, amount_minor=1000)
    again = refund(order, amount_minor=1000)
    assert (again.created, again.remaining_minor) == (False, 4400)
    with pytest.raises(Conflict) as refusal:
        refund(order, amount_minor=1001)
    assert refusal.value.code == "idempotency_conflict"
    assert len(facts("order.refunded")) == 1


def test_more_than_remains_is_refused_with_what_remains(order):
    refund(order, amount_minor=5000)
    with pytest.raises(Refused) as refusal:
        refund(order, "r2", amount_minor=401)
    assert refusal.value.code == "refund_above_order"
    assert refusal.value.errors["amount_minor"] == (
        "The refund of 401 is more than remains of the order: 400 (4.00 EUR)."
    )
    assert Refund.objects.count() == 1


def test_a_lenient_refund_above_the_order_is_kept_with_a_warning(order):
    answer = refund(order, amount_minor=6000, lenient=True)
    stored = Order.objects.get()
    assert (answer.remaining_minor, stored.refunded_minor) == (0, 5400)
    assert stored.warnings == [
        {"code": "refund_above_order", "refund_id": "r1", "amount_minor": 6000, "remaining_minor": 5400}
    ]


@pytest.mark.parametrize(
    ("products", "amount"),
    [
        ([{"line_id": "1"}], 2699),
        ([{"line_id": "1", "quantity": 1}], 1349),
        ([{"sku": "mug"}], 2000),
        ([{"line_id": "1"}, {"line_id": "2"}], 4699),
        ([{"line_id": "1", "quantity": 1, "price_minor": 1000, "discount_minor": 0}], 1000),
    ],
)
def test_products_without_an_amount_cost_what_their_lines_cost(order, products, amount):
    assert refund(order, products=products).refund.amount_minor == amount


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "missing_field"),
        ({"amount_minor": -1}, "invalid_amount"),
        ({"amount_minor": 1.5}, "invalid_amount"),
        ({"amount_minor": 1, "refund_id": ""}, "invalid_field"),
        ({"amount_minor": 1, "kind": "gift"}, "invalid_field"),
        ({"amount_minor": 1, "refunded_at": NOON + 3 * DAY}, "date_in_future"),
        ({"amount_minor": 1, "note": "x"}, "unknown_field"),
        ({"products": [{"line_id": "3"}]}, "unknown_line"),
        ({"products": [{}]}, "unknown_line"),
        ({"products": [{"line_id": "1", "quantity": 3}]}, "invalid_field"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(order, fields, code):
    with pytest.raises(Refused) as refusal:
        refund(order, **fields)
    assert refusal.value.code == code
    assert not Refund.objects.exists()
    assert not facts("order.refunded")


def refused(order, refund_id, **fields):
    with pytest.raises(Refused) as refusal:
        refund(order, refund_id, **fields)
    return refusal.value.errors["products[0].quantity"]


def lines_told():
    return [line["refunded_minor"] for line in facts("conversion.adjusted")[-1]["products"]]


def test_no_more_pieces_come_back_than_were_bought(order):
    refund(order, products=[{"line_id": "1", "quantity": 1}])
    two = [{"line_id": "1", "quantity": 2}]
    sentence = "products[0].quantity: 2 came back, but 1 remains of the 2 that were bought."
    assert (refused(order, "r2", products=two), refused(order, "r2", products=two, amount_minor=1)) == (sentence,) * 2
    assert refund(order, "r2", products=[{"line_id": "1"}]).refund.amount_minor == 1349, "all that remains"
    assert refused(order, "r3", products=[{"line_id": "1"}]) == (
        "products[0].quantity: 1 came back, but none remains of the 2 that were bought."
    )
    assert (Order.objects.get().refunded_minor, lines_told()) == (2698, [2698, 0])
    orders.undo_refund(order=order, refund_id="r1", at=NOON + 2 * DAY)
    assert refund(order, "r3", products=[{"line_id": "1", "quantity": 1}]).refund.amount_minor == 1349


def test_a_part_of_a_lines_money_brings_no_piece_back(order):
    refund(order, products=[{"line_id": "2"}], amount_minor=100)
    assert refund(order, "r2", products=[{"line_id": "2", "quantity": 1}]).refund.amount_minor == 2000
    assert lines_told() == [0, 2000]


def test_a_lenient_refund_of_more_pieces_is_cut_to_what_remains_with_a_warning(order):
    refund(order, products=[{"line_id": "2"}])
    again = refund(order, "r2", lenient=True, products=[{"line_id": "2"}, {"line_id": "1", "quantity": 3}])
    assert (again.refund.amount_minor, again.refund.products) == (2699, [{"line_id": "1", "quantity": 2}])
    warning = {"code": "pieces_above_order", "refund_id": "r2"}
    assert Order.objects.get().warnings == [
        warning | {"line": "2", "quantity": 1, "remaining": 0},
        warning | {"line": "1", "quantity": 3, "remaining": 2},
    ]
    assert lines_told() == [2699, 2000]


def test_an_undone_refund_restores_what_it_took(order):
    refund(order, amount_minor=5400)
    for _ in range(2):
        answer = orders.undo_refund(order=order, refund_id="r1", at=NOON + 2 * DAY)
    assert (answer.remaining_minor, Order.objects.get().refunded_minor) == (5400, 0)
    assert Refund.objects.get().undone_at == NOON + 2 * DAY
    assert [told["refunded_change_minor"] for told in facts("order.refunded")] == [5400, -5400]
    assert [told["friends_change"] for told in facts("conversion.adjusted")] == [-1, 1]
    assert Referral.objects.get().converted_at == NOON


def test_an_unknown_refund_is_not_found(order):
    with pytest.raises(NotFound):
        orders.undo_refund(order=order, refund_id="r9", at=NOON)


def test_an_order_of_nothing_stands_until_it_is_given_back(acme, alice):
    free = cast.order(subtotal_minor=0, shipping_minor=0, total_minor=0, referral_code="ALICE-LINK")
    order = orders.record(storefront=acme, orders=[free], at=NOON)[0].order
    assert Conversion.objects.get().stands
    refund(order, amount_minor=0)
    assert not Conversion.objects.get().stands
