"""The week's numbers by mail: on Mondays at ``ALERT_HOUR`` of the storefront's time zone, to staff who want them."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from advocacy import colours, failures, mails, reading
from advocacy.alerts import choosing
from advocacy.models import AlertTiming, MailKind, Program, Storefront
from advocacy.outbox.interruptions import pass_on
from config.alerts.weekly import REPORT
from config.measured import words
from referrals import metrics
from referrals.models import ReportWeek

COLOUR = "#0b6e4f"
_USE_UNTIL = timedelta(days=3)
_COUNTS = {
    "visitors": "Visitors",
    "advocates_enrolled": "New advocates",
    "referrals": "Friends joined",
    "converted_referrals": "Friends bought",
    "conversions": "Orders by friends",
}


def send(*, at):
    """Mail what is due, each storefront's week once; how many mails."""
    return sum(
        _tried(shop, at) for shop in Storefront.objects.filter(test_twin_of=None).order_by("pk") if _due(shop, at)
    )


def _tried(shop, at):
    """One that fails keeps no other from its mail, and is tried again."""
    try:
        return _send(shop, at)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        pass_on(error)
        failures.told(error, f"The weekly report of {shop.slug}")
        return 0


def _due(shop, at):
    local = at.astimezone(ZoneInfo(shop.time_zone))
    return local.weekday() == 0 and local.hour >= settings.ALERT_HOUR


@transaction.atomic
def _send(shop, at):
    monday = at.astimezone(ZoneInfo(shop.time_zone)).date()
    _, new = ReportWeek.objects.get_or_create(storefront=shop, monday=monday, defaults={"made_at": at})
    programs = list(Program.objects.filter(storefront=shop).select_related("storefront").order_by("name", "pk"))
    if not new or not programs:
        return 0
    people = [
        user for user, timings in choosing.readers().items() if timings.get(REPORT.name, "off") != AlertTiming.OFF
    ]
    if people:
        look = _look(shop, programs, monday, at)
        for user in people:
            _mail(user, look, at)
    return len(people)


def _look(shop, programs, monday, at):
    since, until = monday - timedelta(days=7), monday - timedelta(days=1)
    told = [_program(program, since, until, at) for program in programs]
    bought = sum(each["bought"] for each in told)
    heading = f"{shop.name} last week: {bought:,} {'friend' if bought == 1 else 'friends'} bought"
    return {
        "subject": " ".join(heading.split())[:150],
        "heading": heading,
        "since": since,
        "until": until,
        "programs": told,
        "base": settings.BASE_URL,
        "colour": COLOUR,
        "on_colour": colours.text_on(COLOUR),
        "language": "en",
    }


def _program(program, since, until, at):
    week = timedelta(days=7)
    now = metrics.of_program(program=program, since=since, until=until, at=at)
    before = metrics.of_program(program=program, since=since - week, until=until - week, at=at)
    rows = [
        {"label": label, "now": _plain(_value(now, name)), "before": _plain(_value(before, name))}
        for name, label in _COUNTS.items()
    ]
    rows.append({"label": "Revenue by friends", "now": _revenue(now), "before": _revenue(before)})
    return {
        "name": program.name,
        "rows": rows,
        "bought": _value(now, "converted_referrals"),
        "place": f"/admin/metrics/?program={program.pk}&from={since}&to={until}",
    }


def _value(told, name):
    return told["counts"][name]["value"]


def _plain(number):
    """What nobody could count is not 0."""
    return words.NONE if number is None else f"{number:,}"


def _revenue(told):
    value, without = told["revenue"]["value"], words.not_in_revenue(told["revenue"])
    return reading.plain(value["amount_minor"], value["currency"]) + (without and f", {without}")


def _mail(user, look, at):
    mails.hand_over(
        to=user.email,
        subject=look["subject"],
        text=render_to_string("mail/weekly.txt", look),
        html=render_to_string("mail/weekly.html", look),
        storefront=None,
        until=at + _USE_UNTIL,
        kind=MailKind.ALERT,
        at=at,
    )
