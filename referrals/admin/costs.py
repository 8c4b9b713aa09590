"""What channels cost: a list, and a file of them to add or correct."""

from django.contrib import admin
from unfold.decorators import display

from advocacy import reading
from advocacy.admin import words
from advocacy.admin.uploads import Uploads
from referrals import costs
from referrals.models import ChannelCost, CostOf


@admin.register(ChannelCost)
class ChannelCostAdmin(Uploads):
    list_display = ["month_text", "channel", "amount", "source", "storefront_link", "noted_at"]
    list_filter = ["storefront", "channel"]
    list_select_related = ["storefront"]
    search_fields = ["=source"]
    search_help_text = "A source such as ads-export"
    empty = "What customers cost by other channels is compared with what friends cost. Add a file of costs."
    storefront_link = words.person("storefront", "Storefront")
    readonly_fields = ["month_text", "channel", "amount", "source", "storefront_link", "noted_at"]
    fieldsets = [
        ("The cost", {"fields": [("month_text", "channel", "amount"), "source", "storefront_link", "noted_at"]})
    ]

    verbs = costs
    upload = {
        "rows": "costs",
        "title": "Add what channels cost",
        "lead": "Of each channel and month, so that a customer’s cost can be compared between channels.",
        "help": "With the columns month, channel, currency, amount, source; a line such as "
        "2026-11,paid_search,EUR,1250.00,ads-export. The same month and channel again corrects what was said before. "
        f"Channels: {', '.join(CostOf.values)}. Of referral all beside rewards; "
        "what banks take for payouts as payout_fees.",
    }

    def told(self, each, before):
        now = "" if before is None else reading.plain(before.amount_minor, before.currency)
        of = f"{each.month:%Y-%m}, {CostOf(each.channel).label}"
        return of, now, reading.plain(each.amount_minor, each.currency)

    @display(description="Month")
    def month_text(self, row):
        return f"{row.month:%Y-%m}"

    @display(description="Amount")
    def amount(self, row):
        return reading.plain(row.amount_minor, row.currency)
