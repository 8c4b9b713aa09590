"""What is said of brands in public, as whoever listens tells it, and what it comes to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from advocacy import given, tables
from advocacy.measures import listening
from advocacy.measures.intervals import wilson
from advocacy.models import Mention, Sentiment
from advocacy.refusals import Refused

DIGITS = 5
DEFINITIONS = {
    "net_sentiment": "(Positive mentions − negative ones) ÷ both together; neutral ones are left out.",
    "share_of_voice": "Mentions of the brand ÷ mentions of all brands of the panel.",
}


@dataclass(frozen=True)
class Heard:
    """One mention, as somebody tells it. ``place`` is where it stands in what was sent."""

    place: str
    mention_id: str
    brand: str
    source: str
    sentiment: str
    said_at: datetime


def put(*, storefront, mentions, at):
    """Add or correct these (``Heard``), all or none; how many were new or other than before. Refuses by place."""
    tables.refuse({each.place: wrong for each in mentions if (wrong := _wrong(each))})
    rows = {each.mention_id: each for each in mentions}
    tables.refuse({each.place: "is said twice" for each in mentions if rows[each.mention_id] is not each})
    known = {row.mention_id: row for row in Mention.objects.filter(storefront=storefront, mention_id__in=rows)}
    # In one order, so that two calls never wait for each other in a circle.
    changed = [rows[key] for key in sorted(rows) if key not in known or not _same(known[key], rows[key])]
    Mention.objects.bulk_create(
        [Mention(storefront=storefront, noted_at=at, **_said(each)) for each in changed],
        update_conflicts=True,
        unique_fields=["storefront", "mention_id"],
        update_fields=["brand", "source", "sentiment", "said_at", "noted_at"],
    )
    return len(changed)


def _same(known, each):
    return all(getattr(known, name) == value for name, value in _said(each).items())


def _said(each):
    return {name: value for name, value in vars(each).items() if name != "place"}


def _wrong(each):
    try:
        given.label("source", each.source, longest=60)
    except Refused as refused:
        return str(refused)
    return ""


def scores(*, storefront, start, end, panel=()):
    """What was said of each brand between two moments, the most spoken of first.

    ``panel``: only these brands, each also where nobody spoke of it; otherwise all there are. ``[{"brand", "mentions",
    "positive", "negative", "net_sentiment", "share_of_voice", "interval"}]``; what has no denominator is None.
    """
    rows = Mention.objects.filter(storefront=storefront, said_at__gte=start, said_at__lt=end)
    rows = rows.filter(brand__in=panel) if panel else rows
    counted = rows.values("brand").annotate(
        mentions=Count("pk"),
        positive=Count("pk", filter=Q(sentiment=Sentiment.POSITIVE)),
        negative=Count("pk", filter=Q(sentiment=Sentiment.NEGATIVE)),
    )
    found = {brand: {"brand": brand, "mentions": 0, "positive": 0, "negative": 0} for brand in panel}
    found |= {row["brand"]: row for row in counted}
    every = sum(row["mentions"] for row in found.values())
    return [_scored(row, every) for row in sorted(found.values(), key=lambda row: (-row["mentions"], row["brand"]))]


def _scored(row, every):
    ends = wilson(row["mentions"], every)
    return row | {
        "net_sentiment": _rounded(listening.net_sentiment(row["positive"], row["negative"])),
        "share_of_voice": _rounded(listening.share_of_voice(row["mentions"], every)),
        "interval": ends and [_rounded(end) for end in ends],
    }


def _rounded(value):
    return None if value is None else round(value, DIGITS)
