"""Rules: written as a form, read as a sentence, kept as versions."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanWidget

from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.programs import only_program
from advocacy.refusals import Refused
from rewards import recipes, rulebook
from rewards.admin import history, rule_budgets, rule_form, rule_layout
from rewards.models import Rule, RuleStatus, RuleVersion
from rewards.settlement import budgets


def archive(*, row, by, at, reason):
    rulebook.archive(rule=row, at=at)


def cancel(*, row, by, at, reason):
    rulebook.cancel(rule=row, at=at)


class Again(acts.Reason):
    meant = forms.BooleanField(
        required=False,
        label="What the rule’s page warns of is meant",
        help_text="Asked for where the rule could pay without limit.",
        widget=UnfoldBooleanWidget,
    )


def activate(*, row, by, at, reason, meant):
    latest = rulebook.newest(row) or row.versions.filter(corrects=None).order_by("number").last()
    if latest is None:
        raise Refused("no_version", "This rule says nothing yet; open it and save it.")
    terms = rulebook.terms_of(latest) | {"ends_at": None}
    return rulebook.save(program=row.program, rule=row, name=row.name, terms=terms, accepted=meant, at=at)


def _activated(version):
    """Said with what it warns of."""
    warned = rulebook.warnings(program=version.rule.program, terms=rulebook.terms_of(version))
    return " ".join(["Activated again", *(f"({one.text})" for one in warned)])


@admin.register(Rule)
class RuleAdmin(acts.Acting, Listing):
    form = rule_form.RuleForm
    change_form_template = "admin/rule.html"
    list_before_template = "admin/rule_list_top.html"
    list_display = ["name", "sentence", "state", "budget", "competes", "program_link", "latest"]
    list_filter = ["status", "program"]
    list_select_related = ["program"]
    search_fields = ["name"]
    search_help_text = "A rule’s name"
    empty = "A rule says who gets what for which orders. Start from a recipe above, or add one of your own."
    program_link = words.person("program", "Program")
    conditional_fields = rule_layout.SHOWN_WHEN
    fieldsets = rule_layout.FIELDSETS
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
            name="cancel",
            label="Cancel the planned version",
            done="Cancelled the planned version",
            consequence="It never begins. The version in force goes on as its own terms say; a rule that has none is "
            "archived.",
            do=cancel,
            applies=lambda rule: rulebook.planned(rule=rule, at=timezone.now()).exists(),
        ),
        acts.Act(
            name="activate",
            label="Activate again",
            done="Activated again",
            told=_activated,
            form=Again,
            consequence="Its last terms are saved as a new version that starts in 10 seconds.",
            do=activate,
            applies=lambda rule: rule.status == RuleStatus.ARCHIVED,
        ),
    ]

    def get_queryset(self, request):
        versions = Prefetch(
            "versions", RuleVersion.objects.filter(corrects=None).order_by("number"), to_attr="in_order"
        )
        rules = super().get_queryset(request)
        return rules.prefetch_related(versions, rule_budgets.prefetched(timezone.now()))

    def get_urls(self):
        words_view = self.admin_site.admin_view(self.in_words)
        recipes_view = self.admin_site.admin_view(self.recipes)
        return [
            path("in-words/", words_view, name="rewards_rule_in_words"),
            path("recipes/", recipes_view, name="rewards_rule_recipes"),
            *super().get_urls(),
        ]

    def recipes(self, request):
        """Ten drafts; each opens the form filled in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request)
        asked = request.GET.get("program", "")
        program = {"program": asked} if asked.isdecimal() else only_program()
        context |= {"title": "Start from a recipe", "recipes": recipes.RECIPES.values(), "opts": self.opts} | program
        return TemplateResponse(request, "admin/rule_recipes.html", context)

    def get_readonly_fields(self, request, obj=None):
        return ["program"] if obj else []

    def get_changeform_initial_data(self, request):
        return only_program() | super().get_changeform_initial_data(request)

    def render_change_form(self, request, context, *args, obj=None, **options):
        form = context["adminform"].form
        context["said"] = _said(form) if form.is_bound else _said_already(obj)
        context["planned"] = _planned(form)
        context["recipe"] = recipes.RECIPES.get(form.initial.get("recipe"))
        context["sections"] = [rule_layout.Section(fieldset, form) for fieldset in context["adminform"]]
        if obj:
            context["low_budgets"] = budgets.running_out(at=timezone.now(), rule=obj)
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

    @display(description="Budget used")
    def budget(self, row):
        version = history.current(row.in_order, timezone.now())
        return rule_budgets.shown(row, version, timezone.now()) if version else words.NOTHING

    @display(description="Beside other rules")
    def competes(self, row):
        version = history.current(row.in_order, timezone.now())
        if version is None or not (version.exclusive_group or version.priority):
            return "Adds up"
        group = f"Group “{version.exclusive_group}”" if version.exclusive_group else "Adds up"
        return f"{group}, priority {version.priority}" if version.priority else group

    @display(description="Versions")
    def latest(self, row):
        return len(row.in_order)


def _planned(form):
    """What stands at the top of the form while a version waits for its start."""
    version = form.planned()
    if version is None:
        return None
    return {
        "version": version,
        "sentence": rulebook.sentence(version, currency=form.currency()),
        "replaces": form["replaces"].value(),
    }


def _said(form):
    version = form.version()
    if version is None:
        return {"sentence": ""}
    return {
        "sentence": rulebook.sentence(version, currency=form.currency()),
        "warnings": form.warnings,
        "dangerous": any(warned.dangerous for warned in form.warnings),
        "confirmed": form.cleaned_data.get("confirmed"),
        "since": form.begins_in_the_past(),
        "zone": form.zone(),
    }


def _said_already(rule):
    latest = rule and next((version for version in reversed(rule.in_order) if not version.cancelled), None)
    if not latest:
        return {"sentence": ""}
    warnings = rulebook.warnings(program=rule.program, terms=rulebook.terms_of(latest))
    return {
        "sentence": rulebook.sentence(latest, currency=rule.program.currency),
        "warnings": warnings,
        "dangerous": any(warned.dangerous for warned in warnings),
    }
