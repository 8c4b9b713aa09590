"""Exchange rates by day. An order in another currency than the program's converts at the day's."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from advocacy import money, tables
from advocacy.refusals import Conflict
from rewards import rules
from rewards.models import Rate
from rewards.rules.amounts import minor_rate

# Central banks publish none on weekends and holidays: the last one stands in.
OLDEST = timedelta(days=7)
_LEAST, _MOST = Decimal("0.0000000001"), 10**10
_LONGEST_SOURCE = 40


class Rates:
    """The rates of some storefronts around some days, read by one query; asked without any further."""

    def __init__(self, *, wanted):
        """``wanted``: ``{(storefront id, currency, target, day)}``."""
        self._rows, self._unused = {}, set()
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
        if not row.used:
            self._unused.add(row.pk)
        return rules.Rate(
            minor_rate(row.rate, currency, target), f"{row.rate.normalize():f}", row.day.isoformat(), row.source
        )

    def note_use(self):
        """Keep those that were asked for as they are: something is decided by them."""
        if self._unused:
            Rate.objects.filter(pk__in=self._unused).update(used=True)


@dataclass(frozen=True)
class Said:
    """One rate as somebody says it. ``place`` is where it stands in what was sent: "line 3" or "rates[2]"."""

    place: str
    day: date
    currency: str
    target: str
    rate: Decimal
    source: str


COLUMNS = ("day", "currency", "target", "rate", "source")


def read(raw):
    """What a CSV file with these columns says; raises ``Refused`` by line."""
    said, errors = [], {}
    for line, row in tables.read(raw, columns=COLUMNS):
        try:
            each = Said(
                f"line {line}",
                date.fromisoformat(row["day"]),
                row["currency"].upper(),
                row["target"].upper(),
                Decimal(row["rate"]),
                row["source"],
            )
        except (ValueError, InvalidOperation):
            errors[f"line {line}"] = "day is written 2026-11-22 and rate 0.92, with a point"
        else:
            said.append(each)
    tables.refuse(errors)
    return said


def put(*, storefront, rates, at):
    """Add rates, or correct those by which nothing was decided yet; returns how many were new or changed.

    All of them or none. ``rates``: a list of Said. Raises ``Refused`` by place, and ``Conflict`` where a rate that
    was used would change: decisions keep the rate they were made by.
    """
    with transaction.atomic():
        changed = [_row(storefront, each, at) for each, _ in changes(storefront=storefront, rates=rates, at=at)]
        Rate.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["storefront", "currency", "target", "day"],
            update_fields=["rate", "source", "recorded_at"],
        )
    return len(changed)


@transaction.atomic
def changes(*, storefront, rates, at):
    """``[(Said, the Rate there is or None)]`` of those that ``put`` would add or correct, the last of each day's."""
    tables.refuse({each.place: wrong for each in rates if (wrong := _wrong(each, at))})
    known = _known(storefront, rates)
    used = [each for each in rates if (row := known.get(_key(each))) and row.used and row.rate != each.rate]
    if used:
        raise Conflict(
            "rate_in_use",
            f"Rewards were decided by the rate of {used[0].day} for {used[0].currency} already; it stays as it is.",
            errors={each.place: "is in use with another value" for each in used[:20]},
        )
    rows = {_key(each): each for each in rates}
    return [(each, known.get(key)) for key, each in rows.items() if key not in known or not _same(known[key], each)]


def _wrong(each, at):
    wrong = [code for code in (each.currency, each.target) if code not in money.CURRENCIES]
    if wrong:
        return f"{wrong[0]!a} is no ISO 4217 code, such as EUR"
    if each.currency == each.target:
        return "a rate is between two currencies"
    if not _LEAST <= each.rate < _MOST or each.rate != round(each.rate, 10):
        return "a rate is above 0, below 10,000,000,000, and has at most 10 decimals"
    if not 0 < len(each.source) <= _LONGEST_SOURCE:
        return "say in source where it is from, in at most 40 characters"
    return "" if each.day <= at.date() + timedelta(days=1) else "there is no rate of a day to come"


def _known(storefront, rates):
    rows = Rate.objects.filter(storefront=storefront, day__in={each.day for each in rates})
    return {_key(row): row for row in rows.select_for_update()}


def _key(each):
    return each.currency, each.target, each.day


def _row(storefront, each, at):
    return Rate(
        storefront=storefront,
        day=each.day,
        currency=each.currency,
        target=each.target,
        rate=each.rate,
        source=each.source,
        recorded_at=at,
    )


def _same(known, row):
    return known.rate == row.rate and known.source == row.source


def day_of(moment, zone):
    return timezone.localtime(moment, ZoneInfo(zone)).date()
