"""How long friends take from their click to their first order."""

from config.measured import words
from config.measured.cards import Card, Cell
from referrals.metrics.catalogue import TIME

_LONG_HOURS = 48
# A median of fewer says more of them than of the program.
_ENOUGH = 10
_INSIDE = (
    "Times are counted in buckets, inside which friends are taken as spread evenly; the last one has no end: “–” there."
)


def taken(measured, behind):
    told = measured["metrics"][TIME]
    before = told["previous"]
    link = behind(f"{TIME}.numerator")
    row = [
        words.count(told["numerator"], link=link),
        _hours(told["value"], link),
        _hours(told["p90"], link),
        _hours(before["value"], behind(f"{TIME}.numerator", **before["period"])),
    ]
    return Card(
        id=TIME,
        title=_finding(told["value"], told["numerator"]),
        head=("Friends who had clicked", "Half of them within, hours", "90 % within, hours", "Half, the period before"),
        rows=[row] if told["numerator"] else [],
        empty="" if told["numerator"] else told["reason"],
        said=(told["definition"]["sentence"], _INSIDE),
    )


def _hours(value, link):
    return Cell(words.NONE, "") if value is None else Cell(f"{value:,.1f}", words.exact(value), link)


def _finding(hours, friends):
    if hours is None:
        return "How long it takes from the click to the first order"
    if friends < _ENOUGH:
        return f"{words.plural(friends, 'friend', 'friends')} bought after a click: too few to say how long it takes"
    # Inside the first bucket nobody knows.
    long = "an hour" if hours <= 1 else f"{hours:,.1f} hours" if hours < _LONG_HOURS else f"{hours / 24:,.1f} days"
    return f"Half of the {friends:,} friends who bought after a click did so within {long}"
