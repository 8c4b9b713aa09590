"""Rows that gave up, by storefront: events, deliveries, mails, what shops are told, what platforms sent."""

from datetime import timedelta

from django.db.models import Count

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import (
    AlertTiming,
    Delivery,
    DeliveryState,
    Errand,
    ErrandState,
    Mail,
    MailState,
    Pending,
)
from referrals.models import InboundMessage, InboundState


def _check(*, name, label, todo, right, text, page, rows, shop="storefront", limits=None, timing=AlertTiming.AT_ONCE):
    """A check that counts ``rows(at, limits)`` of each storefront. ``text``: for one and for many."""
    app, model = right.split(".")
    kind = Kind(
        name=name, label=label, todo=todo, sees=f"{app}.view_{model}", minds=f"{app}.change_{model}", timing=timing
    )

    def find(*, at, limits):
        live = rows(at, limits).filter(**{f"{shop}__test_twin_of": None}).order_by()
        for pk, public_id, count in live.values_list(shop, f"{shop}__public_id").annotate(Count("pk")):
            yield Found(
                kind=name,
                storefront=pk,
                subject=ids.encode("sto", public_id),
                text=(text[0] if count == 1 else text[1].format(count)),
                place=f"/admin/{app}/{model}/{page}",
                count=count,
                facts={"count": count},
            )

    return Check(name=name, kinds=(kind,), find=find, limits=limits or {})


def _lately(at, limits):
    return at - timedelta(hours=limits["hours"])


CHECKS = (
    _check(
        name="stuck_events",
        label="Stuck events",
        todo="Look at the error, mend its cause, and retry. What follows from these events has not happened.",
        right="advocacy.pending",
        text=("1 event gave up after eight attempts.", "{} events gave up after eight attempts."),
        page="?state=stuck",
        rows=lambda at, limits: Pending.objects.filter(stuck_at__isnull=False),
    ),
    _check(
        name="failed_deliveries",
        label="Webhooks not delivered",
        todo="Look at what the server answered, and send them again from its endpoint’s page.",
        right="advocacy.delivery",
        text=("1 webhook was given up.", "{} webhooks were given up."),
        page="?state__exact=failed",
        rows=lambda at, limits: Delivery.objects.filter(state=DeliveryState.FAILED, ended_at__gt=_lately(at, limits)),
        limits={"hours": 24},
        timing=AlertTiming.DAILY,
    ),
    _check(
        name="failed_mails",
        label="Mails not sent",
        todo="The mail server would not take them. manage.py doctor says what is wrong with the sender.",
        right="advocacy.mail",
        text=("1 mail could not be sent.", "{} mails could not be sent."),
        page="?state__exact=failed",
        rows=lambda at, limits: Mail.objects.filter(
            state=MailState.FAILED, ended_at__gt=_lately(at, limits), storefront__isnull=False
        ),
        limits={"hours": 24},
        timing=AlertTiming.DAILY,
    ),
    _check(
        name="failed_errands",
        label="Not told to a shop",
        todo="Look at what the shop answered, mend it, and have them tried again.",
        right="advocacy.errand",
        text=("1 thing could not be told to a shop.", "{} things could not be told to a shop."),
        page="?state__exact=failed",
        rows=lambda at, limits: Errand.objects.filter(state=ErrandState.FAILED),
    ),
    _check(
        name="failed_messages",
        label="Platform messages not taken",
        todo="Look at why each could not be taken, and replay it.",
        right="referrals.inboundmessage",
        text=("1 message of a platform could not be taken.", "{} messages of platforms could not be taken."),
        page="?state__exact=failed",
        rows=lambda at, limits: InboundMessage.objects.filter(state=InboundState.FAILED),
        shop="connection__storefront",
    ),
)
