"""Correct a mistake: a small form, a page that shows the difference before anything changes, an approval, progress."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from advocacy import ids, money
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.models import Job
from advocacy.refusals import Refused
from rewards import corrections
from rewards.admin.correction_form import CorrectionForm
from rewards.admin.differences import differences
from rewards.models import Correction, CorrectionState, RuleVersion


def approve(*, row, by, at):
    corrections.approve(correction=row, by=by, at=at)


def withdraw(*, row, by, at, reason):
    corrections.withdraw(correction=row, at=at)


def _open(correction):
    return correction.state == CorrectionState.PROPOSED


@admin.register(Correction)
class CorrectionAdmin(acts.Acting, LongListing):
    list_display = ["what", "status", "total", "period", "proposer", "proposed_at"]
    list_filter = ["state", "storefront"]
    list_select_related = ["rule_version__rule__program", "proposed_by", "approved_by", "corrected"]
    search_fields = ["rule_version__rule__name", "reason"]
    search_help_text = "A rule’s name, a word of the reason, or an id such as cor_01j8…"
    empty = "To correct a mistake open a rule and choose “Correct a mistake” beside the version that was wrong."
    status = words.status("state")
    id_text = words.public_id("correction")
    fieldsets = [
        ("The difference", {"fields": ["total", "counted", "biggest"]}),
        ("What is corrected", {"fields": ["what", "changes", "period", "policy", "reason"]}),
        ("Who and when", {"fields": ["status", "second", "proposer", "approver", "progress", "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="approve",
            label="Approve and correct",
            done="Approved",
            danger=True,
            form=acts.Confirm,
            consequence="The decisions of the period are made anew, and the ledger gets the difference. "
            "Customers see their balances change.",
            do=approve,
            applies=_open,
        ),
        acts.Act(
            name="withdraw",
            label="Withdraw",
            done="Withdrawn",
            consequence="Nothing of it is done.",
            do=withdraw,
            applies=_open,
        ),
    ]

    def has_add_permission(self, request):
        return request.user.has_perm("rewards.add_correction")

    def add_view(self, request, form_url="", extra_context=None):
        """Needs ``?version=`` of the mistaken version; rules' pages lead here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = request.GET.get("version", "")
        if not asked.isdecimal():
            messages.info(request, "Open the rule and choose “Correct a mistake” beside the version that was wrong.")
            return HttpResponseRedirect(reverse("admin:rewards_rule_changelist"))
        known = RuleVersion.objects.select_related("rule__program__storefront")
        version, at = get_object_or_404(known, pk=int(asked)), timezone.now()
        form = CorrectionForm(request.POST or None, version=version, at=at)
        if form.is_valid() and (correction := self._proposed(request, form, at)):
            return HttpResponseRedirect(reverse("admin:rewards_correction_change", args=[correction.pk]))
        context = self.admin_site.each_context(request) | {
            "title": f"Correct {version}",
            "lead": "Write what should have stood there. The next page shows the difference; nothing changes before "
            "it is approved. To change what comes from now on, save the rule itself.",
            "button": "Show the difference",
            "form": form,
            "back": reverse("admin:rewards_rule_change", args=[version.rule_id]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    def _proposed(self, request, form, at):
        said = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "policy", "reason")}
        said["ends_at"] = min(said["ends_at"], at)
        try:
            correction = corrections.propose(version=form.version, terms=form.terms, by=request.user, at=at, **said)
        except Refused as refused:
            form.add_error(None, refused.message)
            return None
        self.log_addition(request, correction, f"Proposed: {correction.reason}")
        return correction

    @display(description="Correction")
    def what(self, row):
        return str(row.rule_version)

    @display(description="Total")
    def total(self, row):
        units = row.difference["units"].items()
        return words.lines(("+" if minor > 0 else "") + money.plain(minor, unit) for unit, minor in units) or "Nothing"

    @display(description="Counted")
    def counted(self, row):
        return f"{row.difference['rewards']} rewards change; {row.difference['decisions']} decisions are made anew."

    @display(description="The biggest changes")
    def biggest(self, row):
        return words.table(
            (
                each["side"].capitalize(),
                f"{money.plain(each['before'], each['unit'])} → {money.plain(each['after'], each['unit'])}",
                words.why(ids.encode(ids.PREFIXES.get(each["kind"], each["kind"]), UUID(each["subject"]))),
            )
            for each in row.difference["biggest"]
        )

    @display(description="Changes")
    def changes(self, row):
        after = row.corrected or corrections.corrected(row)
        found = differences(row.rule_version, after, row.rule_version.rule.program.currency)
        return words.lines(f"{label}: {before} → {now}" for label, before, now in found)

    @display(description="Period")
    def period(self, row):
        return format_html("{} – {}", words.moment(row.starts_at), words.moment(row.ends_at))

    @display(description="Approval")
    def second(self, row):
        needs = "Above the program’s limit: somebody else than who proposed it approves."
        return words.dot("held", needs) if row.needs_second else words.dot("quiet", "One person is enough.")

    @display(description="Proposed by")
    def proposer(self, row):
        return row.proposed_by.get_username()

    @display(description="Approved by")
    def approver(self, row):
        return (
            f"{row.approved_by.get_username()}, {words.moment(row.approved_at)}" if row.approved_by else words.NOTHING
        )

    @display(description="Progress")
    def progress(self, row):
        job = Job.objects.filter(kind=corrections.JOB, parameters__correction=str(row.public_id)).first()
        return words.link(job, f"{job.done} of {job.total or '?'}, {job.get_state_display().lower()}") if job else "–"
