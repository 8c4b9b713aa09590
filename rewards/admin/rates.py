"""Exchange rates: a list, and a file of them to add. Nothing is typed over: what was decided keeps its rate."""

from django.contrib import admin
from unfold.decorators import display

from advocacy.admin import words
from advocacy.admin.uploads import Uploads
from rewards import rates
from rewards.models import Rate


@admin.register(Rate)
class RateAdmin(Uploads):
    list_display = ["day", "pair", "value", "source", "state", "storefront_link"]
    list_display_links = ["pair"]
    list_filter = ["storefront", "currency", "target"]
    list_select_related = ["storefront"]
    search_fields = ["=currency", "=target", "=source"]
    search_help_text = "A currency such as USD, or a source such as ecb"
    empty = "Orders in another currency than the program’s wait for a rate of their day. Add a file of rates."
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("rate")
    readonly_fields = ["day", "pair", "value", "source", "state", "storefront_link", "recorded_at", "id_text"]
    fieldsets = [
        ("The rate", {"fields": [("day", "pair", "value"), ("source", "state"), "storefront_link"]}),
        ("When", {"fields": ["recorded_at", "id_text"]}),
    ]

    verbs = rates
    upload = {
        "rows": "rates",
        "title": "Add exchange rates",
        "lead": "What orders in other currencies are converted at. Rewards that waited are decided in a minute.",
        "help": "With the columns day, currency, target, rate, source; a line such as 2026-11-22,USD,EUR,0.92,ecb "
        "says that one USD bought 0.92 EUR on that day. A rate that was used already is not changed.",
    }

    def told(self, each, before):
        now = "" if before is None else f"{before.rate.normalize():f}"
        return f"{each.day}, {each.currency} → {each.target}", now, f"{each.rate.normalize():f}"

    @display(description="From → to")
    def pair(self, row):
        return f"{row.currency} → {row.target}"

    @display(description="Rate")
    def value(self, row):
        return f"{row.rate.normalize():f}"

    @display(description="Used")
    def state(self, row):
        return words.dot("good", "Rewards were decided by it") if row.used else words.dot("quiet", "Not yet")
