"""What the page shows of a program in a period, in parts that people look for."""

from dataclasses import dataclass, field
from datetime import date, datetime

from advocacy.models import Program
from config.measured import funnel, worth
from referrals import lifetime_value, metrics
from referrals.models import Day


@dataclass(frozen=True)
class Choice:
    program: Program
    since: date
    until: date
    at: datetime
    measured: dict
    # Who may not see accounts sees no money that is owed.
    money_too: bool = False


@dataclass(frozen=True)
class Part:
    title: str
    cards: list = field(default_factory=list)
    said: str = ""


def choice(*, program, since, until, user, at):
    """Raises Refused for a period that cannot be."""
    measured = metrics.of_program(program=program, since=since, until=until, at=at)
    return Choice(
        program=program,
        since=measured["period"]["from"],
        until=measured["period"]["to"],
        at=at,
        measured=measured,
        money_too=user.has_perm("rewards.view_account"),
    )


def parts(choice):
    return [
        Part(
            title="What it brought",
            cards=[
                funnel.funnel(choice.measured),
                funnel.rates(choice.measured),
                funnel.trend(choice.measured, _series(choice)),
            ],
        ),
        Part(
            title="What customers are worth",
            cards=[worth.values(lifetime_value.compare(storefront=choice.program.storefront, at=choice.at))],
            said="Of the whole storefront, whatever period is chosen.",
        ),
    ]


def _series(choice):
    rows = {row.day: row for row in Day.objects.filter(program=choice.program, day__range=(choice.since, choice.until))}
    days = [date.fromordinal(number) for number in range(choice.since.toordinal(), choice.until.toordinal() + 1)]
    names = ("clicks", "referrals", "conversions")
    return [{"day": day} | {name: getattr(rows.get(day), name, 0) for name in names} for day in days]
