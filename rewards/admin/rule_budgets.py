"""How much of a rule's budget is used in the present period, for the list."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import F, Prefetch
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from advocacy import reading
from advocacy.admin import words
from rewards import promises
from rewards.models import Counter
from rewards.rules import periods
from rewards.settlement import budgets

MAY_SEE = "rewards.view_rule"
_ZONES_APART = timedelta(hours=14)


def prefetched(at):
    """The counters of budgets in the periods that may be the present one somewhere, as ``row.budgets``."""
    moments = (at - _ZONES_APART, at, at + _ZONES_APART)
    present = {periods.key(period, moment, "UTC") for period in periods.PERIODS for moment in moments}
    rows = Counter.objects.filter(cap__contains="/program/", key=F("rule__program__public_id"), period__in=present)
    return Prefetch("counters", rows, to_attr="budgets")


def shown(rule, version, at):
    """A bar for each budget of the version: what is used of how much."""
    used = {(counter.cap, counter.period): counter.used for counter in rule.budgets}
    bars = []
    for meter in promises.limits_of_all(version):
        now = used.get((meter.cap, periods.key(meter.period, at, rule.program.time_zone)), 0)
        unit = promises.unit_of(version, meter)
        amounts = [reading.plain(each, unit) if meter.measure == "amount" else each for each in (now, meter.limit)]
        bars.append((min(now, meter.limit), meter.limit, *amounts, _PERIODS[meter.period]))
    if not bars:
        return words.NOTHING
    bar = '<span class="job-bar"><progress value="{}" max="{}"></progress><span>{} of {}{}</span></span>'
    return format_html('<div class="budgets">{}</div>', format_html_join("", bar, bars))


def of_program(request, program):
    """The fragment of a program's page: its budgets that run out; empty where none does."""
    if not request.user.has_perm(MAY_SEE):
        raise PermissionDenied
    low = budgets.running_out(at=timezone.now(), rule__program=program)
    shown = {"low_budgets": low, "of_program": True}
    return HttpResponse(render_to_string("admin/budgets_low.html", shown, request) if low else "")


_PERIODS = {"all": "", "day": " today", "week": " this week", "month": " this month", "year": " this year"}
