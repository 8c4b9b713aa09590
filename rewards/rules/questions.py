"""What is asked of the rules, and what they answer. Pure."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Question:
    """One subject. ``facts``: its whole state, as its newest event carries it.

    ``first``: its first state: conditions, benefit and cap room are decided on it, so that they do not depend on how
    late a worker comes; what is owed of the grant follows ``facts``. ``moment``: when it first occurred.
    ``who``: ``{scope: UUID}``, whose counters it fills. ``others``: ``{scope: (UUID, …)}``, the other names of the same
    persons, merged: what was counted for those is counted with it. ``sides``: those with a recipient. ``before``: what
    earlier settlings left, by rule; None at the first, which alone fixes grants. ``rates``: ``{currency: Rate}`` to
    the program's.
    """

    facts: dict
    first: dict
    moment: datetime
    who: dict
    sides: tuple
    before: dict | None = None
    rates: dict = field(default_factory=dict)
    others: dict = field(default_factory=dict)
    # id(terms) → (terms, Asked): it is wanted twice, once to lock the counters.
    asked: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rate:
    """``value`` is a Fraction of minor units to minor units; ``rate``, ``day`` and ``source`` tell where it is from."""

    value: object
    rate: str
    day: str
    source: str

    def as_dict(self):
        return {"rate": self.rate, "day": self.day, "source": self.source}


@dataclass(slots=True)
class Earlier:
    """What an earlier settling left for one rule. ``uses``: ``{(cap, key, period): n}``; ``limits``: ``{cap: limit}``.

    ``places``: ``{cap: (period, n)}``, how far others had come in the tiers when it was decided first, where known.
    ``again``: an admin asks to decide it anew; its grant is made new, its old uses are its own.
    """

    granted: dict = field(default_factory=dict)
    owed: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)
    refusal: tuple = ()
    uses: dict = field(default_factory=dict)
    waits: bool = False
    again: bool = False


@dataclass(slots=True)
class Verdict:
    """What one rule says of one subject. ``granted`` and ``owed`` are minor units of the ``units``, each by side.

    ``refusal``: why nothing was granted. ``reasons``, by side: why less than the grant is owed, or why it waits.
    ``uses``: what it takes of the counters. ``waits``: it could not be decided yet, for its refusal.
    """

    terms: object
    checks: list
    granted: dict
    owed: dict
    units: dict
    reasons: dict
    refusal: tuple
    uses: dict
    # ``(meter, key, used by others)``, and benefits and first facts in one currency: what was asked.
    meters: list
    benefits: dict
    first: dict
    rate: Rate | None = None
    waits: bool = False
    fresh: bool = True
    earlier: Earlier | None = None
    # {cap: (period, how far others had come in the tiers when it was decided first)}
    places: dict = field(default_factory=dict)
    # What was counted together for it, of the Question.
    others: dict = field(default_factory=dict)
    # It said no at once: nothing was granted, and nothing else is to be told.
    no: bool = False
    # What ``rewards.verdicts`` made of it, kept with a no that many subjects share.
    written: object = None
