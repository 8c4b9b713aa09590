"""What is mailed to customers: every mail with what became of it, a program's own words, addresses not written to."""

from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from advocacy import consents, emails, mails
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing, LongListing, ReadOnlyListing
from advocacy.admin.programs import only_program
from advocacy.mails import kinds, stopping
from advocacy.models import Mail, MailKind, MailReason, MailWording, Program, Storefront, Suppression, SuppressionReason
from advocacy.privacy import digest_of

_KINDS = [(kind.value, kind.label) for kind in MailKind if kind in kinds.KINDS]


@admin.register(Mail)
class MailAdmin(LongListing):
    empty = "Mails to customers are listed here. Choose on a program’s page which kinds it sends."
    list_display = ["kind", "state_now", "why", "outcome_now", "customer_link", "advocate_link", "program"]
    list_display += ["tries", "made", "ended"]
    list_filter = ["state", "outcome", "kind", "reason", "storefront"]
    list_select_related = ["customer", "program", "advocate"]
    search_fields = ["public_id__exact", "customer__email"]
    search_help_text = "An id, such as mai_01j8…, or an e-mail address"
    state_now = words.status("state")
    customer_link = words.person("customer", "To")
    advocate_link = words.person("advocate", "In the name of")
    id_text = words.public_id("mail")
    fieldsets = [
        (
            "The mail",
            {
                "fields": [
                    "kind",
                    ("state_now", "why_in_full"),
                    ("customer_link", "advocate_link"),
                    ("program", "id_text"),
                ]
            },
        ),
        (
            "Sending",
            {
                "fields": [
                    ("made", "ended"),
                    ("tries", "next_try"),
                    "failure",
                    ("outcome_now", "outcome_moment"),
                    "event_link",
                ]
            },
        ),
    ]

    @display(description="Why not", ordering="reason")
    def why(self, row):
        return row.get_reason_display() if row.reason else row.failure or words.NOTHING

    @display(description="Why not")
    def why_in_full(self, row):
        """On the mail's own page, which may ask more."""
        said = row.reason == MailReason.WITHDRAWN and consents.withdrawn(row.customer, at=row.ended_at)
        if not said:
            return self.why(row)
        return f"They withdrew their consent on {date_format(timezone.localtime(said.at), 'j F Y')}"

    @display(description="Made")
    def made(self, row):
        return words.moment(row.created_at)

    @display(description="Ended")
    def ended(self, row):
        return words.moment(row.ended_at)

    @display(description="Mail service", ordering="outcome")
    def outcome_now(self, row):
        return words.dot(row.outcome, row.get_outcome_display()) if row.outcome else words.NOTHING

    @display(description="Told")
    def outcome_moment(self, row):
        return words.moment(row.outcome_at)

    @display(description="Next try")
    def next_try(self, row):
        return words.moment(row.next_attempt_at)

    @display(description="Because of")
    def event_link(self, row):
        return words.link(row.event)


class WordingForm(forms.ModelForm):
    kind = forms.ChoiceField(choices=_KINDS, widget=UnfoldAdminSelectWidget)
    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)


@admin.register(MailWording)
class MailWordingAdmin(Listing):
    empty = "Mails have words of their own in each language. Add what a program says otherwise."
    form = WordingForm
    list_display = ["kind", "language", "program", "subject", "look"]
    list_filter = ["kind", "language", "program"]
    list_select_related = ["program"]
    readonly_fields = ["look"]
    fieldsets = [
        ("Which mail", {"fields": ["program", "kind", "language"]}),
        (
            "What it says",
            {
                "fields": ["subject", "heading", "text", "button", "look"],
                "description": "What is left empty is as shipped; the preview shows it, once this is saved.",
            },
        ),
    ]

    def has_delete_permission(self, request, obj=None):
        """Deleted, the mail has the shipped words again."""
        return self.may_change(request)

    def get_changeform_initial_data(self, request):
        return only_program() | super().get_changeform_initial_data(request)

    def get_urls(self):
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/<int:program>/", view, name="advocacy_mail_preview"), *super().get_urls()]

    def preview(self, request, program):
        """``?kind=welcome&language=de``: the mail as it would be sent now, to a customer who does not exist."""
        if not request.user.has_perm("advocacy.view_program"):
            raise PermissionDenied
        program = get_object_or_404(Program.objects.select_related("storefront"), pk=program)
        kind = _chosen(request.GET.get("kind"), dict(_KINDS))
        language = _chosen(request.GET.get("language") or program.storefront.language, dict(settings.LANGUAGES))
        told = mails.sample(program=program, kind=kind, language=language, at=timezone.now())
        context = self.admin_site.each_context(request) | {
            "title": f"Mails of {program}",
            "program": program,
            "kinds": _KINDS,
            "languages": settings.LANGUAGES,
            "kind": kind,
            "language": language,
            "told": told,
            "is_sent": kind in program.mail_kinds,
            "promotional": kinds.KINDS[kind].promotional,
        }
        answer = TemplateResponse(request, "admin/mail_preview.html", context)
        if program.mail_logo:
            # The logo lives with the shop; only here may the admin show somebody else's picture.
            answer._csp_update = {"img-src": [f"https://{urlsplit(program.mail_logo).netloc}"]}
        return answer

    @display(description="Preview")
    def look(self, row):
        return preview_link(row.program, row.kind, row.language) if row.pk else words.NOTHING


def preview_link(program, kind="", language="", text="Look at it"):
    address = reverse("admin:advocacy_mail_preview", args=[program.pk])
    return format_html('<a class="text-link" href="{}?kind={}&language={}">{}</a>', address, kind, language, text)


def _chosen(wanted, among):
    return wanted if wanted in among else next(iter(among))


def write_again(*, row, by, at, reason):
    stopping.lift(suppression=row, at=at)


@admin.register(Suppression)
class SuppressionAdmin(acts.Acting, ReadOnlyListing):
    empty = (
        "Addresses that are not written to: who unsubscribed, complained or was erased, and mailboxes that are gone."
    )
    list_display = ["why", "storefront", "when"]
    list_filter = ["reason", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["reason"]
    search_help_text = "A whole e-mail address; only a digest of each is kept"
    ordering = ["-pk"]
    why = words.status("reason", "Why")
    fields = readonly_fields = ["why", "storefront", "when"]
    acts = [
        acts.Act(
            name="write-again",
            label="Write to it again",
            done="It is written to again",
            consequence="Mails go to this address again. Only where its owner asked for it, or the mailbox is back.",
            do=write_again,
            applies=lambda row: row.reason != SuppressionReason.ERASED,
        )
    ]

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        key = emails.normalise(search_term)
        return queryset.filter(digest__in=[digest_of(shop, key) for shop in Storefront.objects.all()]), False

    @display(description="Since", ordering="since")
    def when(self, row):
        return words.moment(row.since)
