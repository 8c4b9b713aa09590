"""An advocate's cash: what is payable, what it waits for, and the payouts so far."""

from dataclasses import dataclass
from datetime import datetime, time

from django.utils.translation import gettext as _

from advocacy import ids, reading
from advocacy.reasons import REASONS
from rewards.models import PayoutState
from rewards.payouts import payees, standing, statements

_MOST = 12
# What an advocate can do about it, by the reason they wait for.
_ACTS = {
    **dict.fromkeys(("payee_missing", "payee_name_unwritable", "payee_outside_sepa"), "payee"),
    "terms_not_accepted": "terms",
}


@dataclass(frozen=True)
class Cash:
    """One policy's. ``act``: payee or terms, where the advocate can do something."""

    amount: str
    sentence: str
    act: str


def of(*, advocate, at):
    """``{"purses", "payouts", "payee"}``, or None for who never had cash."""
    found = standing.of(storefront=advocate.storefront, customer=advocate.customer, at=at)
    rows = statements.numbered(storefront=advocate.storefront, customer=advocate.customer)[:_MOST]
    payouts = [_payout(row, at) for row in rows]
    if not found and not payouts:
        return None
    payee = payees.of_one(advocate.customer)
    return {"purses": [_cash(each, at) for each in found], "payouts": payouts, "payee": payee}


def _cash(one, at):
    return Cash(
        amount=reading.amount(one.amount_minor, one.policy.currency),
        sentence=_waits(one) if one.waits_for else _comes(one, at),
        act=_ACTS.get(one.waits_for, ""),
    )


def _waits(one):
    threshold = one.numbers.get("threshold")
    shown = reading.short_amount(threshold, one.policy.currency) if threshold is not None else "?"
    return _(REASONS[one.waits_for].advocate).format(threshold=shown)


def _comes(one, at):
    if one.next_day is None:
        return _("It comes with the next payout.")
    noon = datetime.combine(one.next_day, time(12), tzinfo=at.tzinfo)
    return _("It comes with the next payout, on %(day)s.") % {"day": reading.day(noon, zone="UTC", at=at)}


def _payout(row, at):
    return {
        "id": ids.encode("pay", row.public_id),
        "number": row.number,
        "amount": reading.amount(row.amount_minor, row.currency),
        "what": _what(row, at),
    }


def _what(row, at):
    if row.state == PayoutState.PAID:
        return _("Paid on %(day)s") % {"day": reading.day(row.paid_at, zone=row.storefront.time_zone, at=at)}
    if row.waits_for:
        return _(REASONS[row.waits_for].advocate)
    return {
        PayoutState.FROZEN: _("On its way"),
        PayoutState.SENT: _("On its way"),
        PayoutState.FAILED: _("Failed; it is yours again. Check your account."),
        PayoutState.RETURNED: _("Came back from the bank; it is yours again. Check your account."),
        PayoutState.CANCELLED: _("Not paid; it comes with the next payout."),
    }[row.state]
