"""The review queue, and what each program checks."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from advocacy import ids
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing, LongListing
from referrals.admin.orders import Sides
from referrals.fraud import policies, queue
from referrals.fraud import words as said
from referrals.models import FraudPolicy, FraudProgram, Review, ReviewCase, RulingBy

_STEPS = (25, 50, 75, 100, 150)


class State(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request, model_admin):
        return [("decided", "Decided"), ("low", "Not held"), ("all", "All")]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": "Waiting"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "decided":
            return queryset.filter(waiting=False).filter(Q(held=True) | Q(findings=[]))
        if self.value() == "low":
            return queryset.filter(waiting=False, held=False).exclude(findings=[])
        return queryset if self.value() == "all" else queryset.filter(waiting=True)


class Check(admin.SimpleListFilter):
    title, parameter_name = "check", "check"

    def lookups(self, request, model_admin):
        return [(key, check.LABEL) for key, check in policies.checks().items()]

    def queryset(self, request, queryset):
        return queryset.filter(findings__contains=[{"check": self.value()}]) if self.value() else queryset


class Points(admin.SimpleListFilter):
    title, parameter_name = "points", "points"

    def lookups(self, request, model_admin):
        return [(str(step), f"{step} and more") for step in _STEPS]

    def queryset(self, request, queryset):
        least = self.value()
        return queryset.filter(points__gte=int(least)) if least in map(str, _STEPS) else queryset


def decide(review):
    def do(*, row, by, at, side, reason):
        queue.decide(case=row, side=side, review=review, reason=reason, by=by, at=at)

    return do


def undo(*, row, by, at, side, reason):
    queue.undo(case=row, side=side, reason=reason, by=by, at=at)


def _approved(row):
    """Whether something of it may be rejected still."""
    return row.held and Review.CLEAR in (row.conversion.advocate_review, row.conversion.friend_review)


@admin.register(ReviewCase)
class ReviewCaseAdmin(acts.Acting, LongListing):
    empty = "Nothing waits for a review. What the checks find doubtful, or somebody holds, is listed here."
    list_display = ["order_link", "people", "points_now", "found", "for_advocate", "for_friend", "since", "why"]
    list_filter = [State, Points, Check, "program"]
    list_select_related = [
        "conversion__order",
        "conversion__program",
        "conversion__referral__advocate__customer",
        "conversion__referral__friend",
    ]
    list_display_links = ["points_now"]
    search_fields = [
        "=conversion__order__external_id",
        "conversion__referral__friend__email",
        "conversion__referral__advocate__customer__email",
        "=conversion__referral__advocate__code",
    ]
    search_help_text = "An order number, an e-mail address or a code"
    fieldsets = [
        ("What is doubtful", {"fields": ["evidence", "points_now", "since"]}),
        ("Who", {"fields": ["order_link", "people", "program", "why"]}),
        ("Decided", {"fields": [("for_advocate", "for_friend"), "rulings"]}),
    ]
    acts = [
        acts.Act(
            name="approve",
            label="Approve",
            done="Approved",
            form=Sides,
            consequence="What is held of it is owed again, and is credited when its days are over.",
            do=decide(Review.CLEAR),
            applies=lambda row: row.waiting,
        ),
        acts.Act(
            name="reject",
            label="Reject",
            done="Rejected",
            form=Sides,
            danger=True,
            consequence="What is held of it is not paid; what was approved before is taken back, as by a refund. The "
            "customers read only that it does not count.",
            do=decide(Review.REJECTED),
            applies=lambda row: row.waiting or _approved(row),
        ),
        acts.Act(
            name="undo",
            label="Undo",
            done="Undone",
            form=Sides,
            consequence="The side is again as it was before the last decision. What was credited since cannot be held.",
            do=undo,
        ),
    ]

    @display(description="Order")
    def order_link(self, row):
        return words.link(row.conversion.order)

    @display(description="Advocate and friend")
    def people(self, row):
        bond = row.conversion.referral
        return format_html("{} → {}", words.link(bond.advocate), words.link(bond.friend))

    @display(description="Points", ordering="points")
    def points_now(self, row):
        if not row.findings:
            return "By hand"
        return format_html('<span class="num">{}</span> <span class="muted">of {}</span>', row.points, row.hold_at)

    @display(description="What was found")
    def found(self, row):
        return words.lines(said.label(finding) for finding in row.findings)

    @display(description="What was found")
    def evidence(self, row):
        if not row.findings:
            return "No check found anything: somebody held it by hand."
        sides = {("advocate", "friend"): "Both", ("advocate",): "The advocate’s", ("friend",): "The friend’s"}
        return words.table(
            (
                (said.label(each), said.sentence(each), sides[tuple(each["sides"])], f"{each['points']} points")
                for each in row.findings
            ),
            head=("Check", "What it saw", "Whose reward", "Gives"),
        )

    @display(description="Advocate’s reward")
    def for_advocate(self, row):
        return words.dot(row.conversion.advocate_review, row.conversion.get_advocate_review_display())

    @display(description="Friend’s reward")
    def for_friend(self, row):
        return words.dot(row.conversion.friend_review, row.conversion.get_friend_review_display())

    @display(description="Since", ordering="opened_at")
    def since(self, row):
        return words.moment(row.opened_at)

    @display(description="Why?")
    def why(self, row):
        return words.why(ids.encode("cnv", row.conversion.public_id))

    @display(description="Who said what")
    def rulings(self, row):
        told = row.conversion.rulings.select_related("person").order_by("pk")
        return words.table(
            (
                (
                    words.moment(each.at),
                    each.get_side_display(),
                    words.dot(each.review, each.get_review_display()),
                    each.person or each.get_by_display(),
                    f"Undone. {each.reason}" if each.by == RulingBy.UNDO else each.reason,
                )
                for each in told
            ),
            head=("When", "Whose reward", "Said", "By", "Reason"),
        )


class PolicyForm(forms.ModelForm):
    """A policy with a field for the points of each check, and for each of its limits."""

    class Meta:
        model = FraudProgram
        fields = []

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.policy = FraudPolicy.objects.filter(pk=self.instance.pk).first() or FraudPolicy(
            program_id=self.instance.pk
        )
        now = policies.of_row(self.policy)
        plain = forms.fields_for_model(FraudPolicy, exclude=["program", "points", "limits"], widgets=_WIDGETS)
        for name, field in plain.items():
            field.initial = getattr(self.policy, name)
            self.fields[name] = field
        self.fields["active"].help_text += (
            " Switched on, they look at the orders that come from then on, and at older ones once, shortly before "
            "their rewards are credited."
        )
        for key, check in policies.checks().items():
            self.fields[f"{key}-points"] = _number(
                check.LABEL, f"{check.HELP} {_usual(check.POINTS)}", now.points.get(key, 0)
            )
            for name, (usual, label) in check.LIMITS.items():
                text = f"Usual: {usual}."
                self.fields[f"{key}-{name}"] = _number(label, text, now.limits[key][name])

    def _post_clean(self):
        """The program itself is not changed here."""
        said = self.cleaned_data
        for name in _PLAIN:
            if name in said:
                setattr(self.policy, name, said[name])
        if "banned_sites" in said:
            self._normalise_sites(said["banned_sites"])
        self._check_policy()
        for key, check in policies.checks().items():
            self.policy.points[key] = said.get(f"{key}-points", check.POINTS)
            self.policy.limits[key] = {
                name: said.get(f"{key}-{name}", usual) for name, (usual, _) in check.LIMITS.items()
            }

    def _normalise_sites(self, text):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        self.policy.banned_sites = "\n".join(policies.sites(text))
        if wrong := [line for line in lines if not policies.host_of(line)]:
            self.add_error("banned_sites", f"“{wrong[0][:60]}” is no host such as coupons.example.")

    def _check_policy(self):
        """As its columns say; the fields know nothing of that."""
        try:
            self.policy.clean_fields(exclude=[*self.errors, "program"])
        except ValidationError as problems:
            for name, sentences in problems.message_dict.items():
                self.add_error(name if name in self.fields else None, sentences)

    def save(self, commit=True):
        """The admin asks for the row and keeps it itself: see ``save_model``."""
        return self.instance

    def save_m2m(self):
        """Nothing is related."""


_PLAIN = ("active", "hold_at", "review_days", "after_deadline", "banned_sites")
_WIDGETS = {
    "active": UnfoldBooleanSwitchWidget(),
    "hold_at": UnfoldAdminIntegerFieldWidget(),
    "review_days": UnfoldAdminIntegerFieldWidget(),
    "after_deadline": UnfoldAdminSelectWidget(),
    "banned_sites": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
}
_MOST = 1000


def _usual(points):
    return f"Usual: {points} points; 0 switches it off."


def _number(label, help_text, now):
    widget = UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(
        label=label, help_text=help_text, initial=now, min_value=0, max_value=_MOST, widget=widget
    )


@admin.register(FraudProgram)
class FraudProgramAdmin(Listing):
    """What a program checks: one page for each."""

    empty = "Each program has its fraud checks here. Add a program first."
    form = PolicyForm
    list_display = ["name", "storefront_link", "checks", "threshold", "at_last", "held"]
    list_select_related = ["storefront", "fraud_policy"]
    list_filter = ["storefront"]
    search_fields = ["name", "slug"]
    storefront_link = words.person("storefront", "Storefront")

    def has_add_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        form.policy.save()

    def construct_change_message(self, request, form, formsets, add=False):
        """What was changed from what to what: whoever switches checks off for a day is seen."""
        said = form.cleaned_data
        return "; ".join(f"{form[name].label}: {form[name].initial} → {said[name]}" for name in form.changed_data)

    def get_fieldsets(self, request, obj=None):
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ["checks", "threshold", "at_last"]})]
        checks = policies.checks()
        # One below the other: beside each other their help texts would be columns of single words.
        fields = [f"{key}-{name}" for key, check in checks.items() for name in ("points", *check.LIMITS)]
        return [
            (
                None,
                {
                    "fields": ["active", "hold_at", "review_days", "after_deadline"],
                    "description": "What an order earns is checked before it is credited. Rewards for signing up alone "
                    "are not: let them be worth little, or reward the first order.",
                },
            ),
            (
                "Points of each check",
                {
                    "fields": fields,
                    "description": "Each check that finds something gives its points to the side, or both, whose "
                    "reward it puts in doubt. A check that fails holds.",
                },
            ),
            ("Unwanted sites", {"fields": ["banned_sites"]}),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        return PolicyForm

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("storefront", "fraud_policy")

    @display(description="Checks")
    def checks(self, row):
        policy = _policy(row)
        on = len(policies.of_row(policy).points)
        return words.dot("good", f"{on} on") if policy.active else words.dot("off", "Off")

    @display(description="Holds from")
    def threshold(self, row):
        return f"{_policy(row).hold_at} points"

    @display(description="What nobody decided")
    def at_last(self, row):
        policy = _policy(row)
        return f"{policy.get_after_deadline_display()} ({policy.review_days} days)"

    @display(description="Effect")
    def held(self, row):
        return format_html(
            '<a class="text-link" href="{}?program={}">What they did</a>', reverse("admin:fraud"), row.pk
        )


def _policy(row):
    return getattr(row, "fraud_policy", None) or FraudPolicy(program=row)
