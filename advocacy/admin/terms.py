"""Programs' terms: written, looked at, published once; who agreed to which version."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from advocacy import enrolment, terms
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing, LongListing
from advocacy.admin.moments import Moment
from advocacy.admin.people import AdvocateAdmin
from advocacy.admin.programs import only_program
from advocacy.admin.terms_form import PARTS, DraftForm
from advocacy.models import Program, ProgramTerms, TermsAcceptance, TermsSource
from advocacy.pages.terms import shown


class Publishing(forms.Form):
    read = forms.CharField(required=False, widget=forms.HiddenInput())


def publish(*, row, by, at, read):
    return terms.publish(terms=row, by=by, read=read, at=at)


def what_happens(row):
    """What publishing this draft does, in numbers."""
    lines = []
    if row.material:
        asked = terms.to_be_asked(row.program, number=10**9)
        count = asked.count()
        one = count == 1
        lines.append(f"{count} advocate{' is' if one else 's are'} asked to agree, in the portal.")
        lines += [line for say in TermsAdmin.money for line in say(row.program, asked)]
        mailed = "terms" in row.program.mail_kinds
        lines.append(
            "A mail goes to each of them."
            if mailed
            else "No mail goes to them: choose “New terms” under Mails on the program’s page first, or tell them "
            "yourselves."
        )
        lines.append("Links, friends and rewards go on; payouts wait for who has not agreed yet.")
    else:
        lines.append("Nobody is asked. Who joins from now on agrees to this version.")
    lines.append("It can never be changed afterwards; a correction is a new version.")
    return format_html('<ul class="rows">{}</ul>', format_html_join("", "<li>{}</li>", ((line,) for line in lines)))


@admin.register(ProgramTerms)
class TermsAdmin(acts.Acting, Listing):
    empty = "Write a program’s terms, look at them, and publish them. Who joins agrees to them."
    form = DraftForm
    list_display = ["title", "program", "state", "asks", "published", "published_by", "agreed"]
    list_filter = ["program", "material"]
    list_select_related = ["program"]
    ordering = ["-pk"]
    id_text = words.public_id("terms")
    # Other apps' sentences about what would wait: ``say(program, advocates)``.
    money = []
    acts = [
        acts.Act(
            name="publish",
            label="Publish",
            done="Published",
            form=Publishing,
            asked=lambda row: {"read": terms.fingerprint(row)},
            consequence="From now on these are the terms of the program.",
            do=publish,
            told=lambda row: f"Published as version {row.number}",
            applies=lambda row: row.published_at is None,
            shown=what_happens,
        )
    ]

    def get_fieldsets(self, request, obj=None):
        if obj and obj.published_at:
            said = ["title", "program", "asks", "published", "published_by", "agreed", "look", "id_text"]
            return [("This version", {"fields": said}), ("What it says", {"fields": ["says"]})]
        general = ["program", "material", *(["look"] if obj else [])]
        spoken = [
            (label, {"fields": [f"{part}_{code}" for part in PARTS], "description": "Empty: not in this language."})
            for code, label in settings.LANGUAGES
        ]
        return [("The draft", {"fields": general}), *spoken]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        if obj.published_at:
            return [name for _, said in self.get_fieldsets(request, obj) for name in said["fields"]]
        return ["look", "program"]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.published_at)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(agreed_count=Count("acceptances"))

    def get_changeform_initial_data(self, request):
        """A new draft begins with what is in force."""
        chosen = only_program() | super().get_changeform_initial_data(request)
        program = (
            Program.objects.filter(pk=chosen["program"]).first() if str(chosen.get("program", "")).isdigit() else None
        )
        newest = program and terms.current(program)
        old = {code: said | {"summary": ""} for code, said in newest.words.items()} if newest else {}
        return chosen | {"words": old, "material": True}

    def save_model(self, request, obj, form, change):
        obj.storefront_id, obj.written_at = obj.program.storefront_id, obj.written_at or timezone.now()
        super().save_model(request, obj, form, change)

    def get_urls(self):
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/<str:language>/", view, name="advocacy_terms_preview"), *super().get_urls()]

    def preview(self, request, pk, language):
        """As people read it, also before it is published."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(ProgramTerms.objects.select_related("program", "storefront"), pk=pk)
        language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            said = {"storefront": row.storefront, "program": row.program, "terms": shown(row)}
            said["draft"] = "" if row.published_at else "A draft. Only staff sees it."
            return TemplateResponse(request, "advocacy/terms.html", said).render()

    @display(description="Version", ordering="number")
    def title(self, row):
        return f"Version {row.number}" if row.number else "Draft"

    @display(description="State")
    def state(self, row):
        if row.published_at is None:
            return words.dot("draft", "Draft")
        in_force = row.number == row.program.terms_version
        return words.dot("active", "In force") if in_force else words.dot("quiet", "Replaced")

    @display(description="Material change", ordering="material")
    def asks(self, row):
        return "Yes: advocates are asked" if row.material else "No: nobody is asked"

    @display(description="Published", ordering="published_at")
    def published(self, row):
        return words.moment(row.published_at)

    @display(description="Agreed to by")
    def agreed(self, row):
        if not row.published_at:
            return words.NOTHING
        address = reverse("admin:advocacy_termsacceptance_changelist")
        return format_html(
            '<a class="text-link" href="{}?terms__id__exact={}">{}</a>', address, row.pk, row.agreed_count
        )

    @display(description="As people read it")
    def look(self, row):
        shown_in = [code for code, _ in settings.LANGUAGES if code in row.words] or [settings.LANGUAGE_CODE]
        named = dict(settings.LANGUAGES)
        return format_html_join(
            " · ",
            '<a class="text-link" target="_blank" href="{}">{}</a>',
            ((reverse("admin:advocacy_terms_preview", args=[row.pk, code]), named[code]) for code in shown_in),
        )

    @display(description="Words")
    def says(self, row):
        named = dict(settings.LANGUAGES)
        return format_html_join(
            "",
            '<p class="line"><b>{}</b></p>{}{}{}',
            (
                (
                    named.get(code, code),
                    format_html("<p>What changed: {}</p>", said["summary"]) if said.get("summary") else "",
                    format_html("<p>{}</p>", said["address"]) if said.get("address") else "",
                    format_html('<pre class="answer">{}</pre>', said["text"]) if said.get("text") else "",
                )
                for code, said in row.words.items()
            ),
        )


@admin.register(TermsAcceptance)
class AcceptanceAdmin(LongListing):
    empty = "Who agreed to a program’s terms stands here, with the version, the time and where. Publish terms first."
    list_display = ["advocate_link", "number", "program", "source", "language", "agreed_at", "noted_at"]
    list_filter = ["source", "advocate__program", "terms__number", "storefront"]
    list_select_related = ["advocate", "terms__program"]
    search_fields = ["advocate__display_name", "advocate__customer__email", "=advocate__code"]
    search_help_text = "An advocate’s name, e-mail address or code, or an id such as tac_01j8…"
    advocate_link = words.person("advocate", "Advocate")
    id_text = words.public_id("terms_acceptance")
    fields = ["advocate_link", "number", "program", "source", "language", "agreed_at", "noted_at", "id_text"]

    @display(description="Version", ordering="terms__number")
    def number(self, row):
        return words.link(row.terms, f"Version {row.terms.number}")

    @display(description="Program")
    def program(self, row):
        return row.terms.program

    @display(description="Agreed", ordering="at")
    def agreed_at(self, row):
        return words.moment(row.at)

    @display(description="Noted", ordering="recorded_at")
    def noted_at(self, row):
        return words.moment(row.recorded_at)


class Agreed(acts.Reason):
    version = forms.IntegerField(
        label="Version they agreed to",
        min_value=1,
        help_text="Only the version in force, which stands above, is noted.",
    )
    agreed_at = Moment(label="When they agreed", required=False, help_text="Empty: now.")
    field_order = ["version", "agreed_at", "reason"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["agreed_at"].in_zone(settings.TIME_ZONE)
        self.fields["reason"].help_text = "How you know, such as “signed on paper”. For your colleagues and the log."


def note_agreed(*, row, by, at, version, agreed_at, reason):
    made, _new = enrolment.accept_terms(
        advocate=row, version=version, source=TermsSource.ADMIN, accepted_at=agreed_at, at=at
    )
    return made


AdvocateAdmin.acts.append(
    acts.Act(
        name="agreed-to-terms",
        label="Agreed to the terms",
        done="Agreed to the terms",
        form=Agreed,
        consequence="Only where they agreed to the version in force and you can show it. Payouts that waited for that "
        "go with the next batch.",
        do=note_agreed,
        shown=lambda advocate: words.link(terms.current(advocate.program)),
        told=lambda made: f"Agreed to version {made.terms.number} of the terms",
        applies=lambda advocate: (advocate.terms_version or 0) < advocate.program.terms_version,
    )
)
