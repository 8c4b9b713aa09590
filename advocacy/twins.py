"""The test twin of a storefront: the same code, rows of its own, a clock of its own, no real money, mail or metric."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from advocacy.models import Storefront
from advocacy.refusals import Refused

_COPIED = ("url", "currency", "time_zone", "language", "colour", "origins")
FARTHEST_AHEAD = timedelta(days=3650)


def of(storefront, *, at):
    """The storefront's test twin, made when it is first needed with its programs and rules; a twin is its own."""
    if storefront.test_twin_of_id:
        return storefront
    # Of two that make it at once, the short name is unique: one of them finds the other's.
    with transaction.atomic():
        made, new = Storefront.objects.get_or_create(
            test_twin_of=storefront,
            defaults={name: getattr(storefront, name) for name in _COPIED}
            | {"name": f"{storefront.name} (test)"[:120], "slug": f"{storefront.slug[:55]}-test", "created_at": at},
        )
        if new:
            fill(made, at=at)
    return made


def fill(twin, *, at):
    """Copy what its storefront has and it has not: ``settings.TWIN_FILLER``, which knows all apps."""
    import_string(settings.TWIN_FILLER)(twin, at=at)


def clock(storefront, now):
    """The moment it is for this storefront: a test twin's clock may be ahead."""
    return now + timedelta(seconds=storefront.clock_ahead) if storefront.clock_ahead else now


def advance(*, twin, seconds):
    """Move the clock of this twin on; it never goes back, but by emptying it. Returns the twin."""
    if seconds + twin.clock_ahead > FARTHEST_AHEAD.total_seconds():
        said = "The clock is at most ten years ahead; empty the test data to begin anew."
        raise Refused("too_far_ahead", said, errors={"advance_seconds": said})
    Storefront.objects.filter(pk=twin.pk, test_twin_of__isnull=False).update(clock_ahead=F("clock_ahead") + seconds)
    twin.refresh_from_db(fields=["clock_ahead"])
    return twin
