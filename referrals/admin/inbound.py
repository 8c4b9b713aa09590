"""What platforms sent, with what became of it; and what they ask for the privacy of customers."""

import json

from django.contrib import admin
from django.utils.html import format_html

from advocacy import secrets
from advocacy.admin import acts, people, words
from advocacy.admin.listing import LongListing
from referrals import inbound
from referrals.inbound import privacy
from referrals.models import InboundMessage, InboundState, PrivacyKind, PrivacyRequest, PrivacyState

_MOST_SHOWN = 30_000


def replay(*, row, by, at):
    inbound.replay(messages=InboundMessage.objects.filter(pk=row.pk), at=at)


@admin.register(InboundMessage)
class InboundMessageAdmin(acts.Acting, LongListing):
    empty = "What platforms send is listed here, with what became of it. Connect a shop under Connections."
    list_display = ["topic", "status", "note", "connection_link", "received", "attempts"]
    list_filter = ["state", "connection"]
    list_select_related = ["connection"]
    search_fields = ["=topic", "=message_id"]
    search_help_text = "A whole topic such as orders/paid, the platform’s id of a message, or one such as inb_01j8…"
    status = words.status("state")
    connection_link = words.person("connection", "Connection")
    id_text = words.public_id("inbound_message")
    acts = [
        acts.Act(
            name="replay",
            label="Replay",
            done="Worked on again",
            form=acts.Confirm,
            consequence="It is worked on again as if it had just come. What was taken already counts once.",
            do=replay,
            applies=lambda row: row.state != InboundState.RECEIVED,
        )
    ]

    def get_fieldsets(self, request, obj=None):
        body = [("As it came", {"fields": ["body"]})] if self.may_change(request) else []
        return [
            ("The message", {"fields": [("topic", "status"), "note", "connection", "message_id", "id_text"]}),
            ("When", {"fields": [("received_at", "done_at"), ("attempts", "next_attempt_at")]}),
            *body,
        ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("raw")

    @admin.display(description="Received", ordering="id")
    def received(self, row):
        return words.moment(row.received_at)

    @admin.display(description="Body")
    def body(self, row):
        return format_html('<pre class="as-it-came">{}</pre>', _written(row))


def _written(row):
    raw = secrets.open(row.raw).encode("latin-1")
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = raw.decode(errors="replace")
    return (
        text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}\n… and {len(text) - _MOST_SHOWN} characters more"
    )


def export(*, row, by, at, reason):
    return privacy.told(request=row, at=at)


def answered(*, row, by, at, reason):
    privacy.answered(request=row, note=reason, at=at)


def _may_be_told(row):
    return row.kind == PrivacyKind.DATA and row.customer_id is not None


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(acts.Acting, LongListing):
    empty = "Nobody asked. What Shopify passes on of customers who want their data told or deleted is listed here."
    list_display = ["kind", "status", "customer_link", "storefront_link", "asked", "due"]
    list_filter = ["state", "kind", "storefront"]
    list_select_related = ["customer", "storefront"]
    search_fields = ["=reference", "customer__email"]
    search_help_text = "An e-mail address, the platform’s id of a request, or one such as prv_01j8…"
    status = words.status("state")
    customer_link = words.person("customer", "Customer")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("privacy_request")
    fieldsets = [
        ("What is asked", {"fields": [("kind", "status"), "customer_link", "storefront_link", "named", "note"]}),
        ("When", {"fields": [("asked_at", "due_at"), "done_at"]}),
        ("Where from", {"fields": ["connection", "reference", "id_text"]}),
    ]
    acts = [
        acts.Act(do=export, applies=_may_be_told, **people.EXPORT),
        acts.Act(
            name="answered",
            label="Answered",
            done="Answered",
            consequence="It is listed as done: you sent the file, or did what was asked. Nothing is deleted or sent by "
            "this.",
            do=answered,
            applies=lambda row: row.state == PrivacyState.OPEN,
        ),
    ]

    @admin.display(description="Asked", ordering="id")
    def asked(self, row):
        return words.moment(row.asked_at)

    @admin.display(description="To be answered by")
    def due(self, row):
        return words.moment(row.due_at) if row.state == PrivacyState.OPEN else words.NOTHING

    @admin.display(description="Orders")
    def named(self, row):
        return ", ".join(row.orders) or words.NOTHING
