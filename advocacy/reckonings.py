"""By which currency, time zone and worth of points programs counted at a moment: what is decided later keeps to it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from advocacy.models import Reckoning

ALWAYS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """From ``since`` until ``until``, the end excluded."""

    currency: str
    zone: str
    points_per_unit: int | None
    since: datetime = ALWAYS[0]
    until: datetime = ALWAYS[1]


def now(program):
    """As the program says it, for what is still to come."""
    return Reckoned(program.currency, program.time_zone, program.points_per_unit)


class Reckonings:
    """Of some programs, read by one query."""

    def __init__(self, programs):
        programs = {program.pk: program for program in programs}
        ended = defaultdict(list)
        for row in Reckoning.objects.filter(program__in=list(programs)).order_by("until", "pk"):
            ended[row.program_id].append(row)
        self._of = {pk: list(_spans(program, ended[pk])) for pk, program in programs.items()}

    def of(self, program):
        """All of a program by its id, the oldest first."""
        return self._of[program]

    def at(self, program, moment):
        return next(each for each in self._of[program] if moment < each.until)


def _spans(program, ended):
    since = ALWAYS[0]
    for row in ended:
        if row.until > since:
            yield Reckoned(row.currency, row.time_zone, row.points_per_unit, since, row.until)
            since = row.until
    yield Reckoned(program.currency, program.time_zone, program.points_per_unit, since)
