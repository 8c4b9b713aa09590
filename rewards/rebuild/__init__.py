"""Prove the ledger: settle everything again from what people and storefronts entered, and compare.

Rules, facts, redemptions, payouts, adjustments and rates stay as they were written down. Decisions, rewards, transfers,
balances and counters are made anew in temporary tables that hide the real ones for this connection, in one transaction
that may not write to any other table and is rolled back. Everybody else goes on working meanwhile.
"""

from dataclasses import dataclass

from rewards.rebuild import comparing, repeating, stage


@dataclass(frozen=True)
class Repeated:
    """How much was done again."""

    decisions: int
    moves: int


def verify(*, told=lambda done, total: None):
    """Yield a sentence for each difference, and at the end a Repeated. ``told(decisions done, decisions in all)``."""
    with stage.tables() as live:
        work = repeating.Repeating(live, told)
        yield from work.run()
        yield from comparing.differences(live)
        yield Repeated(work.decisions, work.moves)
