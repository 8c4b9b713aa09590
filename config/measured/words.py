"""Numbers as the page writes them, and as its CSV does."""

from decimal import Decimal

from advocacy import money, reading
from config.measured.cards import Cell

NONE = "–"


def count(number, **more):
    return Cell(f"{number:,}", number, **more) if number is not None else Cell(NONE, "")


def share(value, **more):
    """0.0512 as “5.1 %”."""
    return Cell(percent(value), exact(value), **more) if value is not None else Cell(NONE, "", **more)


def percent(value):
    return f"{value * 100:,.1f} %".replace("-", "−")


def exact(value):
    return Decimal(str(round(value, 6)))


def amount(minor, unit, **more):
    if minor is None:
        return Cell(NONE, "", **more)
    return Cell(reading.plain(minor, unit).replace("-", "−"), Decimal(minor).scaleb(-money.decimals(unit)), **more)


def range_of(interval_minor, unit, reason):
    """“-8.68 to 10.64”; without one a short word, and for a spreadsheet why."""
    if not interval_minor:
        return Cell("too few yet" if reason else NONE, reason or "", number=False)
    places = money.decimals(unit)
    ends = [f"{Decimal(end).scaleb(-places):,.{places}f}".replace("-", "−") for end in interval_minor]
    return Cell(" to ".join(ends), number=False)


def between(interval, write):
    """“3.1 % to 9.0 %”; nothing where no interval is known."""
    return f"{write(interval[0])} to {write(interval[1])}" if interval else ""


def plural(number, one, many):
    return f"{number:,} {one if number == 1 else many}"


def elsewhere(left_out, currency):
    """Who paid in other currencies and is in none of the numbers; empty where nobody did."""
    orders, customers = left_out["orders"], left_out["customers"]
    if not orders:
        return ""
    told = f"{plural(orders, 'order', 'orders')} in other currencies"
    who = f", and with them {plural(customers, 'customer', 'customers')} who paid in no other way" if customers else ""
    return f"Only orders in {currency} count. Left out: {told}{who}."


def not_in_revenue(revenue):
    """Which conversions the sum beside them is not of; empty where it is of all."""
    number = revenue["left_out"]
    return f"without {plural(number, 'order', 'orders')} in other currencies" if number else ""
