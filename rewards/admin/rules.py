"""Rules: written as a form, read as a sentence, kept as versions."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from unfold.decorators import display

from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.models import Program, ProgramStatus
from advocacy.refusals import Refused
from rewards import rulebook
from rewards.admin import history, rule_form
from rewards.models import Rule, RuleStatus, RuleVersion

FIXED, PERCENT = "fixed", "percent"


def archive(*, row, by, at, reason):
    rulebook.archive(rule=row, at=at)


def activate(*, row, by, at, reason):
    latest = row.versions.order_by("number").last()
    if latest is None:
        raise Refused("no_version", "This rule says nothing yet; open it and save it.")
    terms = rulebook.terms_of(latest) | {"ends_at": None}
    rulebook.save(program=row.program, rule=row, name=row.name, terms=terms, at=at)


def _shown_for(side):
    return {
        f"{side}_amount": f"{side}_kind == '{FIXED}'",
        f"{side}_percent": f"{side}_kind == '{PERCENT}'",
        f"{side}_maximum": f"{side}_kind == '{PERCENT}'",
    }


@admin.register(Rule)
class RuleAdmin(acts.Acting, Listing):
    form = rule_form.RuleForm
    change_form_template = "admin/rule.html"
    list_display = ["name", "sentence", "state", "program_link", "latest"]
    list_filter = ["status", "program"]
    list_select_related = ["program"]
    search_fields = ["name"]
    program_link = words.person("program", "Program")
    conditional_fields = {
        **_shown_for("advocate"),
        **_shown_for("friend"),
        "starts_at": f"when != '{rule_form.SOON}'",
    }
    fieldsets = [
        ("The rule", {"fields": ["program", "name"]}),
        ("For the advocate", {"fields": [f"advocate_{name}" for name in ("kind", "amount", "percent", "maximum")]}),
        ("For the friend", {"fields": [f"friend_{name}" for name in ("kind", "amount", "percent", "maximum")]}),
        ("For which orders", {"fields": ["frequency", "minimum_order", "hold_days"]}),
        ("When", {"fields": ["when", "starts_at", "ends_at"]}),
    ]
    acts = [
        acts.Act(
            name="archive",
            label="Archive",
            done="Archived",
            danger=True,
            consequence="It grants nothing to new orders from now on. What it granted stays and is still credited.",
            do=archive,
            applies=lambda rule: rule.status == RuleStatus.ACTIVE,
        ),
        acts.Act(
            name="activate",
            label="Activate again",
            done="Activated again",
            consequence="Its last terms are saved as a new version that starts in 10 seconds.",
            do=activate,
            applies=lambda rule: rule.status == RuleStatus.ARCHIVED,
        ),
    ]

    def get_queryset(self, request):
        versions = RuleVersion.objects.order_by("number")
        return super().get_queryset(request).prefetch_related(Prefetch("versions", versions, to_attr="in_order"))

    def get_urls(self):
        words_view = self.admin_site.admin_view(self.in_words)
        return [path("in-words/", words_view, name="rewards_rule_in_words"), *super().get_urls()]

    def get_readonly_fields(self, request, obj=None):
        return ["program"] if obj else []

    def get_changeform_initial_data(self, request):
        programs = Program.objects.exclude(status=ProgramStatus.ENDED)[:2]
        only = {"program": programs[0].pk} if len(programs) == 1 else {}
        return only | super().get_changeform_initial_data(request)

    def render_change_form(self, request, context, *args, obj=None, **options):
        form = context["adminform"].form
        context["said"] = _said(form) if form.is_bound else _said_already(obj)
        if obj:
            context["history"] = history.told(obj, obj.in_order, timezone.now())
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def in_words(self, request):
        """What the half-written form would do, as a fragment; asked while somebody types."""
        if not self.may_change(request) and not self.has_add_permission(request):
            raise PermissionDenied
        rule = self.get_object(request, request.POST.get("rule")) if request.POST.get("rule") else None
        form = self.get_form(request, rule)(request.POST, instance=rule)
        form.is_valid()
        return HttpResponse(render_to_string("admin/rule_said.html", {"said": _said(form)}, request))

    def save_model(self, request, obj, form, change):
        version = form.save_version(obj if change else None)
        obj.pk = version.rule_id
        obj.saved = version

    def construct_change_message(self, request, form, formsets, add=False):
        version = form.instance.saved
        return f"Version {version.number}: {rulebook.sentence(version, currency=form.currency())}"

    @display(description="What it does")
    def sentence(self, row):
        version = history.current(row.in_order, timezone.now())
        return rulebook.sentence(version, currency=row.program.currency) if version else "Nothing yet."

    @display(description="State", ordering="status")
    def state(self, row):
        return words.dot(*history.state_of_rule(row, row.in_order, timezone.now()))

    @display(description="Versions")
    def latest(self, row):
        return len(row.in_order)


def _said(form):
    version = form.version()
    if version is None:
        return {"sentence": "", "unlimited": False}
    return {
        "sentence": rulebook.sentence(version, currency=form.currency()),
        "unlimited": rulebook.unlimited(form.terms),
        "confirmed": form.cleaned_data.get("confirm_unlimited"),
    }


def _said_already(rule):
    if rule is None or not rule.in_order:
        return {"sentence": "", "unlimited": False}
    latest = rule.in_order[-1]
    terms = rulebook.terms_of(latest)
    return {
        "sentence": rulebook.sentence(latest, currency=rule.program.currency),
        "unlimited": rulebook.unlimited(terms),
    }
