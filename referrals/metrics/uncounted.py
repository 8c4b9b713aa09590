"""On which days nobody could count clicks: before the program was here, or when they were deleted before."""

from zoneinfo import ZoneInfo

from referrals.metrics import periods
from referrals.models import Day

_SAYS = ("day", "clicks", "clicks_at", "referrals", "bound_of_clicked", "conversions")


def began(program):
    """The storefront's day on which the program was made."""
    return program.created_at.astimezone(ZoneInfo(program.storefront.time_zone)).date()


def is_gone(day, *, begun, kept_after):
    """Whether something came of clicks of a Day of which there are none; as ``reading`` says it of periods."""
    if day.clicks:
        return False
    if day.day < begun:
        return bool(day.referrals or day.bound_of_clicked or day.conversions)
    return day.clicks_at is None and day.day <= kept_after


def any_gone(*, program, since, until, at):
    """Whether that is so of a day from ``since`` to ``until``."""
    question = periods.asked(program=program, at=at, since=since, until=until)
    rows = Day.objects.filter(program=program, day__range=question.days, clicks=0).only(*_SAYS)
    begun = began(program)
    return any(is_gone(row, begun=begun, kept_after=question.kept_after) for row in rows)


def series_of(*, program, since, until, at):
    """As ``series``, of the days from ``since`` to ``until``."""
    question = periods.asked(program=program, at=at, since=since, until=until)
    rows = Day.objects.filter(program=program, day__range=question.days)
    return series(question, {row.day: row for row in rows})


def series(question, rows):
    """``[{"day", "clicks", "referrals", "conversions"}]`` of what was Asked; ``rows``: its Days, those there are.

    Clicks that nobody could count are None, not 0.
    """
    (since, until), program, kept_after = question.days, question.program, question.kept_after
    days = [since + periods.DAY * number for number in range((until - since).days + 1)]
    begun, told = began(program), []
    for day in days:
        row = rows.get(day)
        clicks = row.clicks if row else 0
        unknown = is_gone(row, begun=begun, kept_after=kept_after) if row else False
        before = day < begun and not clicks
        told.append(
            {
                "day": day,
                "clicks": None if unknown or before else clicks,
                "referrals": row.referrals if row else 0,
                "conversions": row.conversions if row else 0,
            }
        )
    return told
