"""Exchange rates by day. An order in another currency than the program's converts at the day's."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from rewards import rules
from rewards.models import Rate
from rewards.rules.amounts import minor_rate

# Central banks publish none on weekends and holidays: the last one stands in.
OLDEST = timedelta(days=7)


class Rates:
    """The rates of some storefronts around some days, read by one query; asked without any further."""

    def __init__(self, *, wanted):
        """``wanted``: ``{(storefront id, currency, target, day)}``."""
        self._rows = {}
        if not wanted:
            return
        days = [day for *_, day in wanted]
        rows = Rate.objects.filter(
            storefront__in={storefront for storefront, *_ in wanted},
            currency__in={currency for _, currency, *_ in wanted},
            day__gte=min(days) - OLDEST,
            day__lte=max(days),
        ).order_by("day")
        for row in rows:
            self._rows.setdefault((row.storefront_id, row.currency, row.target), []).append(row)

    def on(self, *, storefront, currency, target, day):
        """The newest Rate on or before the day, at most 7 days older; None without one."""
        rows = self._rows.get((storefront, currency, target), ())
        row = next((row for row in reversed(rows) if day - OLDEST <= row.day <= day), None)
        if row is None:
            return None
        return rules.Rate(
            minor_rate(row.rate, currency, target), f"{row.rate.normalize():f}", row.day.isoformat(), row.source
        )


def day_of(moment, zone):
    return timezone.localtime(moment, ZoneInfo(zone)).date()
