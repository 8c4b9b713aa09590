"""What customers said about promotional messages: every record, with the words they read; nothing is edited."""

from django.contrib import admin
from unfold.decorators import display

from advocacy.admin import words
from advocacy.admin.listing import LongListing
from advocacy.models import Consent


@admin.register(Consent)
class ConsentAdmin(LongListing):
    empty = "What customers said about promotional messages, with the words they read. Shops send it, and mails ask."
    list_display = ["customer_link", "channel", "state_now", "basis", "wording_version", "source", "said_at"]
    list_filter = ["state", "channel", "basis", "storefront"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "customer__email", "=wording_version"]
    search_help_text = "A name, an e-mail address, the version of a wording, or an id such as csn_01j8…"
    customer_link = words.person("customer", "Customer")
    state_now = words.status("state", "Said")
    id_text = words.public_id("consent")
    fieldsets = [
        ("What was said", {"fields": ["customer_link", "channel", "state_now", "basis", "said_at"]}),
        ("By which words", {"fields": ["wording_version", "source", "noted_at", "id_text"]}),
    ]

    @display(description="When", ordering="at")
    def said_at(self, row):
        return words.moment(row.at)

    @display(description="Noted", ordering="recorded_at")
    def noted_at(self, row):
        return words.moment(row.recorded_at)
