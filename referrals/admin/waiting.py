"""What was said of orders that are not here yet."""

from django.contrib import admin

from advocacy.admin import words
from advocacy.admin.listing import LongListing
from referrals.models import WaitingFact


@admin.register(WaitingFact)
class WaitingFactAdmin(LongListing):
    empty = "Nothing waits. A refund or parcel that is told before its order appears here until the order comes."
    list_display = ["fact_id", "about", "status", "named", "storefront", "received_at", "expires_at"]
    list_filter = ["state", "kind", "source", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["=fact_id"]
    search_help_text = "The refund’s or parcel’s own id, or an id such as wai_01j8…"
    status = words.status("state")
    id_text = words.public_id("waiting_fact")
    fieldsets = [
        ("What waits", {"fields": [("fact_id", "about", "status"), "named", "problem", "storefront", "source"]}),
        ("What was said", {"fields": ["fields"]}),
        ("When", {"fields": [("received_at", "expires_at"), "id_text"]}),
    ]

    @admin.display(description="What", ordering="kind")
    def about(self, row):
        return row.get_kind_display()

    @admin.display(description="Its order")
    def named(self, row):
        return ", ".join(name.removeprefix("external_id:") for name in row.names)
