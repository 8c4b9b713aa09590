"""Limits above which two people are needed: who asked for another one, and the second person who confirms it."""

from django import forms
from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold import widgets
from unfold.decorators import display

from advocacy import reading
from advocacy.admin import acts, choosing, words
from advocacy.admin.listing import Listing
from rewards import limits
from rewards.admin import amounts
from rewards.models import LimitChange, LimitChangeState


class LimitForm(forms.ModelForm):
    """Another limit for a program's corrections; a payout policy's is changed on its own page."""

    program = choosing.Chosen(choosing.programs())
    limit = forms.CharField(
        label="Second person above",
        max_length=20,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text="A correction that moves more than this, such as 100.00, is approved by somebody else than who "
        "proposed it. 0: always. A lower limit counts at once, a higher one when somebody else confirms it.",
    )

    class Meta:
        model = LimitChange
        fields = ["program", "reason"]

    def clean(self):
        cleaned = super().clean()
        if "limit" in cleaned and (program := cleaned.get("program")):
            try:
                self.minor = amounts.minor(cleaned["limit"], program.currency)
            except amounts.Unreadable as unreadable:
                self.add_error("limit", str(unreadable))
        return cleaned

    def _post_clean(self):
        """The row is made by the verb."""


def confirm(*, row, by, at):
    limits.confirm(change=row, by=by, at=at)


def withdraw(*, row, by, at, reason):
    limits.withdraw(change=row, by=by, at=at)


def _open(row):
    return row.state == LimitChangeState.OPEN


def told(asked):
    """What became of what somebody asked for, in a sentence; "" where nothing was different."""
    if asked is None:
        return ""
    new = reading.plain(asked.after_minor, asked.unit)
    if asked.state == LimitChangeState.DONE:
        return f"From now on a second person is needed above {new}."
    old = reading.plain(asked.before_minor, asked.unit)
    return f"A second person must confirm the higher limit of {new} under “Second person”; until then it is {old}."


@admin.register(LimitChange)
class LimitChangeAdmin(acts.Acting, Listing):
    form = LimitForm
    list_display = ["what", "status", "limit", "asked", "decided"]
    list_filter = ["state", "storefront"]
    list_select_related = ["program", "policy__storefront", "policy__program", "asked_by", "decided_by"]
    search_fields = ["reason", "program__name"]
    search_help_text = "A word of the reason, or a program’s name"
    ordering = ["-id"]
    empty = "Nobody changed a limit yet. Corrections begin with 100.00 for each program, payouts with 0: always."
    status = words.status("state")
    acts = [
        acts.Act(
            name="confirm",
            label="Confirm",
            done="Confirmed",
            danger=True,
            form=acts.Confirm,
            consequence="The new limit counts at once: below it one person is enough.",
            do=confirm,
            applies=_open,
        ),
        acts.Act(
            name="withdraw",
            label="Withdraw",
            done="Withdrawn",
            consequence="The limit stays as it is.",
            do=withdraw,
            applies=_open,
        ),
    ]

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [("Another limit for corrections", {"fields": ["program", "limit", "reason"]})]
        return [("The change", {"fields": ["what", "limit", "reason", "status", "asked", "decided"]})]

    def has_change_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        return super().add_view(request, form_url, {"title": "Another limit for corrections"} | (extra_context or {}))

    def save_model(self, request, obj, form, change):
        said = form.cleaned_data
        obj.asked = limits.change(
            of=said["program"], minor=form.minor, reason=said["reason"], by=request.user, at=timezone.now()
        )
        obj.pk = obj.asked and obj.asked.pk

    def log_addition(self, request, obj, message):
        if obj.asked:
            super().log_addition(request, obj.asked, message)

    def response_add(self, request, obj, post_url_continue=None):
        self.message_user(request, told(obj.asked) or "That is the limit already; nothing changed.")
        return HttpResponseRedirect(reverse("admin:rewards_limitchange_changelist"))

    @display(description="For")
    def what(self, row):
        return row.what[0].upper() + row.what[1:]

    @display(description="Limit")
    def limit(self, row):
        return f"{reading.plain(row.before_minor, row.unit)} → {reading.plain(row.after_minor, row.unit)}"

    @display(description="Asked for by")
    def asked(self, row):
        return f"{row.asked_by.get_username()}, {words.moment(row.asked_at)}"

    @display(description="Decided by")
    def decided(self, row):
        if row.decided_by is None:
            return words.NOTHING
        alone = " (nobody else was there)" if row.alone else ""
        return f"{row.decided_by.get_username()}{alone}, {words.moment(row.decided_at)}"
