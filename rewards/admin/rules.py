"""Rules: written as a form, read as a sentence, kept as versions."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.decorators import display

from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.models import Program, ProgramStatus
from advocacy.outbox.catalogue import TYPES
from advocacy.refusals import Refused
from rewards import recipes, rulebook
from rewards.admin import history, rule_budgets, rule_fields, rule_form
from rewards.models import Rule, RuleStatus, RuleVersion


def archive(*, row, by, at, reason):
    rulebook.archive(rule=row, at=at)


def activate(*, row, by, at, reason):
    latest = row.versions.filter(corrects=None).order_by("number").last()
    if latest is None:
        raise Refused("no_version", "This rule says nothing yet; open it and save it.")
    terms = rulebook.terms_of(latest) | {"ends_at": None}
    rulebook.save(program=row.program, rule=row, name=row.name, terms=terms, at=at)


_DERIVED = "trigger == 'conversion.recorded'"
_EVERY = "frequency == 'every_order'"
_MILESTONE = f"{_DERIVED} && frequency == 'milestone'"


def _fields_of(side):
    return list(rule_fields.of_side(side))


@admin.register(Rule)
class RuleAdmin(acts.Acting, Listing):
    form = rule_form.RuleForm
    change_form_template = "admin/rule.html"
    list_before_template = "admin/rule_list_top.html"
    list_display = ["name", "sentence", "state", "budget", "competes", "program_link", "latest"]
    list_filter = ["status", "program"]
    list_select_related = ["program"]
    search_fields = ["name"]
    empty = "A rule says who gets what for which orders. Start from a recipe above, or add one of your own."
    program_link = words.person("program", "Program")
    conditional_fields = {
        **{name: when for side in rule_fields.SIDES for name, when in rule_fields.shown_for(side).items()},
        "minimum_order": _DERIVED,
        "order_limit": _EVERY,
        "months_limit": f"{_EVERY} && {_DERIVED}",
        "months_from": f"{_EVERY} && {_DERIVED} && months_limit",
        "milestone_every": _MILESTONE,
        "milestone_repeats": _MILESTONE,
        "hold_from": _DERIVED,
        "delivery_allowance_days": f"{_DERIVED} && ['shipping', 'delivery'].includes(hold_from)",
        "starts_at": f"when != '{rule_form.SOON}'",
    }
    fieldsets = [
        ("The rule", {"fields": ["program", "name"]}),
        (
            "For what",
            {
                "fields": [
                    "trigger",
                    "frequency",
                    "milestone_every",
                    "milestone_repeats",
                    "order_limit",
                    "months_limit",
                    "months_from",
                    "minimum_order",
                ]
            },
        ),
        ("For the advocate", {"fields": _fields_of("advocate")}),
        ("For the friend", {"fields": _fields_of("friend")}),
        ("For the customer", {"fields": _fields_of("customer")}),
        ("Until it is credited", {"fields": ["hold_days", "hold_from", "delivery_allowance_days"]}),
        ("When", {"fields": ["when", "starts_at", "ends_at"]}),
        ("Limits and budgets", {"fields": ["caps"]}),
        ("Further conditions", {"fields": ["conditions_how", "conditions"]}),
        ("Expiry", {"fields": ["expires_days"]}),
        ("Other currencies", {"fields": ["per_currency"]}),
        ("Beside other rules", {"fields": ["priority", "exclusive_group"]}),
    ]
    # Closed until they are used, so that the simple case stays simple.
    closed = ("Limits and budgets", "Further conditions", "Expiry", "Other currencies", "Beside other rules")
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
        context |= {"title": "Start from a recipe", "recipes": recipes.RECIPES.values(), "opts": self.opts}
        return TemplateResponse(request, "admin/rule_recipes.html", context)

    def get_readonly_fields(self, request, obj=None):
        return ["program"] if obj else []

    def get_changeform_initial_data(self, request):
        programs = Program.objects.exclude(status=ProgramStatus.ENDED)[:2]
        only = {"program": programs[0].pk} if len(programs) == 1 else {}
        return only | super().get_changeform_initial_data(request)

    def render_change_form(self, request, context, *args, obj=None, **options):
        form = context["adminform"].form
        context["said"] = _said(form) if form.is_bound else _said_already(obj)
        context["recipe"] = recipes.RECIPES.get(form.initial.get("recipe"))
        context["sections"] = [_Section(fieldset, form, self.closed) for fieldset in context["adminform"]]
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


class _Section:
    """A fieldset, whether it can be closed, and whether it stands open."""

    def __init__(self, fieldset, form, closed):
        self.fieldset, self.closes = fieldset, fieldset.name in closed
        self.shown_when = _SECTIONS.get(fieldset.name, "")
        boxes = [form[name] for line in fieldset for name in line.fields if name in form.fields]
        self.open = not self.closes or any(_used(box) for box in boxes)


def _used(box):
    value = box.value()
    return bool(box.errors) or (bool(value) and value != box.field.initial)


_SECTIONS = {
    f"For the {side}": " || ".join(
        f"trigger == '{one.name}'" for one in TYPES.values() if one.triggers and side in one.recipients
    )
    for side in rule_fields.SIDES
}
_SECTIONS["Other currencies"] = _DERIVED


def _said(form):
    version = form.version()
    if version is None:
        return {"sentence": ""}
    return {
        "sentence": rulebook.sentence(version, currency=form.currency()),
        "warnings": form.warnings,
        "dangerous": any(warned.dangerous for warned in form.warnings),
        "confirmed": form.cleaned_data.get("confirmed"),
    }


def _said_already(rule):
    if rule is None or not rule.in_order:
        return {"sentence": ""}
    latest = rule.in_order[-1]
    warnings = rulebook.warnings(program=rule.program, terms=rulebook.terms_of(latest))
    return {
        "sentence": rulebook.sentence(latest, currency=rule.program.currency),
        "warnings": warnings,
        "dangerous": any(warned.dangerous for warned in warnings),
    }
