"""Exchange rates: a list, and a file of them to add. Nothing is typed over: what was decided keeps its rate."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from advocacy import tables
from advocacy.admin import choosing, words
from advocacy.admin.listing import Listing
from advocacy.refusals import Refused
from rewards import rates
from rewards.models import Rate


class Upload(forms.Form):
    storefront = choosing.Chosen(choosing.storefronts(), empty_label=None)
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text="With the columns day, currency, target, rate, source; a line such as 2026-11-22,USD,EUR,0.92,ecb "
        "says that one USD bought 0.92 EUR on that day. A rate that was used already is not changed.",
    )


@admin.register(Rate)
class RateAdmin(Listing):
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

    def has_change_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        """A file instead of a form: rates come by the hundred."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = Upload(request.POST or None, request.FILES or None)
        if form.is_valid() and self._taken(request, form):
            return HttpResponseRedirect(reverse("admin:rewards_rate_changelist"))
        context = self.admin_site.each_context(request) | {
            "title": "Add exchange rates",
            "lead": "What orders in other currencies are converted at. Rewards that waited are decided in a minute.",
            "button": "Add the rates",
            "form": form,
            "back": reverse("admin:rewards_rate_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    @staticmethod
    def _taken(request, form):
        try:
            said = rates.read(form.cleaned_data["file"].read())
            changed = rates.put(storefront=form.cleaned_data["storefront"], rates=said, at=timezone.now())
        except Refused as refused:
            form.add_error("file", tables.told(refused))
            return False
        messages.success(request, f"{changed} of {len(said)} rates were new or corrected.")
        return True

    @display(description="From → to")
    def pair(self, row):
        return f"{row.currency} → {row.target}"

    @display(description="Rate")
    def value(self, row):
        return f"{row.rate.normalize():f}"

    @display(description="Used")
    def state(self, row):
        return words.dot("good", "Rewards were decided by it") if row.used else words.dot("quiet", "Not yet")
