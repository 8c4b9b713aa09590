"""A table of whom to pay what, for whoever does it by hand; the same table comes back with its results."""

from decimal import Decimal

from advocacy import money, tables
from rewards.payouts.kinds import files
from rewards.payouts.kinds.files import File

HEADER = ("number", "name", "country", "destination", "amount", "currency", "batch", "result", "reference", "reason")


def file(batch, payouts, *, destination=files.destination):
    """``destination(payout)``: where it goes, as the table says it."""
    rows = (_row(batch, payout, destination(payout)) for payout in payouts)
    return File(f"{batch.api_id}.csv", "text/csv; charset=utf-8", "".join(tables.write(HEADER, rows)))


def _row(batch, payout, goes_to):
    amount = Decimal(payout.amount_minor).scaleb(-money.decimals(payout.currency))
    who = (payout.payee_name or payout.customer.name, payout.payee_country, goes_to)
    return (payout.number, *who, amount, payout.currency, batch.api_id, "", payout.reference, "")
