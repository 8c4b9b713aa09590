"""What was sent to webhook endpoints, with every try; nobody edits it, anybody who may sends it again."""

import json

from django.contrib import admin
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from advocacy import ids
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from advocacy.models import Attempt, Delivery
from advocacy.outbox import bodies, telling


class AttemptInline(ReadOnlyInline, TabularInline):
    model = Attempt
    hide_title = True
    ordering = ["id"]
    fields = readonly_fields = ["when", "outcome", "took", "said"]

    @display(description="When")
    def when(self, row):
        return words.moment(row.at)

    @display(description="Outcome")
    def outcome(self, row):
        return words.dot("stop", row.failure) if row.failure else words.dot("good", f"Delivered ({row.status})")

    @display(description="Took")
    def took(self, row):
        return f"{row.seconds:.2f} s"

    @display(description="What it answered")
    def said(self, row):
        return format_html('<pre class="answer">{}</pre>', row.answer) if row.answer else words.NOTHING


def replay(*, row, by, at):
    telling.replay(delivery=row, at=at)


@admin.register(Delivery)
class DeliveryAdmin(acts.Acting, LongListing):
    empty = "What is sent to webhook endpoints is listed here, with every try and what was answered."
    list_display = ["what", "state_now", "endpoint_link", "tries", "next_try", "made"]
    list_filter = ["state", "storefront", "endpoint"]
    list_select_related = ["event", "endpoint"]
    search_fields = ["public_id__exact"]
    search_help_text = "An id, such as dlv_01j8… or evt_01j8…"
    inlines = [AttemptInline]
    state_now = words.status("state")
    id_text = words.public_id("delivery")
    fieldsets = [
        (
            "The delivery",
            {"fields": [("what", "state_now"), "endpoint_link", ("tries", "next_try"), "made", "id_text"]},
        ),
        ("What it says", {"fields": ["event_link", "body"]}),
    ]
    acts = [
        acts.Act(
            name="replay",
            label="Send again",
            done="Sent again",
            form=acts.Confirm,
            consequence="It is sent now, with the same id. What still waits for its time is only brought forward.",
            do=replay,
            applies=lambda row: bool(row.event_id),
        )
    ]

    def get_search_results(self, request, queryset, search_term):
        """A delivery's own id, or its event's."""
        event = ids.decode(ids.PREFIXES["event"], search_term.strip())
        if event:
            return queryset.filter(event__public_id=event), False
        own = ids.decode(ids.PREFIXES["delivery"], search_term.strip())
        if own or search_term.strip():
            return (queryset.filter(public_id=own) if own else queryset.none()), False
        return queryset, False

    @display(description="Event")
    def what(self, row):
        return row.type if row.event_id else f"{row.type} (test)"

    @display(description="Endpoint")
    def endpoint_link(self, row):
        return f"{row.endpoint} (removed)" if row.endpoint.removed_at else words.link(row.endpoint)

    @display(description="Next try", ordering="next_attempt_at")
    def next_try(self, row):
        return words.moment(row.next_attempt_at)

    @display(description="Made")
    def made(self, row):
        return words.moment(row.created_at)

    @display(description="Event")
    def event_link(self, row):
        return words.link(row.event)

    @display(description="Body")
    def body(self, row):
        return format_html('<pre class="answer">{}</pre>', json.dumps(json.loads(bodies.of(row)), indent=2))
