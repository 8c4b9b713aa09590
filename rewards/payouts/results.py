"""What became of payouts, as the bank or a colleague says: by number, each once."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from advocacy import money, tables
from advocacy.refusals import Refused
from rewards.models import BatchState, Payout, PayoutState
from rewards.payouts import batches, changing

RESULTS = ("paid", "failed", "cancelled", "returned")
_AMOUNT = re.compile(r"\d{1,15}([.,]\d{1,4})?", re.ASCII).fullmatch
# Of the numbers that a payout can have.
_LARGEST = 2**63 - 1
_LONGEST = {"reference": 140, "reason": 200}


@dataclass(frozen=True)
class Result:
    """``place`` is where it stands in what was sent, for errors: "line 3" or "results[2]"."""

    place: str
    number: int
    result: str
    reference: str = ""
    reason: str = ""
    # What the exported table says of the payout, where it was told: whose file this is, and nothing else was paid.
    amount: str = ""
    currency: str = ""
    batch: str = ""


def read(raw):
    """The Results of a CSV file: number, result, and if known reference and reason. Raises ``Refused`` by line.

    The exported table is taken too; of its lines those whose result is empty are left out.
    """
    extra = ("reference", "reason", "name", "country", "destination", "amount", "currency", "batch")
    lines = tables.read(raw, columns=("number", "result"), optional=extra)
    found, errors = [], {}
    for line, row in lines:
        if not row["result"]:
            continue
        if not (row["number"].isascii() and row["number"].isdigit()):
            errors[f"line {line}"] = "number must be a payout’s number, such as 17"
            continue
        found.append(
            Result(
                f"line {line}",
                int(row["number"]),
                row["result"].lower(),
                *(row.get(name, "") for name in ("reference", "reason", "amount", "currency", "batch")),
            )
        )
    tables.refuse(errors)
    if not found:
        raise Refused("no_results", "No line says a result: write paid, failed, cancelled or returned in that column.")
    return found


def apply(*, batch, results, at):
    """Note the results; returns how many payouts changed. What was said before changes nothing.

    One wrong result refuses all of them: an unknown number, a result that contradicts the one before.
    """
    with transaction.atomic():
        batch = changing.locked(batch)
        if batch.state not in (BatchState.EXPORTED, BatchState.SETTLED):
            raise Refused("batch_not_exported", f"This batch is {batch.state}; results come after its export.")
        payouts = {payout.number: payout for payout in changing.of(batch)}
        tables.refuse(_errors(batch, results, payouts))
        changed = sum(_told(state, results, payouts, at) for state in RESULTS)
        batches.settle(batch, at=at)
    return changed


def _told(state, results, payouts, at):
    said = {each.number: (each.reference, each.reason) for each in results if each.result == state}
    return len(changing.change([payouts[number] for number in sorted(said)], PayoutState(state), at=at, said=said))


def _errors(batch, results, payouts):
    errors, seen, elsewhere = {}, {}, _elsewhere(batch, results, payouts)
    for each in results:
        payout = payouts.get(each.number)
        problem = _problem(each, payout, elsewhere) or _other(each, payout, batch)
        above = seen.setdefault(each.number, each)
        if above.result != each.result:
            problem = f"number {each.number} is {above.result} above and {each.result} here"
        elif (above.reference, above.reason) != (each.reference, each.reason):
            problem = f"number {each.number} stands above with another reference or reason"
        if problem:
            errors[each.place] = problem
    return errors


def _elsewhere(batch, results, payouts):
    """``{number: the batch}`` of those that are other batches' of the storefront."""
    numbers = [each.number for each in results if each.number not in payouts and each.number <= _LARGEST]
    others = Payout.objects.filter(storefront=batch.storefront_id, number__in=numbers).select_related("batch")
    return {payout.number: payout.batch.api_id for payout in others}


def _other(each, payout, batch):
    """What was said of the payout besides its result, and is not so."""
    if each.batch not in ("", batch.api_id):
        return f"number {each.number} is of this batch, {batch.api_id}, and the line says {each.batch}"
    if each.currency.upper() not in ("", payout.currency):
        return f"number {each.number} is paid in {payout.currency}, and the line says {each.currency}"
    if each.amount and _minor(each.amount, payout.currency) != payout.amount_minor:
        paid = money.plain(payout.amount_minor, payout.currency)
        return f"number {each.number} is {paid}, and the line says {each.amount}"
    return ""


def _minor(text, currency):
    """``"25.00"``, or as a spreadsheet may write it, ``"25,00"`` and ``"25"``; None where it is no amount."""
    if not _AMOUNT(text):
        return None
    minor = Decimal(text.replace(",", ".")).scaleb(money.decimals(currency))
    return int(minor) if minor == int(minor) else None


def _problem(each, payout, elsewhere):
    if each.result not in RESULTS:
        return f"result must be one of: {', '.join(RESULTS)}"
    if payout is None:
        where = f": it is of the batch {elsewhere[each.number]}" if each.number in elsewhere else ""
        return f"this batch has no payout number {each.number}{where}"
    long = next((name for name, most in _LONGEST.items() if len(getattr(each, name)) > most), None)
    if long:
        return f"{long} has at most {_LONGEST[long]} characters"
    sources, _leg, _column = changing.MOVES[PayoutState(each.result)]
    if payout.state in (*sources, PayoutState(each.result)):
        return ""
    hint = "; say returned if the money came back" if payout.state == PayoutState.PAID else ""
    return f"number {each.number} is {payout.state} and cannot be {each.result}{hint}"
