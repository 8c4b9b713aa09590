"""Who bought before becomes an advocate: how many a day, and how far it is."""

from django.contrib import admin
from unfold.decorators import display

from advocacy.admin import words
from advocacy.admin.listing import Listing
from advocacy.admin.programs import only_program
from referrals import past_buyers
from referrals.models import PastBuyers


@admin.register(PastBuyers)
class PastBuyersAdmin(Listing):
    list_display = ["program", "per_day", "least_orders", "enrolled", "state"]
    list_filter = ["active"]
    list_select_related = ["program"]
    ordering = ["-id"]
    empty = (
        "Customers who bought before can become advocates by themselves, so many a day. Add one for a program: each "
        "gets a link, and advocate.added is told, on which a mail can follow."
    )

    def get_fieldsets(self, request, obj=None):
        asked = ("Who and how many", {"fields": ["program", "per_day", "least_orders", "active"]})
        return [asked, ("How far it is", {"fields": ["state", "enrolled", "left", "today"]})] if obj else [asked]

    def get_readonly_fields(self, request, obj=None):
        return ["program", "state", "enrolled", "left", "today"] if obj else []

    def get_changeform_initial_data(self, request):
        return only_program() | super().get_changeform_initial_data(request)

    @display(description="State")
    def state(self, row):
        if not row.active:
            return words.dot("cancelled", "Stopped")
        return words.dot("done", "All are advocates") if row.all_since else words.dot("running", "Goes on")

    @display(description="Still to come")
    def left(self, row):
        return past_buyers.waiting(row).order_by().count()

    @display(description="Today")
    def today(self, row):
        return f"{row.enrolled_today} on {row.day:%-d %b %Y}" if row.day else "None yet; it begins within ten minutes."
