"""Of which figure the rows are asked for: its program, period and what else it takes, checked."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from advocacy.models import Program, Storefront
from advocacy.refusals import Refused
from referrals import cohorts
from referrals.growth import spans
from referrals.metrics import periods

# Every month has one after it, which the calendar's last has not.
_MONTH = re.compile(r"(?!9999-12)([2-9]\d{3})-(0[1-9]|1[0-2])", re.ASCII).fullmatch
_WHOLE = re.compile(r"\d{1,4}", re.ASCII).fullmatch


class BadFigure(Refused):
    """A figure that cannot be named so; it is a question that cannot be understood."""

    status = 400


def refused(name, sentence):
    return BadFigure("bad_figure", sentence, errors={name: sentence})


@dataclass(frozen=True)
class Asked:
    """``parameters``: as they came, by name. ``program`` is None for figures of the whole storefront."""

    storefront: Storefront
    at: datetime
    program: Program | None = None
    since: date | None = None
    until: date | None = None
    parameters: dict = field(default_factory=dict)

    def given(self, name):
        return self.parameters.get(name)

    @property
    def key(self):
        return self.given("key")

    @property
    def today(self):
        return cohorts.today(self.storefront, self.at)

    @property
    def options(self):
        """What metrics take."""
        names = ("group_by", "key", "time_zone", "view")
        given = {name: self.parameters[name] for name in names if name in self.parameters}
        return {"since": self.since, "until": self.until} | given

    @property
    def days(self):
        return periods.asked(program=self.program, at=self.at, since=self.since, until=self.until).days

    def own_days(self):
        """The period, both of whose ends must be given."""
        if self.since is None or self.until is None:
            raise refused("from", "Send from and to, the first and the last day of the period.")
        return self.since, self.until

    def within(self, column):
        start, end = spans.borders(self.storefront, *self.days)
        return {f"{column}__gte": start, f"{column}__lt": end}

    def whole(self, name, default=None, *, possible=None):
        """A whole number of up to four digits."""
        text = self.given(name)
        if text is None and default is not None:
            return default
        if text is None or not _WHOLE(text) or (possible and int(text) not in possible):
            there = f"one of {', '.join(map(str, possible))}" if possible else "a whole number"
            raise refused(name, f"Send {name}, {there}.")
        return int(text)

    def month_of(self, name, text=None):
        """A month such as 2026-03, as ``cohorts.month_of`` counts them."""
        found = _MONTH(text or self.given(name) or "")
        if not found:
            raise refused(name, f"Send {name}, a month from 2000 on such as 2026-03.")
        return cohorts.month_of(date(int(found[1]), int(found[2]), 1))
