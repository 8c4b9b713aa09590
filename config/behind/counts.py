"""The rows of counts, rates and growth: who was brought in a period, and by what."""

from functools import partial
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from advocacy.models import Advocate
from config.behind.asked import refused
from config.behind.kept import KEPT
from config.behind.rows import Rows
from config.behind.values import margin
from referrals import growth, metrics
from referrals.growth import tallies
from referrals.models import Conversion, Invitation, Share, ShareKind

# When what is counted happened, where that is not the moment of the row itself.
_AT = {
    "converted_referrals": "first_at",
    "times": "first_at",
    "bound_of_clicked": "clicked_at",
    "converted_of_clicked": "clicked_at",
}


def count(name):
    return partial(_count, name)


def _count(name, asked):
    found = metrics.behind_count(name, program=asked.program, at=asked.at, **asked.options)
    return Rows(found.rows, numbers=found.numbers, at=_AT.get(name))


def end(metric, side):
    return partial(_end, metric, side)


def _end(metric, side, asked):
    found = metrics.behind(metric, side=side, program=asked.program, at=asked.at, **asked.options)
    return Rows(found.rows, numbers=found.numbers)


def revenue(asked):
    """What a day counts of its conversions: those in the program's own currency."""
    rows = metrics.behind_count("conversions", program=asked.program, at=asked.at, **asked.options).rows
    return Rows(rows.filter(order__currency=asked.program.currency), amount=KEPT, unit=asked.program.currency)


def revenue_of_all_currencies(asked):
    """What the return on cost takes: at a margin its part of it."""
    rows = metrics.behind_count("conversions", program=asked.program, at=asked.at, **asked.options).rows
    return Rows(rows, amount=KEPT, unit=F("order__currency"), weight=margin(asked))


def shares(asked):
    rows = Share.objects.filter(
        storefront=asked.storefront, kind=ShareKind.SHARE, link__program=asked.program, **asked.within("at")
    )
    return Rows(rows if asked.key is None else rows.filter(channel=asked.key))


def sharers(asked):
    """Whose shares these are, each once."""
    return Rows(Advocate.objects.filter(pk__in=shares(asked).rows.values("link__advocate")))


def invitations(asked):
    return Rows(Invitation.objects.filter(advocate__program=asked.program, **asked.within("invited_at")))


def of_cohort(kind):
    return partial(_of_cohort, kind)


def _of_cohort(kind, asked):
    first, last = asked.days
    within = asked.whole("within_days", 30)
    rows = growth.behind_cohort(kind, program=asked.program, since=first, until=last, at=asked.at, within_days=within)
    return Rows(rows, at="converted_at" if kind == "friends" else None)


def of_product(*, friends):
    return partial(_of_product, friends)


def _of_product(friends, asked):
    if asked.key is None:
        raise refused("key", "Send key, the product by the name it is counted by.")
    _, counted_at = growth.read(program=asked.program).get("products", (None, asked.at))
    rows = tallies.behind_product(program=asked.program, product=asked.key, friends=friends, counted_at=counted_at)
    return Rows(rows, amount=F("row_pieces"))


def of_hour(asked):
    """Orders by friends in an hour of a weekday, as last night's tally counted them."""
    weekday, hour = asked.whole("weekday", possible=range(1, 8)), asked.whole("hour", possible=range(24))
    _, counted_at = growth.read(program=asked.program).get("hours", (None, asked.at))
    rows = Conversion.objects.filter(program=asked.program, stands=True, ended=False)
    zone = ZoneInfo(asked.storefront.time_zone)
    local = {
        "row_weekday": ExtractIsoWeekDay("converted_at", tzinfo=zone),
        "row_hour": ExtractHour("converted_at", tzinfo=zone),
    }
    rows = rows.filter(converted_at__gte=counted_at - tallies.RECENT, converted_at__lte=counted_at).annotate(**local)
    return Rows(rows.filter(row_weekday=weekday, row_hour=hour))
