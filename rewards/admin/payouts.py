"""Payouts: how and when cash is paid, the batches that somebody approves and exports, and each payout."""

from django import forms
from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from advocacy import money, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from rewards.models import BatchState, Payout, PayoutBatch, PayoutKind, PayoutState
from rewards.pages import statements as statement_pages
from rewards.payouts import batches, results


def _moment(column, label):
    @display(description=label, ordering=column)
    def show(_page, row):
        return words.moment(getattr(row, column))

    return show


class Results(acts.Confirm):
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text="With the columns number, result (paid, failed, cancelled or returned), and if you like reference "
        "and reason. The exported list with its result column filled in will do.",
    )


class Paid(acts.Confirm):
    reference = forms.CharField(
        label="Reference",
        max_length=140,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="What the bank calls it. May be empty.",
    )


def approve(*, row, by, at, reason):
    return batches.approve(batch=row, by=by, at=at)


def export(*, row, by, at):
    batch, _file = batches.export(batch=row, at=at)
    batches.give(batch=batch, at=at)


def cancel(*, row, by, at, reason):
    batches.cancel(batch=row, at=at, reason=reason)


def take_results(*, row, by, at, file):
    results.apply(batch=row, results=results.read(file.read()), at=at)


def download(*, row, by, at):
    return batches.export(batch=row, at=at)[1]


def as_file(_page, _request, file):
    response = HttpResponse(file.text.encode(), content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    return response


class PayoutInline(ReadOnlyInline, TabularInline):
    model = Payout
    verbose_name_plural = "payouts"
    hide_title = True
    ordering = ["number", "id"]
    per_page = 50
    fields = readonly_fields = ["link", "customer", "amount", "state_dot", "why", "destination_end", "reference"]
    amount = words.amount("amount_minor", "Amount", unit="currency")
    state_dot = words.status("state", "State")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("customer")

    @display(description="Payout")
    def link(self, row):
        return words.link(row, row.number or "waits")

    @display(description="Why")
    def why(self, row):
        return in_words(row)


def in_words(payout):
    """Why it waits or failed."""
    if not payout.waits_for:
        return payout.failure or words.NOTHING
    numbers = {
        name: money.plain(value, payout.currency) if isinstance(value, int) else value
        for name, value in payout.numbers.items()
    }
    return reasons.staff(payout.waits_for, **numbers)


@admin.register(PayoutBatch)
class PayoutBatchAdmin(acts.Acting, LongListing):
    empty = "A batch is made by a payout policy: on its day, or when you open it and choose “Make a batch now”."
    list_display = ["name", "status", "total", "payouts_count", "waiting_count", "storefront_link", "made", "maker"]
    list_filter = ["state", "kind", "storefront"]
    list_select_related = ["storefront", "made_by", "policy__program", "policy__storefront"]
    search_fields = ["=payouts__number"]
    search_help_text = "A payout’s number, or an id such as pob_01j8…"
    inlines = [PayoutInline]
    status = words.status("state", "State")
    total = words.amount("total_minor", "Total", unit="currency")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("payout_batch")
    fieldsets = [
        ("The batch", {"fields": ["status", "total", ("payouts_count", "waiting_count"), "kind", "next_step"]}),
        ("Who and when", {"fields": [("maker", "made"), ("approver", "approved"), ("exported", "ended"), "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="approve",
            label="Approve",
            done="Approved",
            consequence="It may be exported then. Above the policy’s limit two people approve, and not its maker.",
            do=approve,
            applies=lambda batch: batch.state == BatchState.DRAFT,
        ),
        acts.Act(
            name="export",
            label="Export",
            done="Exported",
            form=acts.Confirm,
            consequence="Its payouts count as sent from now on, and cannot be cancelled together any more. Then "
            "download the file and hand it to your bank, or to whoever pays.",
            do=export,
            applies=lambda batch: batch.state == BatchState.APPROVED,
        ),
        acts.Act(
            name="download",
            label="Download the file",
            done="File downloaded",
            form=acts.Confirm,
            consequence="It names people and their accounts in full: keep it no longer than you need it.",
            do=download,
            then=as_file,
            applies=lambda batch: batch.state in (BatchState.EXPORTED, BatchState.SETTLED),
        ),
        acts.Act(
            name="results",
            label="Import results",
            done="Results noted",
            form=Results,
            consequence="What was paid is paid; what failed or came back is the customer’s again. Importing a file "
            "twice changes nothing; a file with a mistake is refused as a whole.",
            do=take_results,
            applies=lambda batch: batch.state in (BatchState.EXPORTED, BatchState.SETTLED),
        ),
        acts.Act(
            name="cancel",
            label="Cancel",
            done="Cancelled",
            danger=True,
            consequence="All of it is the customers’ again, and comes with the next batch.",
            do=cancel,
            applies=lambda batch: batch.state in (BatchState.DRAFT, BatchState.APPROVED),
        ),
    ]
    made, approved = _moment("made_at", "Made"), _moment("approved_at", "Approved")
    exported, ended = _moment("exported_at", "Exported"), _moment("ended_at", "Settled or cancelled")

    @display(description="Batch")
    def name(self, row):
        return str(row.policy)

    @display(description="Made by")
    def maker(self, row):
        return str(row.made_by or ("the schedule" if row.scheduled_for else "the API"))

    @display(description="Approved by")
    def approver(self, row):
        return str(row.approved_by or words.NOTHING)

    @display(description="What comes next")
    def next_step(self, row):
        if row.kind == PayoutKind.GIFT_CARD and row.state == BatchState.EXPORTED:
            return "Nothing: who has no card yet gets one as soon as codes are added to the pool."
        return _NEXT[row.state] if row.state != BatchState.DRAFT or not row.needs_second else _second(row)


_NEXT = {
    BatchState.DRAFT: "Look through it, then approve it. Its money is frozen until then.",
    BatchState.APPROVED: "Export it.",
    BatchState.EXPORTED: "Download the file and have it paid; then import what became of each payout.",
    BatchState.SETTLED: "Nothing: each payout has its result. If the bank sends one back, import it as “returned”.",
    BatchState.CANCELLED: "Nothing: all was given back.",
}


def _second(batch):
    if batch.made_by is None:
        return "It is above the limit: two people approve it, one after the other."
    return f"It is above the limit: somebody else than {batch.made_by} approves it."


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
    list_select_related = ["customer", "batch", "storefront"]
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
    made, sent = _moment("made_at", "Made"), _moment("sent_at", "Sent")
    paid, ended = _moment("paid_at", "Paid"), _moment("ended_at", "Failed, cancelled or returned")

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
