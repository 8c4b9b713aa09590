"""Mails about alerts: one at once for all that is new, and one a day for all that is open."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q
from django.template.loader import render_to_string

from advocacy import colours, events, mails
from advocacy.alerts import choosing, kinds
from advocacy.models import Alert, AlertDay, AlertTiming, MailKind, Storefront
from advocacy.outbox.record import Draft, record

# Of the same thing at once again not sooner: what comes and goes waits for the daily mail.
AGAIN = timedelta(hours=6)
# Between two mails at once: what opens meanwhile goes together.
PAUSE = timedelta(minutes=10)
FORGET = timedelta(days=90)
_USE_UNTIL = timedelta(days=1)
_MOST = 50
COLOUR = "#0b6e4f"


def tell(*, at):
    """Mail what was opened to who wants it at once; how many mails. In the transaction of who holds the lock."""
    if Alert.objects.filter(told_at__gt=at - PAUSE).exists():
        return 0
    new = Alert.objects.filter(closed_at=None, told_at=None).filter(_awake(at))
    before = Alert.objects.filter(kind=OuterRef("kind"), subject=OuterRef("subject"), told_at__gt=at - AGAIN)
    new = list(new.annotate(told_lately=Exists(before)).select_related("storefront").order_by("-pk"))
    if not new:
        return 0
    fresh = [alert for alert in new if not alert.told_lately]
    sent = _at_once(fresh, at) if fresh else 0
    Alert.objects.filter(pk__in=[alert.pk for alert in fresh if alert.wanted]).update(told_at=at)
    # What nobody wanted at once is not looked at again, and makes nobody wait.
    Alert.objects.filter(pk__in=[alert.pk for alert in fresh if not alert.wanted]).update(told_at=at - PAUSE)
    return sent


def _at_once(fresh, at):
    sent = 0
    for alert in fresh:
        alert.wanted = False
    for user, timings in choosing.readers().items():
        mine = [alert for alert in fresh if timings.get(alert.kind) == AlertTiming.AT_ONCE]
        for alert in mine:
            alert.wanted = True
        if mine:
            _mail(user, f"{_many(mine)}: {mine[0].text}" if len(mine) == 1 else _many(mine), mine, [], at)
            sent += 1
    return sent


def tell_daily(*, at, hour=None):
    """The day's mail of the storefronts whose morning it is; how many mails. Nothing where nothing is open."""
    due = _mornings(at, settings.ALERT_HOUR if hour is None else hour)
    if not due:
        return 0
    first = Storefront.objects.filter(test_twin_of=None).order_by("pk").values_list("pk", flat=True)[0]
    _tell_servers(due, at)
    here = Q(storefront__in=due) | (Q(storefront=None) if first in due else Q(pk=None))
    alerts = Alert.objects.filter(here).select_related("storefront").order_by("storefront__name", "kind", "-pk")
    open_now = list(alerts.filter(_awake(at), closed_at=None))
    over = list(alerts.filter(closed_at__gt=min(due.values())))
    sent = 0
    for user, timings in choosing.readers().items():
        wanted = {kind for kind, timing in timings.items() if timing != AlertTiming.OFF}
        mine = [alert for alert in open_now if alert.kind in wanted]
        if mine:
            ended = [alert for alert in over if alert.kind in wanted]
            _mail(user, f"{_many(mine)} this morning", mine, ended, at)
            sent += 1
    return sent


@dataclass(frozen=True)
class _Morning:
    """The subject of a day's event: the storefront, with the day as its version."""

    public_id: uuid.UUID
    version: int


def _tell_servers(due, at):
    """The same to the storefronts' servers: what is open, of each shop by kind."""
    told = Alert.objects.filter(_awake(at), storefront__in=due, closed_at=None).values_list("storefront", "kind")
    counts = defaultdict(dict)
    for shop, kind, count in told.annotate(Count("pk")).order_by("storefront", "kind"):
        counts[shop][kind] = count
    drafts = []
    for shop in Storefront.objects.filter(pk__in=counts):
        day = at.astimezone(ZoneInfo(shop.time_zone)).date()
        facts = {"day": day.isoformat(), "open": counts[shop.pk]}
        subject = _Morning(shop.public_id, day.toordinal())
        drafts.append(Draft(type=events.ALERT_DAILY, subject=subject, storefront=shop, facts=facts, occurred_at=at))
    record(drafts, at=at)


def _mornings(at, hour):
    """``{storefront: when its last such mail was made}`` of those whose hour has come; their day is noted."""
    days = {row.storefront_id: row for row in AlertDay.objects.all()}
    due = {}
    for shop in Storefront.objects.filter(test_twin_of=None):
        local = at.astimezone(ZoneInfo(shop.time_zone))
        row = days.get(shop.pk)
        if row is None:
            # Nobody waits for the mail of the day on which a shop was set up after that hour.
            late = local.hour >= hour
            row = AlertDay(storefront=shop, day=local.date() - timedelta(days=0 if late else 1), made_at=at)
            row.save(force_insert=True)
        if local.hour >= hour and row.day < local.date():
            due[shop.pk] = row.made_at
            AlertDay.objects.filter(pk=shop.pk).update(day=local.date(), made_at=at)
    return due


def forget(*, at):
    """Delete what was over long ago."""
    return Alert.objects.filter(closed_at__lt=at - FORGET).delete()[0]


def _awake(at):
    return Q(muted_until=None) | Q(muted_until__lte=at)


def _many(alerts):
    return "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"


def _mail(user, heading, alerts, over, at):
    look = {
        "subject": heading,
        "heading": heading,
        "groups": _grouped(alerts[:_MOST]),
        "more": max(0, len(alerts) - _MOST),
        "over": over[:_MOST],
        "base": settings.BASE_URL,
        "colour": COLOUR,
        "on_colour": colours.text_on(COLOUR),
        "language": "en",
    }
    mails.hand_over(
        to=user.email,
        subject=" ".join(heading.split())[:150],
        text=render_to_string("advocacy/mail/alerts.txt", look),
        html=render_to_string("advocacy/mail/alerts.html", look),
        storefront=None,
        until=at + _USE_UNTIL,
        kind=MailKind.ALERT,
        at=at,
    )


def _grouped(alerts):
    """``[(storefront's name, [(Kind, [Alert])])]``"""
    shops = defaultdict(lambda: defaultdict(list))
    for alert in alerts:
        shops[alert.storefront.name if alert.storefront else "This server"][alert.kind].append(alert)
    return [(shop, [(kinds.all()[kind], rows) for kind, rows in by.items()]) for shop, by in shops.items()]
