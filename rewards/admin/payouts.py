"""Each payout: why it waits or failed, what the bank said of it alone, its statement."""

from django import forms
from django.contrib import admin
from django.http import Http404
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy import reading, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from rewards.models import Payout, PayoutBatch, PayoutState
from rewards.pages import statements as statement_pages
from rewards.payouts import results


def moment(column, label):
    """In the zone of its policy's program, or of the storefront."""
    return words.zoned(column, label, _zone)


def _zone(row):
    batch = row if isinstance(row, PayoutBatch) else row.batch
    program = batch and batch.policy.program
    return (program or row.storefront).time_zone


class Paid(acts.Confirm):
    reference = forms.CharField(
        label="Reference",
        max_length=140,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="What the bank calls it. May be empty.",
    )


def in_words(payout):
    """Why it waits or failed."""
    if not payout.waits_for:
        return payout.failure or words.NOTHING
    numbers = {
        name: reading.plain(value, payout.currency) if isinstance(value, int) else value
        for name, value in payout.numbers.items()
    }
    return reasons.staff(payout.waits_for, **numbers)


def _one(result):
    def tell(*, row, by, at, reason="", reference=""):
        told = results.Result(f"number {row.number}", row.number, result, reference, reason)
        results.apply(batch=row.batch, results=[told], at=at)

    return tell


@admin.register(Payout)
class PayoutAdmin(acts.Acting, LongListing):
    empty = "Every payout is listed here with its statement, and why somebody waits, once a batch was made."
    list_display = ["label", "customer_link", "amount", "status", "why", "made", "statement"]
    list_filter = ["state", "waits_for", "batch__kind", "storefront"]
    list_select_related = ["customer", "batch__policy__program", "storefront"]
    search_fields = ["=number", "customer__name", "customer__email", "payee_name"]
    search_help_text = "A number, a name, an e-mail address, or an id such as pay_01j8…"
    status = words.status("state", "State")
    amount = words.amount("amount_minor", "Amount", unit="currency")
    customer_link = words.person("customer", "For")
    batch_link = words.person("batch", "Batch")
    id_text = words.public_id("payout")
    fieldsets = [
        ("The payout", {"fields": ["number", "amount", "status", "why", "customer_link", "batch_link", "statement"]}),
        ("To", {"fields": ["payee_name", "payee_country", "destination_end", "reference"]}),
        ("When", {"fields": [("made", "sent"), ("paid", "ended"), "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="paid",
            label="Paid",
            done="Paid",
            form=Paid,
            consequence="The money has arrived.",
            do=_one("paid"),
            applies=lambda payout: payout.state == PayoutState.SENT,
        ),
        acts.Act(
            name="failed",
            label="Failed",
            done="Failed",
            danger=True,
            consequence="The amount is the customer’s again and comes with the next batch.",
            do=_one("failed"),
            applies=lambda payout: payout.state == PayoutState.SENT,
        ),
        acts.Act(
            name="returned",
            label="Returned by the bank",
            done="Returned",
            danger=True,
            consequence="It was paid and came back: the amount is the customer’s again.",
            do=_one("returned"),
            applies=lambda payout: payout.state == PayoutState.PAID,
        ),
    ]
    made, sent = moment("made_at", "Made"), moment("sent_at", "Sent")
    paid, ended = moment("paid_at", "Paid"), moment("ended_at", "Failed, cancelled or returned")

    def get_urls(self):
        view = self.admin_site.admin_view(self.statement_page)
        return [path("<int:pk>/statement/", view, name="rewards_payout_statement"), *super().get_urls()]

    def statement_page(self, request, pk):
        payout = self.get_object(request, str(pk))
        if payout is None or payout.number is None or not self.has_view_permission(request, payout):
            raise Http404
        return statement_pages.show(request, payout, back=reverse("admin:rewards_payout_change", args=[pk]))

    @display(description="Number", ordering="number")
    def label(self, row):
        return row.number or "waits"

    @display(description="Why")
    def why(self, row):
        return in_words(row)

    @display(description="Statement")
    def statement(self, row):
        if row.number is None:
            return words.NOTHING
        address = reverse("admin:rewards_payout_statement", args=[row.pk])
        return format_html('<a class="text-link" href="{}">Statement {}</a>', address, row.number)
