"""Alerts: what needs somebody, what to do about it, and letting one rest."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from advocacy import alerts
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.alerts import kinds
from advocacy.alerts.muting import LONGEST_HOURS
from advocacy.models import Alert


class Rest(acts.Confirm):
    hours = forms.IntegerField(
        label="For how many hours",
        min_value=1,
        max_value=LONGEST_HOURS,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        label="Reason",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For your colleagues, who see it with your name.",
    )


def _minds(row, by):
    return by.has_perm(kinds.all()[row.kind].minds) if row.kind in kinds.all() else by.is_superuser


def mute(*, row, by, at, hours, reason):
    if not _minds(row, by):
        raise PermissionDenied
    return alerts.mute(alert=row, hours=hours, reason=reason, by=by, at=at)


def unmute(*, row, by, at):
    if not _minds(row, by):
        raise PermissionDenied
    return alerts.unmute(alert=row)


def _muted(row):
    return row.closed_at is None and row.muted_until is not None and row.muted_until > timezone.now()


class State(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request, page):
        return [("open", "Open"), ("muted", "Muted"), ("over", "Over")]

    def queryset(self, request, rows):
        muted = {"closed_at": None, "muted_until__gt": timezone.now()}
        if self.value() == "muted":
            return rows.filter(**muted)
        narrowed = {"open": {"closed_at": None}, "over": {"closed_at__isnull": False}}
        return rows.filter(**narrowed.get(self.value(), {}))


class OfKind(admin.SimpleListFilter):
    title, parameter_name = "kind", "kind"

    def lookups(self, request, page):
        return [(name, kinds.all()[name].label) for name in alerts.kinds_of(request.user)]

    def queryset(self, request, rows):
        return rows.filter(kind=self.value()) if self.value() else rows


@admin.register(Alert)
class AlertAdmin(acts.Acting, LongListing):
    empty = "Nothing needs you. What is watched, and when you are mailed about it, is said under My alerts."
    empty_leads_to = ("admin:my_alerts", "My alerts")
    ordering = Alert._meta.ordering
    list_display = ["what", "state_now", "storefront", "since", "ended", "go"]
    list_filter = [State, OfKind, "storefront"]
    list_select_related = ["storefront", "muted_by"]
    search_fields = ["public_id__exact", "subject", "text"]
    search_help_text = "An id, such as alr_01j8… or of what it is about, or words of it"
    id_text = words.public_id("alert")
    fieldsets = [
        ("What is the matter", {"fields": ["text", "kind_label", "state_now", "todo", "go"]}),
        ("When", {"fields": [("since", "ended"), ("seen", "storefront"), "id_text"]}),
        ("Muted", {"fields": [("muted", "muted_by"), "mute_reason"]}),
    ]
    acts = [
        acts.Act(
            name="mute",
            label="Mute",
            done="Muted",
            consequence="It stays open, and nobody is mailed about it until the time is over.",
            form=Rest,
            do=mute,
            applies=lambda row: row.closed_at is None,
            may=_minds,
        ),
        acts.Act(
            name="unmute",
            label="Mute no longer",
            done="No longer muted",
            consequence="It is in the next daily mail again.",
            form=acts.Confirm,
            do=unmute,
            applies=_muted,
            may=_minds,
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(kind__in=alerts.kinds_of(request.user))

    def has_view_permission(self, request, obj=None):
        return bool(alerts.kinds_of(request.user))

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def may_change(self, request):
        """Whether there is any kind whose work is theirs; each act asks for the kind of its row."""
        return any(request.user.has_perm(kind.minds) for kind in kinds.all().values())

    @display(description="What is the matter", ordering="text")
    def what(self, row):
        return format_html("<b>{}</b><br>{}", self.kind_label(row), row.text)

    @display(description="Kind")
    def kind_label(self, row):
        return kinds.all()[row.kind].label if row.kind in kinds.all() else row.kind

    @display(description="What to do")
    def todo(self, row):
        return kinds.all()[row.kind].todo if row.kind in kinds.all() else words.NOTHING

    @display(description="State")
    def state_now(self, row):
        if row.closed_at:
            return words.dot("good", "Over")
        if _muted(row):
            return words.dot("quiet", f"Muted by {row.muted_by or 'a server'}")
        return words.dot("wait", "Open")

    @display(description="Since", ordering="opened_at")
    def since(self, row):
        return words.moment(row.opened_at)

    @display(description="Last seen")
    def seen(self, row):
        return words.moment(row.last_seen_at)

    @display(description="Over since", ordering="closed_at")
    def ended(self, row):
        return words.moment(row.closed_at)

    @display(description="Muted until")
    def muted(self, row):
        return words.moment(row.muted_until)

    @display(description="Where")
    def go(self, row):
        return format_html('<a class="text-link" href="{}">See it</a>', row.place)
