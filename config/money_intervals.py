"""How far figures of money may be off by chance: ratios of what a program's days brought and cost."""

from fractions import Fraction

from advocacy import money
from advocacy.measures import intervals

DIGITS = 5
INTERVAL = (
    "Interval: 95 % of a ratio of days, each drawn with all that happened on it (Cochran 1977); other costs of the "
    f"program are spread evenly. It takes {intervals.LEAST_DAYS} days since the first on which there was something."
)


class Days:
    """What each day from ``first`` to ``last`` had, exactly: what was ``earned`` and ``given`` to friends, ``margin``,
    ``friends`` and ``clicks``, each ``{day: number}``; and ``spread``, the other costs of all days together.
    """

    def __init__(self, *, first, last, earned, given, margin, friends, clicks, spread):
        every = (earned, given, margin, friends, clicks)
        began = min((day for each in every for day, number in each.items() if number), default=last)
        self._days = [began.fromordinal(day) for day in range(max(first, began).toordinal(), last.toordinal() + 1)]
        self._earned, self._given, self._margin, self._friends, self._clicks = every
        self._evenly = Fraction(spread, max(len(self._days), 1))

    def cac(self):
        return _money(intervals.ratio([(self._cost(day), self._friends.get(day, 0)) for day in self._days]))

    def earnings_per_click(self):
        return _money(intervals.ratio([(self._earned.get(day, 0), self._clicks.get(day, 0)) for day in self._days]))

    def roi(self):
        of = [(self._margin.get(day, 0) - self._cost(day), self._cost(day)) for day in self._days]
        found = intervals.ratio(of)
        return found and [round(end, DIGITS) for end in found]

    def _cost(self, day):
        return self._earned.get(day, 0) + self._given.get(day, 0) + self._evenly


def _money(interval):
    """In whole minor units; no cost is below 0."""
    return interval and [max(0, money.round_half_up(Fraction(end))) for end in interval]
