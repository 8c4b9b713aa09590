"""Connections to platforms: made, tested, heard, ended. Secrets are written here and never shown again."""

from django.contrib import admin
from django.db.models import Count, DateTimeField, OuterRef, Subquery
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display

from advocacy import connections, platforms
from advocacy.admin import acts, shops, words
from advocacy.admin.listing import Listing
from advocacy.models import Connection, Platform
from referrals.admin import connection_acts
from referrals.admin.connection_form import NEEDS, ConnectionForm, secret_fields
from referrals.inbound import hearing, reconciling
from referrals.models import InboundMessage, InboundState

REASONS = {
    "invalid_signature": "The signature did not fit: is the signing secret right?",
    "too_old": "Signed too long ago, or in the future: are the clocks right?",
    "message_too_large": "Larger than 2 MB",
}


@admin.register(Connection)
class ConnectionAdmin(acts.Acting, Listing):
    form = ConnectionForm
    empty = "Connect a shop at Shopify, WooCommerce or Stripe: its orders and refunds come by themselves then."
    list_display = ["name", "platform", "status_now", "last", "failed", "storefront_link"]
    list_filter = ["platform", "status", "storefront"]
    list_select_related = ["storefront"]
    list_before_template = "admin/connection_list_top.html"
    search_fields = ["name", "shop"]
    search_help_text = "A name, a shop, or an id such as con_01j8…"
    readonly_fields = [
        *("status_now", "address", "topics", "failure", "messages", "refused", "told", "asked", "id_text"),
    ]
    status_now = words.status("status")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("connection")
    acts = connection_acts.ACTS

    def get_queryset(self, request):
        mine = InboundMessage.objects.filter(connection=OuterRef("pk")).order_by("-id")
        failed = mine.filter(state=InboundState.FAILED).order_by().values("connection")
        return (
            super()
            .get_queryset(request)
            .annotate(
                last_at=Subquery(mine.values("received_at")[:1], output_field=DateTimeField()),
                failed_count=Subquery(failed.annotate(count=Count("pk")).values("count")),
            )
        )

    def add_view(self, request, form_url="", extra_context=None):
        """First which platform: each asks for something else."""
        chosen = request.POST.get("platform") or request.GET.get("platform")
        if chosen not in Platform.values and self.has_add_permission(request):
            context = self.admin_site.each_context(request) | {
                "title": "Connect a shop",
                "platforms": [(value, label, NEEDS[value]) for value, label in Platform.choices],
                "opts": self.opts,
            }
            return TemplateResponse(request, "admin/connection_choose.html", context)
        title = f"Connect {Platform(chosen).label}" if chosen in Platform.values else None
        return super().add_view(request, form_url, {"title": title} | (extra_context or {}))

    def get_form(self, request, obj=None, change=False, **options):
        # The fields of secrets are the form's own, not the model's: each platform has others.
        mine = ["name", "asked_daily"] if obj else ["storefront", "platform", "name", "shop", "asked_daily"]
        return super().get_form(request, obj, change, **options | {"fields": mine})

    def get_fieldsets(self, request, obj=None):
        platform = obj.platform if obj else request.POST.get("platform") or request.GET.get("platform")
        secret = list(secret_fields(platform, obj or Connection()))
        if not (self.has_change_permission(request, obj) if obj else True):
            secret = []
        if obj is None:
            return [
                ("The shop", {"fields": ["storefront", "platform", "name", "shop", "asked_daily"]}),
                ("Access", {"fields": secret}),
            ]
        how = ["status_now", "address", "topics", "messages", "failure", "refused", "asked", "told"]
        return [
            ("How it does", {"fields": how}),
            ("The shop", {"fields": ["name", "asked_daily", "storefront", "platform", "shop", "id_text"]}),
            *([("Access", {"fields": secret})] if secret else []),
        ]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "storefront", "platform", "shop"] if obj else self.readonly_fields

    @sensitive_variables()
    def save_model(self, request, obj, form, change):
        at, secret, credentials = timezone.now(), form.cleaned_data.get("secret", "").strip(), form.credentials()
        if not change:
            fields = {name: form.cleaned_data[name] for name in ("storefront", "name", "shop", "asked_daily")}
            made = connections.connect(platform=form.platform, secret=secret, credentials=credentials, at=at, **fields)
            obj.pk, obj.public_id = made.pk, made.public_id
            return
        said = {name: form.cleaned_data[name] for name in ("name", "asked_daily")}
        connections.change(connection=obj, **said)
        if secret:
            connections.change_secret(connection=obj, secret=secret, at=at)
        if credentials:
            connections.change_credentials(connection=obj, credentials=credentials)

    @display(description="Last received")
    def last(self, row):
        return words.moment(row.last_at) if row.last_at else "Nothing yet"

    @display(description="Failed")
    def failed(self, row):
        return words.dot("failed", f"{row.failed_count} to look at") if row.failed_count else words.NOTHING

    @display(description="Webhooks are sent to")
    def address(self, row):
        shown = format_html('<code class="id">{}</code>', hearing.address_of(row))
        if row.secret:
            return shown
        missing = words.dot("stop", "No signing secret yet: what comes is refused.")
        return format_html("{}<p>{} Enter it below, or use “Register webhooks”.</p>", shown, missing)

    @display(description="What it sends")
    def topics(self, row):
        said = {True: words.dot("good", "Sent"), False: words.dot("stop", "Missing"), None: words.NOTHING}
        rows = [(each.name, said[each.sent], _last(each.last_at)) for each in hearing.topics_of(row)]
        table = words.table([("Topic", "", "Last received"), *rows])
        return format_html("{}<p>{}</p>", table, " ".join(_about_topics(row)))

    @display(description="Last failure")
    def failure(self, row):
        if not row.last_failure:
            return "None"
        return format_html("{}: {}", words.moment(row.last_failure_at), row.last_failure)

    @display(description="Messages")
    def messages(self, row):
        page = f"{reverse('admin:referrals_inboundmessage_changelist')}?connection__id__exact={row.pk}"
        failed = f", {row.failed_count} of them failed" if row.failed_count else ""
        return format_html('<a class="text-link" href="{}">All that came{}</a>', page, failed)

    @display(description="Last asked for what was missed")
    def asked(self, row):
        """What was changed until when is here, and the last job."""
        job = reconciling.jobs_of(row).first()
        if job is None and row.asked_until is None:
            asked = row.asked_daily and connection_acts.can_be_called(row)
            soon = "It is asked within the hour, and then daily." if asked else ""
            return f"Never. {soon}" if soon else "Never"
        said = "Not yet."
        if row.asked_until:
            said = format_html("All that changed until {} is here.", words.moment(row.asked_until))
        if job is None:
            return said
        page, when = reverse("admin:advocacy_job_change", args=[job.pk]), words.moment(job.created_at)
        state = job.get_state_display().lower()
        return format_html('{} <a class="text-link" href="{}">Asked {}: {}</a>', said, page, when, state)

    @display(description="What it is told")
    def told(self, row):
        rests = row.rests_until and row.rests_until > timezone.now()
        holds = ["Customers spend their store credit there."] if row.holds_credit else []
        later = [f"Not before {words.moment(row.rests_until)}."] if rests else []
        return words.lines([shops.told(row), *holds, *later])

    @display(description="Refused in 30 days")
    def refused(self, row):
        found = hearing.refusals_of(row, at=timezone.now())
        return words.lines(f"{count} × {REASONS.get(reason, reason)}" for reason, count in found) if found else "None"


def _last(moment):
    """May be broken into lines, as on a phone."""
    return words.moment(moment).replace("\u00a0", " ") if moment else "Nothing yet"


def _about_topics(row):
    if row.credentials is None:
        yield "Enter the API credentials below, then the webhooks can be registered and tested from here."
    elif row.heard_at:
        yield f"Asked {_last(row.heard_at)}."
    else:
        yield "“Test” asks the platform what it sends."
    if by_hand := sorted(platforms.ALL[row.platform].BY_HAND):
        yield f"Enter the same address in your app’s settings at Shopify for {', '.join(by_hand)}."
