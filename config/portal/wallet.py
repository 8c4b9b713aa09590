"""What an advocate has, in lines that people read."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from advocacy import money, reading
from rewards import redemptions, wallets
from rewards.models import Form

_MOST_DAYS = 4


@dataclass(frozen=True)
class Purse:
    """One unit of one form: what is theirs. ``lines``: ``(when, amount)`` in words of what comes, soonest first, is set
    aside, and expires. ``name`` is empty for the store credit; ``worth`` says what points are in money, or nothing.
    """

    name: str
    amount: str
    worth: str
    lines: tuple


def purses(*, advocate, at):
    """The program's credit first, also where it is empty; of the rest what has something in it."""
    program = advocate.program
    found = wallets.balance(storefront=advocate.storefront, customer=advocate.customer, at=at)
    kept = [wallet for wallet in found if _shows(wallet)]
    kept.sort(key=lambda wallet: (wallet.form != Form.CREDIT, wallet.unit != program.currency))
    return [_purse(wallet, program, at) for wallet in kept or [wallets.Wallet(program.currency, Form.CREDIT)]]


def _shows(wallet):
    return wallet.available_minor or wallet.pending_minor or wallet.reserved_minor


def _purse(wallet, program, at):
    return Purse(
        name=_name(wallet.form),
        amount=reading.amount(wallet.available_minor, wallet.unit),
        worth=_worth(wallet, program),
        lines=(*_coming(wallet, program.time_zone, at), *_aside(wallet), *_expiring(wallet, program.time_zone, at)),
    )


def _name(form):
    return {
        Form.CREDIT: "",
        Form.POINTS: _("Points"),
        Form.COUPON: _("Coupons"),
        Form.GIFT_CARD: _("Gift cards"),
        Form.CASH: _("To be paid out"),
        Form.CUSTOM: _("Other rewards"),
    }[form]


def _worth(wallet, program):
    if wallet.unit != money.POINTS or not program.points_per_unit or wallet.available_minor <= 0:
        return ""
    worth = redemptions.worth(wallet.available_minor, program)
    return _("worth %(amount)s") % {"amount": reading.amount(worth, program.currency)}


def _coming(wallet, zone, at):
    """Summed by day; the first days by date, the rest as one line. What is held or due has no date."""
    by_day, undated = defaultdict(int), 0
    for one in wallet.coming:
        if one.due_at is None or one.due_at <= at:
            undated += one.amount_minor
        else:
            words = reading.day(one.due_at, zone=zone, at=at)
            by_day[reading.day_of(one.due_at, zone=zone), words, one.held_by == "awaiting_delivery"] += one.amount_minor
    dated = sorted(by_day.items())
    lines = [(_("On its way"), undated)] if undated else []
    lines += [(_when(words, waits), minor) for (_day, words, waits), minor in dated[:_MOST_DAYS]]
    later = sum(minor for _key, minor in dated[_MOST_DAYS:])
    lines += [(_("Later"), later)] if later else []
    return tuple((when, f"+ {reading.amount(minor, wallet.unit)}") for when, minor in lines)


def _when(day, waits_for_delivery):
    words = _("After the delivery, by %(day)s") if waits_for_delivery else _("On %(day)s")
    return words % {"day": day}


def _aside(wallet):
    if not wallet.reserved_minor:
        return ()
    words = _("Being paid out") if wallet.form == Form.CASH else _("Set aside in your basket")
    return ((words, reading.amount(wallet.reserved_minor, wallet.unit)),)


def _expiring(wallet, zone, at):
    """Summed by day; the first two."""
    by_day = defaultdict(int)
    for one in wallet.expiring:
        day = reading.day_of(one.expires_at, zone=zone), reading.day(one.expires_at, zone=zone, at=at)
        by_day[day] += one.amount_minor
    return tuple(
        (_("Expires on %(day)s") % {"day": words}, reading.amount(minor, wallet.unit))
        for (_day, words), minor in sorted(by_day.items())[:2]
    )
