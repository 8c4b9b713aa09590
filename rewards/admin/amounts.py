"""Money and percentages as people type them. Pure."""

import re
from decimal import Decimal

from advocacy import money

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?").fullmatch


class Unreadable(ValueError):
    """Carries the sentence that says what to write."""


def minor(text, unit):
    """``"10.00", EUR`` → 1000. Raises ``Unreadable``."""
    places = money.decimals(unit)
    example = money.plain(10 ** (places + 1), unit).split()[0]
    number = _number(text, f"Write an amount such as {example}.")
    if -number.normalize().as_tuple().exponent > places:
        raise Unreadable(f"{unit} has {places or 'no'} decimal places. Write an amount such as {example}.")
    value = int(number.scaleb(places))
    if value > money.LARGEST_MINOR:
        raise Unreadable(f"At most {money.plain(money.LARGEST_MINOR, unit)}.")
    return value


def basis_points(text):
    """``"7.5"`` → 750. Raises ``Unreadable``."""
    number = _number(text.replace("%", ""), "Write a percentage such as 10 or 7.5.")
    if -number.normalize().as_tuple().exponent > 2:  # noqa: PLR2004
        raise Unreadable("At most two decimal places.")
    if number > 100:  # noqa: PLR2004
        raise Unreadable("A percentage is at most 100.")
    return int(number * 100)


def whole(text):
    """``"5"`` → 5. Raises ``Unreadable``."""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or int(text) > money.LARGEST_MINOR:
        raise Unreadable("Write a whole number such as 5.")
    return int(text)


def typed(value, unit):
    """The other way: what stands in the box. Nothing for 0 and None."""
    return money.plain(value, unit).split()[0] if value else ""


def typed_percent(points):
    return f"{points / 100:g}" if points else ""


def _number(text, wanted):
    text = text.strip()
    if not _NUMBER(text):
        raise Unreadable(wanted)
    # "1,000" may be a thousand or one: ask.
    if re.search(r",\d{3}$", text):
        raise Unreadable(f"Is {text} a thousand? Write {text.replace(',', '')}, or use a point for decimals.")
    return Decimal(text.replace(",", "."))
