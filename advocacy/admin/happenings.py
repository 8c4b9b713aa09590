"""The event log, read-only, and the work on it that waits or is stuck."""

import json

from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display

from advocacy import ids
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyListing
from advocacy.models import Event, Pending
from advocacy.outbox import drain
from advocacy.outbox.catalogue import TYPES


@admin.register(Event)
class EventAdmin(LongListing):
    empty = "Every sign-up, order, refund and reward is told here. Send your first order with the API."
    list_display = ["what", "about", "customer_link", "program_link", "storefront_link", "occurred_at"]
    list_filter = ["type", "storefront"]
    list_select_related = ["customer", "program", "storefront"]
    date_hierarchy = None
    search_fields = ["subject_id__exact"]
    search_help_text = "An id, such as evt_01j8…, ord_01j8… or cnv_01j8…"
    customer_link = words.person("customer", "Customer")
    program_link = words.person("program", "Program")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("event")
    fieldsets = [
        ("What happened", {"fields": ["what", "meaning", "about", ("occurred_at", "recorded_at")]}),
        ("Whom it concerns", {"fields": ["storefront", "program", "advocate", "customer", "friend"]}),
        ("Its facts", {"fields": ["told", "cause", "id_text"]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        """An event's own id, or the id of what it is about."""
        kinds = {prefix: kind for kind, prefix in ids.PREFIXES.items()}
        prefix = search_term.strip().partition("_")[0]
        value = ids.decode(prefix, search_term.strip()) if prefix in kinds else None
        if not search_term.strip():
            return queryset, False
        if value is None:
            return queryset.none(), False
        if prefix == ids.PREFIXES["event"]:
            return queryset.filter(public_id=value), False
        return queryset.filter(subject_kind=kinds[prefix], subject_id=value), False

    @display(description="Event", ordering="type")
    def what(self, row):
        return row.type

    @display(description="Meaning")
    def meaning(self, row):
        return TYPES[row.type].meaning if row.type in TYPES else words.NOTHING

    @display(description="About")
    def about(self, row):
        name = ids.encode(ids.PREFIXES.get(row.subject_kind, row.subject_kind), row.subject_id)
        return format_html('<code class="id">{}</code> version {}', name, row.version)

    @display(description="Facts")
    def told(self, row):
        meanings = TYPES[row.type].facts if row.type in TYPES else {}
        return words.table((name, json.dumps(value), meanings.get(name, "")) for name, value in row.facts.items())


class Stuck(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("stuck", "Stuck"), ("failed", "Failed, will be tried again"), ("waiting", "Waiting")]

    def queryset(self, request, queryset):
        if self.value() == "stuck":
            return queryset.filter(stuck_at__isnull=False)
        if self.value() == "failed":
            return queryset.filter(stuck_at__isnull=True, attempts__gt=0)
        if self.value() == "waiting":
            return queryset.filter(stuck_at__isnull=True, attempts=0)
        return queryset


def retry(*, row, by, at):
    drain.retry(Pending.objects.filter(pk=row.pk))


@admin.register(Pending)
class PendingAdmin(acts.Acting, ReadOnlyListing):
    empty = "All events are worked off. What waits, or gave up, is listed here."
    list_display = ["what", "lane", "state", "attempts", "error", "stuck_at", "next_attempt_at", "happened"]
    list_filter = [Stuck, "lane"]
    list_select_related = ["event"]
    ordering = ["event_id"]
    fieldsets = [
        ("What waits", {"fields": ["event", "lane", "state", "happened"]}),
        ("Tried", {"fields": ["attempts", "last_error", "next_attempt_at", "stuck_at"]}),
    ]
    acts = [
        acts.Act(
            name="retry",
            label="Retry",
            done="Will be tried again",
            form=acts.Confirm,
            consequence="The attempts start again from none, now. If the cause is not mended it will be stuck again.",
            do=retry,
        )
    ]

    @display(description="Event")
    def what(self, row):
        return row.event.type

    @display(description="State", ordering="stuck_at")
    def state(self, row):
        if row.stuck_at:
            return words.dot("stuck", "Stuck")
        return words.dot("wait", "Will be tried again") if row.attempts else words.dot("quiet", "Waiting")

    @display(description="Last error")
    def error(self, row):
        return row.last_error[:120] or words.NOTHING

    @display(description="Happened")
    def happened(self, row):
        return words.moment(row.event.recorded_at)
