"""Long work, read-only: how far it is, what came out, and why it failed. What may be done: stop it, try it again."""

import re

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string, select_template
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from unfold.decorators import display

from advocacy import ids, jobs
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.models import Connection, Customer, Job
from advocacy.models.job import AGAIN

_NAMED = {"connection": Connection, "customer": Customer}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)").fullmatch


def cancel(*, row, by, at, reason):
    jobs.cancel(job=row, at=at)


def retry(*, row, by, at):
    jobs.retry(job=row, at=at)


@admin.register(Job)
class JobAdmin(acts.Acting, LongListing):
    list_display = ["what", "status", "progress", "storefront_link", "by", "created"]
    list_filter = ["state", "kind", "storefront"]
    list_select_related = ["storefront", "started_by"]
    search_fields = ["kind"]
    search_help_text = "A kind, or an id such as job_01j8…"
    empty = "Imports, exports and simulations are listed here once somebody starts one, with how far they are."
    status = words.status("state")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("job")
    acts = [
        acts.Act(
            name="cancel",
            label="Stop",
            done="Stopped",
            danger=True,
            consequence="It ends after the step it is at. What it did so far is kept, and it can be tried again.",
            do=cancel,
            applies=lambda job: job.active,
        ),
        acts.Act(
            name="retry",
            label="Try again",
            done="Will be tried again",
            form=acts.Confirm,
            consequence="It goes on after the last step that succeeded. If the cause is not mended it fails again.",
            do=retry,
            applies=lambda job: job.state in AGAIN,
        ),
    ]

    def get_fieldsets(self, request, obj=None):
        return [
            ("How far it is", {"fields": ["progress_now"]}),
            *([("What came out", {"fields": ["outcome"]})] if obj and obj.result else []),
            ("The job", {"fields": ["what", "told", "storefront_link", "by", ("created", "ended"), "id_text"]}),
        ]

    def get_urls(self):
        view = self.admin_site.admin_view(self.progress_of)
        return [path("<int:pk>/progress/", view, name="advocacy_job_progress"), *super().get_urls()]

    def progress_of(self, request, pk):
        """The fragment that the job's page asks for again and again; at the end the page itself is loaded anew."""
        job = self.get_object(request, str(pk))
        if job is None:
            raise Http404
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return HttpResponse(_drawn(job), headers={} if job.active else {"HX-Refresh": "true"})

    @display(description="Job", ordering="kind")
    def what(self, row):
        return row.title

    @display(description="Progress")
    def progress(self, row):
        return render_to_string("admin/job_bar.html", {"job": row})

    @display(description="Progress")
    def progress_now(self, row):
        context = {"inner": _drawn(row), "job": row, "address": reverse("admin:advocacy_job_progress", args=[row.pk])}
        return render_to_string("admin/job_progress.html", context)

    @display(description="Result")
    def outcome(self, row):
        shown = select_template([f"admin/jobs/{row.kind}.html", "admin/jobs/result.html"])
        return shown.render({"job": row, "result": row.result})

    @display(description="Asked for")
    def told(self, row):
        asked = [(name.replace("_", " ").capitalize(), _asked(name, value)) for name, value in row.parameters.items()]
        return words.table(asked) if asked else words.NOTHING

    @display(description="Started by", ordering="started_by")
    def by(self, row):
        return row.started_by or "A program"

    @display(description="Started", ordering="created_at")
    def created(self, row):
        return words.moment(row.created_at)

    @display(description="Ended", ordering="ended_at")
    def ended(self, row):
        return words.moment(row.ended_at)


def _asked(name, value):
    """A moment as one, and the page of what stands as its id; anything else as it is."""
    if name in _NAMED and isinstance(value, str):
        found = _NAMED[name].objects.filter(public_id=ids.decode(ids.PREFIXES[name], value)).first()
        return words.link(found) if found else value
    moment = _MOMENT(value) and parse_datetime(value) if isinstance(value, str) else None
    return words.moment(moment) if moment else value


def _drawn(job):
    return render_to_string("admin/job_now.html", {"job": job, "dot": words.dot(job.state, job.get_state_display())})
