"""The button “What would this have cost?” on the rule form, and the page that answers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold import widgets

from advocacy.admin import words
from advocacy.models import Job
from advocacy.refusals import Refused
from rewards import simulation
from rewards.admin import simulation_words
from rewards.models import Rule

# Costs, by advocate.
MAY_SEE = ("rewards.view_rule", "rewards.view_reward")
# What of the form does not matter here: a draft is asked as if it had been in force.
_NOT_ASKED = {"name", "when", "starts_at", "ends_at", "confirmed", "confirm_unlimited", "__all__"}
MONTH, DAYS, DATES, SINCE = "month", "90 days", "dates", "since"


class Period(forms.Form):
    period = forms.ChoiceField(
        label="When",
        choices=[
            (MONTH, "Last month"),
            (DAYS, "The last 90 days"),
            (DATES, "From a day to a day"),
            (SINCE, "Since it starts"),
        ],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    first = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="To, included", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    prefix = "simulated"

    def of(self, program, at, *, begins):
        """``(start, until)`` in the program's zone; ``begins``: the draft's start in the past. Raises Refused."""
        if not self.is_valid():
            raise Refused("invalid_period", "Choose the days once more: one of them is no date.")
        if self.cleaned_data["period"] == MONTH:
            return simulation.last_month(program=program, at=at)
        if self.cleaned_data["period"] == DAYS:
            return simulation.last_days(program=program, days=90, at=at)
        if self.cleaned_data["period"] == SINCE:
            if begins is None:
                raise Refused("invalid_period", "Choose above that it starts in the past, and when.")
            return begins, at
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        if not first or not last:
            raise Refused("invalid_period", "Choose the first and the last day.")
        return _midnight(first, program), _midnight(last + timedelta(days=1), program)


def _midnight(day, program):
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(program.time_zone))


def ask(request):
    """The rule form asks for the button's fragment; empty where this person may not use it. Its POST begins."""
    if request.method == "POST":
        return _start(request)
    period = Period()
    # Asked by a button of its own, where the draft starts in the past.
    period.fields["period"].choices = [choice for choice in period.fields["period"].choices if choice[0] != SINCE]
    shown = {"simulated_period": period if request.user.has_perms(MAY_SEE) else None}
    return HttpResponse(render_to_string("admin/simulate_ask.html", shown, request))


def _start(request):
    """What the form says now, saved or not; answers a fragment with what is wrong, or leads to the page."""
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    try:
        job = _started(request)
    except Refused as refused:
        lines = list(dict.fromkeys(refused.errors.values())) or [refused.message]
        return HttpResponse(render_to_string("admin/simulation_refused.html", {"lines": lines}))
    address = reverse("admin:simulation", args=[job.pk])
    return HttpResponse(headers={"HX-Redirect": address})


def _started(request):
    at, rules = timezone.now(), admin.site.get_model_admin(Rule)
    rule = rules.get_object(request, request.POST["rule"]) if request.POST.get("rule") else None
    form = rules.get_form(request, rule)(request.POST, instance=rule)
    form.is_valid()
    wrong = {name: " ".join(said) for name, said in form.errors.items() if name not in _NOT_ASKED}
    if wrong:
        labels = [f"{form.fields[name].label or name}: {said}" for name, said in wrong.items()]
        raise Refused("invalid_rule", "", errors=dict(enumerate(labels)))
    program = rule.program if rule else form.cleaned_data["program"]
    start, until = Period(request.POST).of(program, at, begins=form.begins_in_the_past())
    return simulation.start(
        program=program,
        rule=rule,
        name=form.cleaned_data.get("name") or "Draft",
        terms=form.terms,
        start=start,
        until=min(until, at),
        at=at,
        by=request.user,
    )


def page(request, pk):
    """``/admin/simulations/<job>/``: a progress bar, then what it would have cost."""
    job = _found(request, pk)
    shown = admin.site.each_context(request) | {"title": "What would this have cost?", "job": job}
    shown |= {"inner": _progress(job), "address": reverse("admin:simulation_progress", args=[job.pk])}
    if job.result:
        shown |= simulation_words.told(job)
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/simulation.html", shown)


def progress(request, pk):
    """The fragment that the page asks for again and again; at the end the page is loaded anew."""
    job = _found(request, pk)
    return HttpResponse(_progress(job), headers={} if job.active else {"HX-Refresh": "true"})


def _found(request, pk):
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    job = get_object_or_404(Job, pk=pk)
    if job.kind != simulation.KIND:
        raise Http404
    return job


def _progress(job):
    dot = words.dot(job.state, job.get_state_display())
    return render_to_string("admin/job_now.html", {"job": job, "dot": dot})
