"""An advocate's friends, as far as the advocate may know of them: nothing that is the friend's own."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q

from advocacy import persons
from referrals.models import Conversion, Referral


@dataclass(frozen=True)
class Friend:
    """``number``: the advocate's how-manieth friend. ``conversions``: public ids, oldest first."""

    referral: UUID
    number: int
    channel: str
    conversions: tuple = field(default_factory=tuple)


@dataclass(frozen=True)
class Counts:
    joined: int
    bought: int


def of(*, advocate, limit, before=None):
    """The newest friends first; ``before`` is the referral's public id where the last page ended. Three queries."""
    referrals = Referral.objects.filter(advocate__in=persons.records(advocate).values("pk"), ended_at=None)
    if before is not None:
        last = referrals.filter(public_id=before).values("pk")
        referrals = referrals.filter(pk__lt=last)
    count = referrals.count()
    page = list(referrals.order_by("-pk")[:limit])
    conversions = _conversions(page)
    return [
        Friend(row.public_id, count - place, row.channel, tuple(conversions[row.pk])) for place, row in enumerate(page)
    ]


def one(*, referral):
    """The Friend of this Referral, as ``of`` tells them."""
    mine = Referral.objects.filter(advocate__in=persons.records(referral.advocate).values("pk"))
    number = mine.filter(pk__lte=referral.pk).count()
    return Friend(referral.public_id, number, referral.channel, tuple(_conversions([referral])[referral.pk]))


def counts(*, advocate):
    """How many joined, and how many of them have an order that counts."""
    return Counts(
        **Referral.objects.filter(advocate__in=persons.records(advocate).values("pk"), ended_at=None).aggregate(
            joined=Count("pk"), bought=Count("pk", filter=Q(standing_conversions__gt=0))
        )
    )


def _conversions(page):
    found = defaultdict(list)
    rows = Conversion.objects.filter(referral__in=[row.pk for row in page]).order_by("sequence")
    for referral, public_id in rows.values_list("referral_id", "public_id"):
        found[referral].append(public_id)
    return found
