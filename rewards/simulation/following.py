"""What follows from what was asked: the steps of milestones, and top-ups of tiers that are read as a whole. Pure."""

from rewards.rules import amounts, quick
from rewards.rules.periods import ALL
from rewards.rules.terms import ADVOCATE, FRIENDS, WHOLE

_STANDS = {"stands": True}


class Milestone:
    """The steps of one rule whose conversions only count."""

    def __init__(self, counting):
        self.quick = quick.Quick(counting.terms.stepped())
        self._place = [meter.cap for meter in counting.terms.meters].index(FRIENDS)
        self._counting = counting

    def reached(self, asked, given):
        """The Givens of the steps that this conversion, which is counted already, brought the advocate to."""
        if given.refused or "advocate" not in asked.sides or given.friends != 1:
            return ()
        now = self._counting.used[self._place].get(given.keys[self._place], 0)
        step = _for_the_advocate(asked)
        return [quick.ask([self.quick], step)[0] for _ in self._counting.terms.crossed(now - 1, now)]


def _for_the_advocate(asked):
    facts = {name: asked.first.get(name) for name in ("program_status", "advocate_status")} | _STANDS
    who = asked.who | {"friend": asked.who["advocate"], "pair": asked.who["advocate"]}
    return quick.Asked(facts, facts, asked.moment, asked.day, who, ("advocate",), asked.rates)


class TopUps:
    """Of one rule: ``sums`` has for each advocate's period what is owed, and what would be at each tier."""

    def __init__(self, counting):
        benefit = counting.terms.amounts.benefits[ADVOCATE]
        self.benefit, self._counting, self.sums = benefit, counting, {}
        self._place = [meter.cap for meter in counting.terms.meters].index(benefit.tiers.meter)

    def note(self, asked, given, day):
        """Remember a conversion that is counted already; those before the time asked about without a ``day``."""
        benefit = given.benefits.get(ADVOCATE)
        if given.refused or ADVOCATE not in given.owed or benefit.unit != self.benefit.unit or not quick.counts(asked):
            return
        facts, terms = given.facts, self._counting.terms
        known = self.sums.setdefault(given.keys[self._place], [0, [0] * len(benefit.tiers.steps), ""])
        known[0] += given.owed[ADVOCATE]
        known[2] = day or known[2]
        for number, step in enumerate(benefit.tiers.steps):
            wanted = amounts.at_step(benefit, step, facts, terms)
            known[1][number] += amounts.owed(benefit, asked.facts, ADVOCATE, wanted, asked.first, terms=terms)

    def owed(self):
        """``(advocate, day, amount)`` of each period asked about; the day is that of its last order."""
        tiers, used = self.benefit.tiers, self._counting.used[self._place]
        for key, (owed, at_steps, day) in self.sums.items():
            step = tiers.reached(used.get(key, 0))
            if step and day and (short := at_steps[tiers.steps.index(step)] - owed):
                yield key[0], day, short


def is_read_as_a_whole(terms):
    benefit = terms.amounts.benefits.get(ADVOCATE)
    tiers = benefit and benefit.tiers
    return bool(tiers and tiers.reading == WHOLE and tiers.period != ALL)
