"""A card: one question, its answer as a chart, the same as a table and as CSV, or why there is no answer yet."""

from dataclasses import dataclass, field

from advocacy import tables

# Rows that a long table shows at first, and columns from which on it is set closer.
_SEEN, _WIDE = 10, 8


@dataclass(frozen=True)
class Cell:
    """``text`` is for people, ``plain`` for a spreadsheet, ``link`` leads to the rows behind it."""

    text: str
    plain: object = None
    link: str = ""
    # How dark the cell of a heat map is, 0 to 5.
    shade: int | None = None
    number: bool = True

    @property
    def written(self):
        return self.text if self.plain is None else self.plain


@dataclass(frozen=True)
class Card:
    """``title`` is the finding; ``empty`` says why there is nothing to see; ``drawing`` is drawn by its ``kind``."""

    id: str
    title: str
    head: tuple
    rows: list = field(default_factory=list)
    kind: str = "table"
    drawing: dict | None = None
    empty: str = ""
    # Leads to the rows behind the number in its title, where no cell has it.
    link: str = ""
    # Sentences that say what was counted.
    said: tuple = ()

    @property
    def lines(self):
        """Its rows with each cell's title, by which a phone shows a row as a card."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]

    @property
    def first_lines(self):
        """Those that are seen before somebody unfolds all of a long table; empty for what is shown whole."""
        return self.lines[:_SEEN] if self.kind == "table" and len(self.rows) > _SEEN + 2 else []

    @property
    def dense(self):
        return len(self.head) > _WIDE


def word(text, **more):
    return Cell(str(text), number=False, **more)


def as_csv(card):
    """The card's table for a spreadsheet, in lines; numbers bare."""
    return tables.write(card.head, ([cell.written for cell in row] for row in card.rows), bom=True)
