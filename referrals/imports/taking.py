"""Take some rows of a file: through the verbs that the API uses, so that a row counts once, whoever tells it."""

from referrals.imports import bonds, layouts, orders_of_files, outcomes, people
from referrals.imports.keeping import how_of
from referrals.models import ImportKind

_TAKE = {
    ImportKind.CUSTOMERS: people.take,
    ImportKind.ORDERS: orders_of_files.take,
    ImportKind.REFERRALS: bonds.take,
}


def take(*, row, records, at):
    """The Outcome of these records of an Import, ``[(line, record, why it cannot be read)]``."""
    outcome, read = outcomes.Outcome(), []
    layout, how = layouts.of(row.layout, row.kind), how_of(row)
    for line, said, why in records:
        if why:
            outcome.add(line, outcomes.REFUSED, f"It {why}.")
            continue
        try:
            read.append((line, layouts.fields(layout, said, how, row.columns)))
        except Exception as error:
            outcome.add(line, outcomes.REFUSED, outcomes.sentence(error))
    _TAKE[row.kind](row=row, read=read, outcome=outcome, at=at)
    return outcome
