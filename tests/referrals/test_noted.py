"""Warnings are read by people: each that the code can store has a sentence with its numbers."""

import re
from pathlib import Path

import pytest

from referrals.orders import noted

SOURCES = Path(noted.__file__).parent

WORDS = [
    (
        {"code": "source_differs", "source": "stripe", "total_minor": 4990, "tax_included": True},
        "Stripe tells other amounts: total 49.90 EUR, prices with tax. "
        "What was told first stays; compare it with the shop.",
    ),
    (
        {"code": "source_differs", "source": "api", "currency": "USD"},
        "The storefront’s server tells this order in USD; what was told first, in EUR, stays.",
    ),
    (
        {"code": "total_mismatch", "computed_minor": 5000, "total_minor": 4990},
        "Its parts come to 50.00 EUR, its total is told as 49.90 EUR. The total counts.",
    ),
    ({"code": "currency_changed", "currency": "USD"}, "It was told again in USD; the amounts in EUR stay."),
    (
        {"code": "names_another_order", "name": "payment_intent:pi_1"},
        "Its payment intent pi_1 belongs to another order: was one payment told as two orders?",
    ),
    (
        {"code": "customer_differs", "customer": "x"},
        "It was told again with another customer; it stays with the one who was told first.",
    ),
    (
        {"code": "refund_before_order", "refund_id": "R-1"},
        "The refund R-1 is of a time before the order was placed: are the shop’s clocks right?",
    ),
    (
        {"code": "refund_above_order", "refund_id": "re_1", "amount_minor": 900, "remaining_minor": 100},
        "The refund re_1 of 9.00 EUR is more than was left, 1.00 EUR: all of it counts as refunded.",
    ),
    (
        {"code": "refund_above_order", "amount_minor": 3000, "total_minor": 2500},
        "It was corrected to 25.00 EUR, less than the 30.00 EUR that had been refunded: all of it counts as refunded.",
    ),
    (
        {"code": "pieces_above_order", "refund_id": "r2", "line": "1", "quantity": 3, "remaining": 2},
        "The refund r2 names 3 of line 1, of which 2 were left.",
    ),
    (
        {"code": "line_id_twice", "line_id": "7"},
        "Two of its products have the line_id 7: a refund or parcel of it is that of the first.",
    ),
    (
        {"code": "revenue_above_order"},
        "Its revenue is more than its goods after discounts: percentages are taken of too much.",
    ),
    (
        {"code": "amount_unreadable", "source": "woocommerce", "names": ["line 7", "tax"]},
        "WooCommerce told amounts that cannot be read, and count as 0: line 7, tax. Compare it there.",
    ),
    ({"code": "paid_before_placed"}, "It was paid before it was placed: are the shop’s clocks right?"),
    ({"code": "of_later", "message": "Said."}, "Said."),
]


@pytest.mark.parametrize(("warning", "sentence"), WORDS)
def test_a_warning_is_a_sentence(warning, sentence):
    assert noted.in_words(warning, currency="EUR") == sentence


def test_every_warning_of_the_code_is_here():
    written = {code for path in SOURCES.glob("*.py") for code in re.findall(r'{"code": "(\w+)"', path.read_text())}
    assert written - {warning["code"] for warning, _ in WORDS} == set()
