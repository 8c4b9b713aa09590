"""A period as moments: days are the storefront's."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def borders(storefront, since, until):
    """The first moment of the first day and of the day after the last."""
    zone = ZoneInfo(storefront.time_zone)
    return tuple(datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
