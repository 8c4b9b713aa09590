"""Correct a mistake: a small form, a page that shows the difference before anything changes, an approval, progress."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from advocacy import ids, reading
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.models import Job
from advocacy.refusals import Refused
from rewards import corrections
from rewards.admin import correction_people
from rewards.admin.correction_form import CorrectionForm
from rewards.admin.differences import in_sentences, total_of
from rewards.models import Correction, CorrectionState, RuleVersion
from rewards.sentences import counted


def approve(*, row, by, at):
    corrections.approve(correction=row, by=by, at=at)


def in_short(row):
    """What somebody approves: its total, period and changes."""
    return words.table([("Total", total_of(row)), ("Period", _period(row)), ("Changes", _changes(row))])


def withdraw(*, row, by, at, reason):
    corrections.withdraw(correction=row, at=at)


def adopt(*, row, by, at):
    corrections.adopt(correction=row, by=by, at=at)


def _proposed(correction):
    return correction.state == CorrectionState.PROPOSED


def _may_approve(correction, by):
    """Asked only of who proposed it; with what somebody else corrected alone, approving asks again."""
    return correction.proposed_by_id != by.pk or not corrections.needed_now(correction, at=timezone.now())


def _open(correction):
    return correction.state in (CorrectionState.COUNTING, CorrectionState.PROPOSED)


def _of_a_key(correction):
    return _proposed(correction) and correction.proposed_by is None


@admin.register(Correction)
class CorrectionAdmin(acts.Acting, LongListing):
    list_display = ["what", "status", "total", "period", "proposer"]
    list_filter = ["state", "storefront"]
    list_select_related = ["rule_version__rule__program", "proposed_by", "approved_by", "corrected"]
    search_fields = ["rule_version__rule__name", "reason"]
    search_help_text = "A rule’s name, a word of the reason, or an id such as cor_01j8…"
    empty = "To correct a mistake open a rule and choose “Correct a mistake” beside the version that was wrong."
    status = words.status("state")
    id_text = words.public_id("correction")
    fieldsets = [
        ("The difference", {"fields": ["total", "counted", "biggest", "progress"]}),
        ("What is corrected", {"fields": ["what", "changes", "period", "policy", "reason"]}),
        ("Who and when", {"fields": ["status", "second", "proposer", "approver", "id_text"]}),
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
            applies=_proposed,
            may=_may_approve,
            shown=in_short,
        ),
        acts.Act(
            name="adopt",
            label="Take over",
            done="Taken over",
            form=acts.Confirm,
            consequence="A key proposed it. You stand for it, as if you had proposed it; above the limit somebody else "
            "approves it.",
            do=adopt,
            applies=_of_a_key,
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

    def get_fieldsets(self, request, obj=None):
        """While its difference is worked out there is only how far that is."""
        (title, _), *others = self.fieldsets
        counting = obj and obj.state == CorrectionState.COUNTING
        said = ["progress"] if counting else ["total", "counted", *self._if_any(obj)]
        return [(title, {"fields": said}), *others]

    @staticmethod
    def _if_any(row):
        return [
            *(["biggest"] if row and row.difference["biggest"] else []),
            *(["progress"] if row and _job(row) else []),
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
        if form.is_valid() and (correction := self._propose(request, form, at)):
            return HttpResponseRedirect(reverse("admin:rewards_correction_change", args=[correction.pk]))
        context = self.admin_site.each_context(request) | {
            "title": f"Correct {version}",
            "form": form,
            "back": reverse("admin:rewards_rule_change", args=[version.rule_id]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/correction_form.html", context)

    def get_urls(self):
        view = self.admin_site.admin_view(self.progress_of)
        return [path("<int:pk>/progress/", view, name="rewards_correction_progress"), *super().get_urls()]

    def progress_of(self, request, pk):
        """The fragment that the page asks for again and again; at the end the page itself is loaded anew."""
        row = self.get_object(request, str(pk))
        if row is None or (job := _job(row)) is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return HttpResponse(_drawn(job), headers={} if job.active else {"HX-Refresh": "true"})

    def _propose(self, request, form, at):
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
        return total_of(row)

    @display(description="Counted")
    def counted(self, row):
        if not row.difference:
            return "It is being worked out."
        if not row.difference["decisions"]:
            return "This version decided nothing in that period: there is nothing to correct."
        changed, decided = row.difference["rewards"], row.difference["decisions"]
        changes, are = "changes" if changed == 1 else "change", "is" if decided == 1 else "are"
        said = f"{counted(changed, 'reward')} {changes}; {counted(decided, 'decision')} {are} made anew."
        return f"{said} {_waived(row.difference)}".strip()

    @display(description="The biggest changes")
    def biggest(self, row):
        changes = row.difference.get("biggest")
        people = correction_people.of(row) if changes else {}
        return changes and words.table(
            (
                correction_people.who(each, people),
                f"{reading.plain(each['before'], each['unit'])} → {reading.plain(each['after'], each['unit'])}",
                words.why(ids.encode(ids.PREFIXES.get(each["kind"], each["kind"]), UUID(each["subject"]))),
            )
            for each in changes
        )

    @display(description="Changes")
    def changes(self, row):
        return _changes(row)

    @display(description="Period")
    def period(self, row):
        return _period(row)

    @display(description="Approval")
    def second(self, row):
        if row.state == CorrectionState.COUNTING:
            return words.NOTHING
        limit = reading.plain(
            row.rule_version.rule.program.four_eyes_above_minor, row.rule_version.rule.program.currency
        )
        needs = f"With what they corrected alone in 30 days it is above {limit}: somebody else approves it."
        if row.state != CorrectionState.PROPOSED:
            return words.dot("quiet", "Two people were needed." if row.needs_second else "One person was enough.")
        two = corrections.needed_now(row, at=timezone.now())
        return words.dot("held", needs) if two else words.dot("quiet", "One person is enough.")

    @display(description="Proposed by")
    def proposer(self, row):
        who = row.proposed_by.get_username() if row.proposed_by else "A key of the API"
        return f"{who}, {_moment(row, row.proposed_at)}"

    @display(description="Approved by")
    def approver(self, row):
        return (
            f"{row.approved_by.get_username()}, {_moment(row, row.approved_at)}" if row.approved_by else words.NOTHING
        )

    @display(description="Progress")
    def progress(self, row):
        job = _job(row)
        if job is None:
            return words.NOTHING
        if not job.active:
            return words.link(job, f"{job.done} of {job.total or '?'}, {job.get_state_display().lower()}")
        address = reverse("admin:rewards_correction_progress", args=[row.pk])
        return render_to_string("admin/job_progress.html", {"inner": _drawn(job), "job": job, "address": address})


def _changes(row):
    after = row.corrected or corrections.corrected(row)
    return words.lines(in_sentences(row.rule_version, after, row.rule_version.rule.program.currency))


def _period(row):
    return format_html("{} – {} ({})", _moment(row, row.starts_at), _moment(row, row.ends_at), _zone(row))


def _zone(row):
    return row.rule_version.rule.program.time_zone


def _moment(row, value):
    """In the zone of the program, which the period names."""
    return words.moment(value, _zone(row))


def _job(row):
    """The one that works on it, or worked last."""
    kinds = corrections.JOB, corrections.PREVIEW
    return Job.objects.filter(kind__in=kinds, parameters__correction=str(row.public_id)).order_by("-pk").first()


def _drawn(job):
    return render_to_string("admin/job_now.html", {"job": job, "dot": words.dot(job.state, job.get_state_display())})


def _waived(difference):
    """What nobody gives back of it, though it was spent or paid."""
    if not difference.get("waived"):
        return ""
    amounts = " and ".join(reading.plain(minor, unit) for unit, minor in difference["waived"].items())
    return f"Waived, because it was spent or paid: {amounts} of {counted(difference['waived_rewards'], 'reward')}."
