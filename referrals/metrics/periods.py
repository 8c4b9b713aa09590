"""Which days were asked for, in whose time zone, and what is wrong with them."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from advocacy import zones
from advocacy.models import Program
from advocacy.refusals import Refused
from referrals.metrics.catalogue import GROUPS, TIMES, VIEWS

DAY = timedelta(days=1)
DEFAULT_DAYS = 30
ROLLING = timedelta(days=30)
EARLIEST = date(2000, 1, 1)
# Days of another zone than the storefront's are counted while the caller waits.
LIVE_DAYS = 92
# A group for each day, week or month.
MOST_GROUPS = 400


class BadPeriod(Refused):
    """A question that cannot be understood."""

    status = 400


@dataclass(frozen=True)
class Asked:
    """What was asked, checked: days are both included, of ``zone``; ``live`` where that is not the storefront's."""

    program: Program
    days: tuple
    today: date
    zone: str
    live: bool = False
    group_by: str | None = None
    view: str = "calendar"

    @property
    def before(self):
        """The period of the same length that ends the day before."""
        since, until = self.days
        return since - (until - since) - DAY, since - DAY

    @property
    def parts(self):
        """The period's days, weeks from Monday or months, the first and last as far as they are in it."""
        first, until = self.days
        found = []
        while first <= until:
            last = min(_last(first, self.group_by), until)
            found.append((first, last))
            first = last + DAY
        return found

    @property
    def kept_after(self):
        """The last day whose clicks are not kept any more."""
        return self.today - DAY * settings.CLICK_RETENTION_DAYS

    def window(self, days):
        return self.program.pk, *days

    def told(self, days, metric=None):
        """What is said beside every number of these days."""
        followed = 0
        if metric and self.view == "cohort" and metric.cohort:
            followed = self.program.window_days if metric.followed is None else metric.followed
        return {
            "view": self.view,
            "period": {"from": days[0], "to": days[1]},
            "time_zone": self.zone,
            "mature": days[1] + DAY * followed < self.today,
        }


def clicks_are_gone():
    return (
        "Of some of these days nobody counted clicks: they are from before the program was here, or their clicks were "
        f"deleted after {settings.CLICK_RETENTION_DAYS} days."
    )


# Why other figures take less than rates do.
DECLINED_ZONE = "these days and months are the storefront's, by which they are counted as they happen."
DECLINED_COMPARE = "there is no period before; ask for other months, or for a cut."


def rolling(days):
    """The 30 days that end with these."""
    return days[1] - ROLLING + DAY, days[1]


def asked(*, program, at, since=None, until=None, time_zone=None, group_by=None, view="calendar"):
    """``Asked``, filled in; refuses what cannot be, with what is possible."""
    storefront = program.storefront
    zone = _zone(storefront, time_zone)
    _check("group_by", group_by, GROUPS)
    _check("view", view, VIEWS)
    today = at.astimezone(ZoneInfo(zone)).date()
    days = since, until = _days(since, until, zone, today)
    made = Asked(program, days, today, zone, zone != storefront.time_zone, group_by, view)
    length = (until - since).days + 1
    if made.live and length > LIVE_DAYS:
        raise refused(
            "time_zone",
            f"Days of another time zone than the storefront's, {storefront.time_zone}, are counted on the spot, "
            f"{LIVE_DAYS} at most; these are {length}. Choose a shorter period, or leave time_zone out.",
        )
    if group_by in TIMES and len(made.parts) > MOST_GROUPS:
        raise refused("group_by", f"These are {len(made.parts)} {group_by}s; {MOST_GROUPS} are shown at most.")
    return made


def _zone(storefront, name):
    if name is None:
        return storefront.time_zone
    if name not in zones.names():
        raise refused("time_zone", f"{name[:60]!a} is not known; write an IANA name such as Europe/Berlin.")
    return name


def _check(field, value, possible):
    if value is not None and value not in possible:
        raise refused(field, f"{value[:60]!a} is not possible; write one of: {', '.join(possible)}.")


def days_of(*, storefront, since=None, until=None, at):
    """The storefront's days that are asked for, both included; refuses what cannot be, as ``asked``."""
    return _days(since, until, storefront.time_zone, at.astimezone(ZoneInfo(storefront.time_zone)).date())


def _days(since, until, zone, today):
    for field, day in (("from", since), ("to", until)):
        if day and day < EARLIEST:
            raise refused(field, f"{day} is before anything was counted; write {EARLIEST} or a later day.")
    until = until or today
    if until > today:
        raise refused("to", f"{until} is in the future; in {zone} today is {today}.")
    since = since or max(until - DAY * (DEFAULT_DAYS - 1), EARLIEST)
    if since > until:
        raise refused("from", f"{since} is after the period's end on {until}; the first day comes first.")
    return since, until


def refused(field, sentence):
    return BadPeriod("bad_period", sentence, errors={field: sentence})


def _last(day, group_by):
    if group_by == "week":
        return day + DAY * (6 - day.weekday())
    if group_by == "month":
        return (day.replace(day=1) + DAY * 32).replace(day=1) - DAY
    return day
