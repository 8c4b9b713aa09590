"""What the house owes its customers."""

from config.measured import words
from config.measured.cards import Card, word


def liability(found):
    rows = [
        [word(each["unit"]), *(words.amount(each[f"{kind}_minor"], each["unit"]) for kind in ("pending", "available"))]
        for each in found or ()
    ]
    return Card(
        id="liability",
        title="Owed: " + ", ".join(f"{row[2].text} credited, {row[1].text} on the way" for row in rows)
        if rows
        else "Nothing is owed",
        head=("Unit", "On the way", "Credited, not spent"),
        rows=rows,
        empty="" if rows else "No reward has been granted yet, or all are spent.",
        said=("Rewards that are credited and not spent, and those that wait for their hold to end; now, not then.",),
    )
