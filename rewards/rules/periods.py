"""Days, weeks, months and years of a program's time zone. Pure."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ALL = "all"
PERIODS = ("day", "week", "month", "year", ALL)

_KEYS = {
    "day": lambda local: f"{local:%Y-%m-%d}",
    "week": lambda local: f"{local.isocalendar().year}-W{local.isocalendar().week:02}",
    "month": lambda local: f"{local.year}-{local.month:02}",
    "year": lambda local: f"{local.year}",
}


def key(period, moment, zone):
    """``month, 2026-03-31 23:30 UTC, Europe/Berlin`` → ``2026-04``; ``all`` for all time."""
    return ALL if period == ALL else _KEYS[period](moment.astimezone(_zone(zone)))


@lru_cache(maxsize=4096)
def key_of_day(period, day):
    """The same from the day that a moment has in its zone: ``month, 2026-04-01`` → ``2026-04``."""
    return ALL if period == ALL else _KEYS[period](date.fromisoformat(day))


def bounds(period, moment, zone):
    """``(start, end)`` of the period that the moment is in, aware datetimes, the end excluded; None for ``all``."""
    if period == ALL:
        return None
    local = moment.astimezone(_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == "week":
        local -= timedelta(days=local.weekday())
    elif period == "month":
        local = local.replace(day=1)
    elif period == "year":
        local = local.replace(month=1, day=1)
    return local, _next(period, local)


def of_key(name, zone):
    """``(start, end)`` of the period with this key: ``2026-04`` → the 1st of April and of May; not for ``all``."""
    start = date.fromisoformat(f"{name}-1" if "W" in name else f"{name}-01-01"[:10])
    period = {4: "year", 7: "month"}.get(len(name), "week" if "W" in name else "day")
    return bounds(period, datetime.combine(start, time(), _zone(zone)), zone)


def add_months(moment, months):
    """The same day so many months later; the month's last day where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _next(period, start):
    if period in ("day", "week"):
        days = 1 if period == "day" else 7
        return datetime.combine(start.date() + timedelta(days=days), start.timetz())
    return add_months(start, 1 if period == "month" else 12)


@lru_cache(maxsize=256)
def _zone(name):
    return ZoneInfo(name)
