"""What channels cost: a list, and a file of them to add or correct."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from advocacy import reading, tables
from advocacy.admin import choosing, words
from advocacy.admin.listing import Listing
from advocacy.refusals import Refused
from referrals import costs
from referrals.models import Channel, ChannelCost


class CostUpload(forms.Form):
    storefront = choosing.Chosen(choosing.storefronts(), empty_label=None)
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text="With the columns month, channel, currency, amount, source; a line such as "
        "2026-11,paid_search,EUR,1250.00,ads-export. The same month and channel again corrects what was said before. "
        f"Channels: {', '.join(Channel.values)}.",
    )


@admin.register(ChannelCost)
class ChannelCostAdmin(Listing):
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

    def has_change_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        """A file instead of a form: costs come by the dozen."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CostUpload(request.POST or None, request.FILES or None)
        if form.is_valid() and self._taken(request, form):
            return HttpResponseRedirect(reverse("admin:referrals_channelcost_changelist"))
        context = self.admin_site.each_context(request) | {
            "title": "Add what channels cost",
            "lead": "Of each channel and month, so that a customer’s cost can be compared between channels.",
            "button": "Add the costs",
            "form": form,
            "back": reverse("admin:referrals_channelcost_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    @staticmethod
    def _taken(request, form):
        try:
            said = costs.read(form.cleaned_data["file"].read())
            changed = costs.put(storefront=form.cleaned_data["storefront"], costs=said, at=timezone.now())
        except Refused as refused:
            form.add_error("file", tables.told(refused))
            return False
        messages.success(request, f"{changed} of {len(said)} costs were new or corrected.")
        return True

    @display(description="Month")
    def month_text(self, row):
        return f"{row.month:%Y-%m}"

    @display(description="Amount")
    def amount(self, row):
        return reading.plain(row.amount_minor, row.currency)
