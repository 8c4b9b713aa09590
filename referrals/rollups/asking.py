"""A question about days, alone or together with others, as the statements that ask it."""

# ruff: noqa: S608 - questions are made of constants

from dataclasses import dataclass

from referrals.rollups.cells import CELL

_TYPES = {"times": "integer[]", "revenue_minor": "bigint"}
_EMPTY = {"times": "{}"}


@dataclass(frozen=True)
class Asked:
    """Columns and the statement that counts them, after the expressions ``before`` it."""

    columns: tuple
    select: str
    before: str = ""
    whole: tuple = ()  # columns that days have and their parts have not

    @property
    def found(self):
        """``WITH`` expressions whose last, ``found``, has the rows that count something."""
        return f"""
            WITH {CELL}, {self.before} found AS MATERIALIZED (
                SELECT program_id, day, cut, key, {listed("{name}::{type} AS {name}", self.columns)}
                FROM ({self.select}) told WHERE {self.something}
            )"""

    @property
    def parted(self):
        """The columns that parts of days have too."""
        return [name for name in self.columns if name not in self.whole]

    @property
    def something(self):
        return listed("{name} <> '{empty}'", self.columns, between=" OR ")


def together(questions):
    """Several questions asked by one statement, so that each row is written once."""
    columns = tuple(name for each in questions for name in each.columns)
    every = " UNION ALL ".join(_padded(each, columns) for each in questions)
    return Asked(
        columns,
        f"""
        SELECT program_id, day, cut, key, {listed("{added}({name}) AS {name}", columns)}
        FROM ({every}) padded GROUP BY program_id, day, cut, key
        """,
        "".join(dict.fromkeys(each.before for each in questions)),
        whole=tuple(name for each in questions for name in each.whole),
    )


def listed(pattern, columns, *, between=", "):
    """The pattern for each column, by its ``{name}``, ``{type}``, what is ``{empty}`` and how it is ``{added}``."""
    return between.join(
        pattern.format(
            name=name,
            type=_TYPES.get(name, "integer"),
            empty=_EMPTY.get(name, 0),
            added="max" if name in _EMPTY else "sum",
        )
        for name in columns
    )


def _padded(question, columns):
    """Its answer with the columns of all, those of the others empty."""
    every = ", ".join(
        listed("{name}::{type} AS {name}" if name in question.columns else "'{empty}'::{type} AS {name}", [name])
        for name in columns
    )
    return f"SELECT program_id, day, cut, key, {every} FROM ({question.select}) told"
