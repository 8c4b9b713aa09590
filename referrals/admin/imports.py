"""Files in the admin: sent by a form, looked at before anything is taken, followed, and reported line by line."""

import json
from itertools import islice

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold import widgets
from unfold.decorators import display

from advocacy import twins
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.programs import only_storefront
from advocacy.models import JobState, Program, Storefront
from advocacy.refusals import Refused
from referrals import imports
from referrals.models import Import, ImportKind, ImportState

PAST, LIVE, SINCE = "past", "live", "since"
# Refused lines on the page; all are in the table to download.
_MOST_SHOWN = 10
_OPEN = (ImportState.CHECKING, ImportState.CHECKED)


def _select(choices):
    return widgets.UnfoldAdminSelectWidget(choices=choices)


class FileForm(forms.Form):
    storefront = forms.ModelChoiceField(
        Storefront.objects.order_by("test_twin_of", "name"), empty_label=None, widget=widgets.UnfoldAdminSelectWidget
    )
    kind = forms.ChoiceField(label="What it holds", choices=ImportKind.choices, widget=_select(ImportKind.choices))
    file = forms.FileField(
        label="CSV or NDJSON",
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text="As Shopify or WooCommerce exports it, or with columns such as external_id, email, total, placed_at "
        "(orders); external_id, email, name, orders_before (customers); advocate_email, friend_email, code, bound_at "
        "(referrals). Commas, semicolons or tabs; save a workbook as “CSV UTF-8” first.",
    )
    past = forms.ChoiceField(
        label="Orders are",
        choices=[
            (PAST, "of the past: nobody is rewarded for them"),
            (SINCE, "of the past until the moment below; later ones count like any other"),
            (LIVE, "like any other: codes in them bring friends, and the rules of their days pay"),
        ],
        required=False,
        help_text="Who ordered in the past is known as a customer either way. An order that came as one of the past "
        "stays so.",
    )
    live_since = forms.DateTimeField(
        label="Like any other since",
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        help_text="Only where it is asked for above.",
    )
    program = forms.ModelChoiceField(
        Program.objects.order_by("name"),
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="Of referrals, where the file has no column program.",
    )
    currency = forms.CharField(
        max_length=3,
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text="Where the file names none; else the storefront’s.",
    )
    dates = forms.ChoiceField(
        label="3/4/2026 is",
        required=False,
        choices=[("", "refused where it is not clear"), ("day_first", "3 April"), ("month_first", "March 4")],
    )
    decimal = forms.ChoiceField(
        label="1,234 is",
        required=False,
        choices=[
            ("", "refused where it is not clear"),
            (".", "1234: cents come after ."),
            (",", "1.234: cents come after ,"),
        ],
    )
    mapping = forms.CharField(
        label="Columns with other names",
        required=False,
        max_length=5000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One in a line, such as: Order No = external_id",
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in ("past", "dates", "decimal"):
            self.fields[name].widget = _select(self.fields[name].choices)

    def clean_mapping(self):
        lines = [line for line in self.cleaned_data["mapping"].splitlines() if line.strip()]
        pairs = [[part.strip() for part in line.rpartition("=")[::2]] for line in lines]
        if not all(column for column, _ in pairs):
            raise forms.ValidationError("Write one in a line: the file’s column = the field.")
        return dict(pairs)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("past") == SINCE and not cleaned.get("live_since"):
            self.add_error("live_since", "Say since when orders count like any other.")
        program, storefront = cleaned.get("program"), cleaned.get("storefront")
        if program and storefront and program.storefront_id != storefront.pk:
            self.add_error("program", f"It is of {program.storefront}; choose one of {storefront}.")
        return cleaned

    def how(self):
        """The arguments of ``imports.keep``."""
        said = self.cleaned_data
        how = {name: said[name] for name in ("storefront", "kind", "program", "dates", "decimal", "mapping")}
        how |= {"currency": said["currency"].upper(), "stream": said["file"].file, "name": said["file"].name}
        if said["past"] == LIVE:
            how["past_until"] = None
        elif said["past"] == SINCE:
            how["past_until"] = said["live_since"]
        return how


def _begin(*, row, by, at):
    imports.begin(row=row, at=at, by=by)


def _discard(*, row, by, at):
    imports.discard(row=row, at=at)


@admin.register(Import)
class ImportAdmin(acts.Acting, Listing):
    list_display = ["file", "state_now", "counted", "storefront_link", "created"]
    list_filter = ["kind", "state", "storefront"]
    list_select_related = ["storefront"]
    ordering = ["-id"]
    search_fields = ["name"]
    search_help_text = "A file’s name, or an id such as imp_01j8…"
    empty = (
        "Bring what happened before: customers, orders, and who brought whom. Press “Add import” and send a file; it "
        "is checked before anything is taken."
    )
    state_now = words.status("state")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("import")
    acts = [
        acts.Act(
            name="begin",
            label="Import it now",
            done="Begun",
            form=acts.Confirm,
            consequence="Its rows are taken one part after the other; refused lines are left out and reported. What is "
            "taken stays.",
            do=_begin,
            applies=lambda row: row.state in _OPEN,
        ),
        acts.Act(
            name="discard",
            label="Discard",
            done="Discarded",
            form=acts.Confirm,
            danger=True,
            consequence="Nothing more of the file is taken, and its rows are deleted here. What was taken stays.",
            do=_discard,
            applies=lambda row: row.state in (*_OPEN, ImportState.RUNNING),
        ),
    ]

    def has_change_permission(self, request, obj=None):
        return False

    def get_fieldsets(self, request, obj=None):
        return [
            ("How far it is", {"fields": ["progress", "state_now", "would", "came", "refused"]}),
            ("As it is understood", {"fields": ["what", "columns_as", "rows_as"]}),
            ("The file", {"fields": ["file", "storefront_link", "past_as", "reading_as", "by", "created", "id_text"]}),
        ]

    def get_urls(self):
        view = self.admin_site.admin_view(self.report)
        return [path("<int:pk>/refused.csv", view, name="referrals_import_report"), *super().get_urls()]

    def report(self, request, pk):
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        response = StreamingHttpResponse(imports.table(row), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="refused-{row.pk}.csv"'
        response["Cache-Control"] = "no-store"
        return response

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST or None, request.FILES or None, initial=only_storefront())
        if form.is_valid() and (row := self._kept(request, form)):
            return HttpResponseRedirect(reverse("admin:referrals_import_change", args=[row.pk]))
        context = self.admin_site.each_context(request) | {
            "title": "Import a file",
            "lead": "It is read and checked first: you see what it would change before anything is taken.",
            "button": "Check the file",
            "form": form,
            "back": reverse("admin:referrals_import_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    def _kept(self, request, form):
        how = form.how()
        try:
            row = imports.keep(at=twins.clock(how["storefront"], timezone.now()), by=request.user, **how)
        except Refused as refused:
            form.add_error(next((name for name in refused.errors if name in form.fields), "file"), refused.message)
            return None
        self.log_addition(request, row, f"Sent {row.name}: {row.rows} rows of {row.kind}.")
        messages.success(request, "It was read, and is being checked. Nothing is taken before you say so.")
        return row

    @display(description="File", ordering="name")
    def file(self, row):
        return f"{row.get_kind_display()}: {row.name or 'sent by the API'}"

    @display(description="Rows")
    def counted(self, row):
        counts = row.taken or row.checked
        return _sentence(counts, row.taken) if counts else f"{row.rows} rows"

    @display(description="Progress")
    def progress(self, row):
        job = row.job or row.check_job
        if job is None:
            return words.NOTHING
        inner = render_to_string(
            "admin/job_now.html", {"job": job, "dot": words.dot(job.state, job.get_state_display())}
        )
        address = reverse("admin:advocacy_job_progress", args=[job.pk])
        text = "Its job" if job.state == JobState.DONE else "Its job: stop it, or try again"
        drawn = render_to_string("admin/job_progress.html", {"inner": inner, "job": job, "address": address})
        return format_html("{}<p>{}</p>", drawn, words.link(job, text))

    @display(description="It would")
    def would(self, row):
        return _sentence(row.checked, done=False) if row.checked else words.NOTHING

    @display(description="It did")
    def came(self, row):
        return _sentence(row.taken, done=True) if row.taken else words.NOTHING

    @display(description="Refused")
    def refused(self, row):
        count = imports.refused_count(row)
        if not count:
            return words.NOTHING
        address = reverse("admin:referrals_import_report", args=[row.pk])
        shown = [(f"Line\u00a0{line}", why) for line, why in islice(imports.refused(row), _MOST_SHOWN)]
        if not shown:
            return f"{count}. Which they were was kept for {settings.IMPORT_RETENTION_DAYS} days."
        more = format_html('<p class="muted">And {} more.</p>', count - len(shown)) if count > len(shown) else ""
        text = "Download the refused line" if count == 1 else f"Download all {count} refused lines, each"
        said = '{}{}<p><a class="text-link" href="{}">{} with why</a></p>'
        return format_html(said, words.table(shown), more, address, text)

    @display(description="Recognised as")
    def what(self, row):
        return f"{imports.title(row)}, {row.encoding.upper().removesuffix('-SIG')}"

    @display(description="Its columns")
    def columns_as(self, row):
        if not row.columns:
            return "Its fields are read by their names."
        known = [(column, field) for column, field in row.columns if field]
        if not known:
            return "They are known; what is not needed is left out."
        others = [column for column, field in row.columns if not field]
        left = format_html('<p class="muted">Left out: {}</p>', ", ".join(others)) if others else ""
        return format_html("{}{}", words.table(known, head=("Column", "is taken for")), left)

    @display(description="First rows")
    def rows_as(self, row):
        shown = imports.first_rows(row)
        if not shown:
            return "They are shown until the file is taken."
        said = [
            (f"Line\u00a0{line}", why or ", ".join(f"{name} {text}" for name, text in fields))
            for line, fields, why in shown
        ]
        return words.table(said)

    @display(description="Orders")
    def past_as(self, row):
        if row.kind != ImportKind.ORDERS:
            return words.NOTHING
        if row.past_until is None:
            return "Like any other: the rules of their days pay."
        return format_html("Of the past where placed before {}: nobody is rewarded.", words.moment(row.past_until))

    @display(description="Read with")
    def reading_as(self, row):
        said = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in row.reading.items()]
        return words.table([(name.capitalize(), value) for name, value in said if value and value != "{}"])

    @display(description="Sent by")
    def by(self, row):
        return row.started_by or "A program"

    @display(description="Sent", ordering="created_at")
    def created(self, row):
        return words.moment(row.created_at)


def _sentence(counts, done):
    verb = (
        "made {new}, changed {changed}; {same} were here already; {refused} refused"
        if done
        else "make {new}, change {changed}; {same} are here already; {refused} refused"
    )
    return verb.format(**counts)
