"""Money, percentages and days as readers of each language expect them."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from advocacy import reading

NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("language", "minor", "unit", "whole", "short"),
    [
        ("en", 1000, "EUR", "€10.00", "€10"),
        ("de", 1000, "EUR", f"10,00{NO_BREAK}€", f"10{NO_BREAK}€"),
        ("en", 1250, "EUR", "€12.50", "€12.50"),
        ("de", 123456789, "EUR", f"1.234.567,89{NO_BREAK}€", f"1.234.567,89{NO_BREAK}€"),
        ("en", 123456700, "USD", "$1,234,567.00", "$1,234,567"),
        ("en", -500, "GBP", "−£5.00", "−£5"),
        ("de", -500, "GBP", f"−5,00{NO_BREAK}£", f"−5{NO_BREAK}£"),
        ("en", 1000, "JPY", "¥1,000", "¥1,000"),
        ("en", 1500, "BHD", f"BHD{NO_BREAK}1.500", f"BHD{NO_BREAK}1.500"),
        ("en", 2000, "BHD", f"BHD{NO_BREAK}2.000", f"BHD{NO_BREAK}2"),
        ("de", 1000, "CHF", f"10,00{NO_BREAK}CHF", f"10{NO_BREAK}CHF"),
        ("en", 1, "PTS", "1 point", "1 point"),
        ("de", 1200, "PTS", "1.200 Punkte", "1.200 Punkte"),
        ("en", 0, "EUR", "€0.00", "€0"),
    ],
)
def test_amounts(language, minor, unit, whole, short):
    with translation.override(language):
        assert (reading.amount(minor, unit), reading.short_amount(minor, unit)) == (whole, short)


@pytest.mark.parametrize(
    ("language", "basis_points", "words"),
    [
        ("en", 1000, "10%"),
        ("de", 1000, f"10{NO_BREAK}%"),
        ("en", 1250, "12.5%"),
        ("de", 5, f"0,05{NO_BREAK}%"),
        ("en", 10_000, "100%"),
    ],
)
def test_percentages(language, basis_points, words):
    with translation.override(language):
        assert reading.percent(basis_points) == words


@pytest.mark.parametrize(
    ("language", "moment", "words"),
    [
        ("en", datetime(2026, 11, 28, 12, tzinfo=UTC), "28 November"),
        ("de", datetime(2026, 11, 28, 12, tzinfo=UTC), "28. November"),
        ("en", datetime(2027, 1, 5, 12, tzinfo=UTC), "5 January 2027"),
        ("en", datetime(2026, 11, 28, 23, 30, tzinfo=UTC), "29 November"),
    ],
)
def test_days_are_days_of_the_program_s_zone_and_name_another_year(language, moment, words):
    with translation.override(language):
        shown = reading.day(moment, zone="Europe/Berlin", at=datetime(2026, 11, 22, tzinfo=UTC))
    assert shown.replace(NO_BREAK, " ") == words
