"""Amounts of several units in one currency, each by the rate of its own day."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from advocacy import money
from rewards.rates import Rates


class Converter:
    """Into ``target``, by the rates that the storefront put: that of a day, or the newest of the 7 days before it.

    ``days``: the first and the last day that amounts are of. ``missing``: ``{unit: days without a rate}``, of which the
    amounts are left out.
    """

    def __init__(self, program, *, target, days):
        self.program, self.target, self.days = program, target, days
        self._missing, self._used, self._rates, self._known, self._parts = {}, {}, {}, {}, []

    def part(self):
        """One for some of the sums, by the same rates: what is ``missing`` of these alone. It counts here, too."""
        part = Converter(self.program, target=self.target, days=self.days)
        part._used, part._rates, part._known = self._used, self._rates, self._known
        self._parts.append(part)
        return part

    @property
    def missing(self):
        return joined([self._missing, *(part.missing for part in self._parts)])

    def sum(self, amounts):
        """Of ``(day, unit, minor units)``, in minor units of the target; rounded once, half up."""
        return money.round_half_up(sum((self._one(*each) for each in amounts), Fraction(0)))

    def by_day(self, amounts):
        """``{day: minor units of the target, exactly}`` of the same."""
        found = defaultdict(Fraction)
        for day, unit, amount_minor in amounts:
            found[day] += self._one(day, unit, amount_minor)
        return found

    def told(self):
        """By which rates: of each unit the newest ``rate`` with its ``day`` and ``source``, and the oldest's day."""
        return [
            {"currency": unit} | rates[max(rates)] | {"first_day": min(rates) or None}
            for unit, rates in sorted(self._used.items())
        ]

    def reason(self):
        """Which rates are missing, as a sentence; empty if none is."""
        return lacking(self.missing, self.target)

    def _one(self, day, unit, amount_minor):
        if not amount_minor:
            return Fraction(0)
        if unit == money.POINTS:
            unit, amount_minor = self.program.currency, self._worth(amount_minor)
        if unit == self.target:
            return Fraction(amount_minor)
        day = min(day, self.days[1])
        rate = self._rate(unit, day)
        if rate is None:
            self._missing.setdefault(unit, set()).add(day)
            return Fraction(0)
        return amount_minor * rate.value

    def _worth(self, points):
        """Minor units of the program's currency."""
        per_unit = self.program.points_per_unit
        if not per_unit:
            self._missing.setdefault(money.POINTS, set())
            return Fraction(0)
        self._used[money.POINTS] = {"": {"rate": f"1 ÷ {per_unit}", "day": None, "source": "program"}}
        return Fraction(points, per_unit) * 10 ** money.decimals(self.program.currency)

    def _rate(self, unit, day):
        if (unit, day) not in self._known:
            asked = {"storefront": self.program.storefront_id, "currency": unit, "target": self.target}
            if unit not in self._rates:
                self._rates[unit] = Rates(wanted={(*asked.values(), each) for each in self.days})
            found = self._known[unit, day] = self._rates[unit].on(**asked, day=day)
            if found is not None:
                self._used.setdefault(unit, {})[found.day] = found.as_dict()
        return self._known[unit, day]


def joined(parts):
    """One ``missing`` of several."""
    found = {}
    for missing in parts:
        for unit, days in missing.items():
            found.setdefault(unit, set()).update(days)
    return found


def lacking(missing, target):
    """Which rates are missing, as a sentence; empty if none is."""
    of = [f"{unit} to {target} for {_days(days)}" for unit, days in sorted(missing.items()) if unit != money.POINTS]
    said = [f"No rate of {'; of '.join(of)}. A rate of the 7 days before would do. Put one."] if of else []
    said += ["Nobody said what points are worth: say so at the program."] if money.POINTS in missing else []
    return " ".join(said)


def _days(days):
    """``2026-11-03 and 4 other days``."""
    first = f"{min(days):%Y-%m-%d}" if isinstance(min(days), date) else ""
    others = len(days) - 1
    return f"{first} and {others} other day{'s' * (others > 1)}" if others else first
