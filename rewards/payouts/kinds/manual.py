"""A table of whom to pay what, for whoever does it by hand; the same table comes back with its results."""

from decimal import Decimal

from advocacy import money, tables
from rewards.payouts.kinds.files import File, destination

HEADER = ("number", "name", "country", "destination", "amount", "currency", "batch", "result", "reference", "reason")


def file(batch, payouts):
    rows = (_row(batch, payout) for payout in payouts)
    return File(f"{batch}.csv", "text/csv; charset=utf-8", "".join(tables.write(HEADER, rows)))


def _row(batch, payout):
    amount = Decimal(payout.amount_minor).scaleb(-money.decimals(payout.currency))
    who = (payout.payee_name, payout.payee_country, destination(payout))
    return (payout.number, *who, amount, payout.currency, str(batch), "", payout.reference, "")
