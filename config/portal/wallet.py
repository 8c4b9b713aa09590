"""What an advocate has, in lines that people read."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from advocacy import reading
from rewards import wallets

_MOST_DAYS = 4


@dataclass(frozen=True)
class Purse:
    """One unit: what is theirs, and ``coming``: ``(when, amount)`` in words, soonest first."""

    amount: str
    coming: tuple


def purses(*, advocate, at):
    """The program's unit first; an empty wallet is nothing of that unit."""
    program = advocate.program
    found = wallets.balance(storefront=advocate.storefront, customer=advocate.customer)
    found.sort(key=lambda wallet: wallet.unit != program.currency)
    if not found:
        return [Purse(reading.amount(0, program.currency), ())]
    return [
        Purse(reading.amount(wallet.available_minor, wallet.unit), _coming(wallet, program.time_zone, at))
        for wallet in found
    ]


def _coming(wallet, zone, at):
    """Summed by day; the first days by date, the rest as one line. What is held or due has no date."""
    by_day, undated = defaultdict(int), 0
    for one in wallet.coming:
        if one.due_at is None or one.due_at <= at:
            undated += one.amount_minor
        else:
            by_day[reading.day_of(one.due_at, zone=zone), reading.day(one.due_at, zone=zone, at=at)] += one.amount_minor
    dated = sorted(by_day.items())
    lines = [(_("On its way"), undated)] if undated else []
    lines += [(_("On %(day)s") % {"day": words}, minor) for (_day, words), minor in dated[:_MOST_DAYS]]
    later = sum(minor for _key, minor in dated[_MOST_DAYS:])
    lines += [(_("Later"), later)] if later else []
    return tuple((when, f"+ {reading.amount(minor, wallet.unit)}") for when, minor in lines)
