"""Batches of payouts: looked through, approved, exported, and what became of each payout."""

from collections import Counter

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from rewards.admin import payout_approval
from rewards.admin.payouts import in_words, moment
from rewards.models import BatchState, Payout, PayoutBatch, PayoutKind
from rewards.payouts import batches, results


class Results(acts.Confirm):
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text="With the columns number, result (paid, failed, cancelled or returned), and if you like reference "
        "and reason. The exported list with its result column filled in will do.",
    )


def export(*, row, by, at):
    batch, _file = batches.export(batch=row, at=at)
    batches.give(batch=batch, at=at)


def cancel(*, row, by, at, reason):
    batches.cancel(batch=row, at=at, reason=reason)


def take_results(*, row, by, at, file):
    said = results.read(file.read())
    return results.apply(batch=row, results=said, at=at), said


def noted(outcome):
    """What the file said: “Results noted, 2 paid, 1 failed”; or that all of it was known."""
    changed, said = outcome
    if not changed:
        return "Nothing new: all of it was noted before"
    counts = Counter({each.number: each.result for each in said}.values())
    news = ", ".join(f"{counts[result]} {result}" for result in results.RESULTS if counts[result])
    known = len({each.number for each in said}) - changed
    return f"Results noted, {news}" + (f" ({known} of them noted before)" if known else "")


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
    fields = readonly_fields = [
        "link",
        "customer",
        "payee_name",
        "amount",
        "state_dot",
        "why",
        "destination_end",
        "reference",
    ]
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


@admin.register(PayoutBatch)
class PayoutBatchAdmin(acts.Acting, LongListing):
    empty = "A batch is made by a payout policy: on its day, or when you open it and choose “Make a batch now”."
    list_display = ["name", "status", "total", "payouts_count", "waiting_count", "storefront_link", "made", "maker"]
    list_filter = ["state", "kind", "storefront"]
    list_select_related = [
        "storefront",
        "made_by",
        "first_approved_by",
        "approved_by",
        "policy__program",
        "policy__storefront",
    ]
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
            told=payout_approval.outcome,
            consequence="It may be exported then. Above the policy’s limit its maker cannot approve it, and one that "
            "nobody made needs two people.",
            do=payout_approval.approve,
            form=payout_approval.Approval,
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
            told=noted,
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
    made, approved = moment("made_at", "Made"), moment("approved_at", "Approved")
    exported, ended = moment("exported_at", "Exported"), moment("ended_at", "Settled or cancelled")

    @display(description="Batch")
    def name(self, row):
        return str(row.policy)

    @display(description="Made by")
    def maker(self, row):
        return str(row.made_by or ("the schedule" if row.scheduled_for else "the API"))

    @display(description="Approved by")
    def approver(self, row):
        who = [str(each) for each in (row.first_approved_by, row.approved_by) if each]
        return ", then ".join(who) or words.NOTHING

    @display(description="What comes next")
    def next_step(self, row):
        if row.kind == PayoutKind.GIFT_CARD and row.state == BatchState.EXPORTED:
            return "Nothing: who has no card yet gets one as soon as codes are added to the pool."
        if row.state == BatchState.SETTLED and row.waiting_count:
            return f"Nothing: each payout that was sent has its result. {_waits(row.waiting_count)} {_SENT_BACK}"
        if row.state != BatchState.DRAFT:
            return _NEXT[row.state]
        return f"{_second(row) if row.needs_second else _NEXT[row.state]} {payout_approval.told(row)}".strip()


_SENT_BACK = "If the bank sends one back, import it as “returned”."
_NEXT = {
    BatchState.DRAFT: "Look through it, then approve it. Its money is frozen until then.",
    BatchState.APPROVED: "Export it.",
    BatchState.EXPORTED: "Download the file and have it paid; then import what became of each payout.",
    BatchState.SETTLED: f"Nothing: each payout has its result. {_SENT_BACK}",
    BatchState.CANCELLED: "Nothing: all was given back.",
}


def _waits(number):
    wait = "One waits and comes" if number == 1 else f"{number} wait and come"
    return f"{wait} with a later batch, once what the list below names is settled."


def _second(batch):
    if batch.first_approved_by:
        return f"One approval given by {batch.first_approved_by}; a second person must approve."
    if batch.made_by is None:
        return "It is above the limit: two people must approve it, one after the other."
    return f"It is above the limit, and {batch.made_by} made it: somebody else must approve it."
