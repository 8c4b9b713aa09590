"""Endpoints of webhooks: made, tested, their secrets replaced, disabled, enabled and made to hear again."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from advocacy import outbound, secrets
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.moments import Moment
from advocacy.alerts import kinds
from advocacy.models import Delivery, EndpointStatus, WebhookEndpoint
from advocacy.outbox import telling, webhooks
from advocacy.outbox.catalogue import TYPES
from advocacy.refusals import Refused

_SHOWN = 40


def types():
    return [(name, name) for name in sorted(TYPES)]


def alert_kinds():
    return [(kind.name, kind.label) for kind in kinds.all().values()]


class EndpointForm(forms.ModelForm):
    event_types = forms.MultipleChoiceField(
        choices=types,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(attrs={"class": "many"}),
        help_text="None chosen: all, also those of later versions.",
    )

    alert_kinds = forms.MultipleChoiceField(
        choices=alert_kinds,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(attrs={"class": "many"}),
        help_text=(
            "Of alerts only these kinds. None chosen: all. alert.opened tells of each at once, alert.daily of what is "
            "open each morning."
        ),
    )

    def clean_url(self):
        try:
            return outbound.checked_address(self.cleaned_data["url"])
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused

    def clean(self):
        fields = super().clean()
        storefront = fields.get("storefront") or self.instance.storefront_id
        twice = WebhookEndpoint.objects.filter(storefront=storefront, url=fields.get("url"), removed_at=None)
        if storefront and twice.exclude(pk=self.instance.pk).exists():
            self.add_error("url", "This address is an endpoint of the storefront already.")
        return fields


class Overlap(acts.Confirm):
    hours = forms.IntegerField(
        label="Hours for which the old secret still signs",
        min_value=0,
        max_value=720,
        initial=24,
        help_text="Both sign meanwhile, so the new one can be put in place at any moment. 0: the old one leaked.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


class Test(acts.Confirm):
    type = forms.ChoiceField(
        label="Event type", choices=types, initial="order.recorded", widget=UnfoldAdminSelectWidget
    )


class Period(acts.Confirm):
    since = Moment(label="Of events from")
    until = Moment(label="Until", required=False, help_text="Empty: until now.")
    which = forms.ChoiceField(
        label="Which",
        choices=[
            ("failed", "What failed or was cancelled"),
            ("missing", "What it was never told of, as while it was disabled"),
            ("all", "Everything, what was delivered too"),
        ],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        for name in ("since", "until"):
            self.fields[name].in_zone("UTC")


def test(*, row, by, at, type):
    return telling.test(endpoint=row, type=type, at=at)


def show_delivery(page, request, delivery):
    return HttpResponseRedirect(reverse("admin:advocacy_delivery_change", args=[delivery.pk]))


def rotate(*, row, by, at, hours):
    return webhooks.rotate(endpoint=row, at=at, overlap=timedelta(hours=hours))


def disable(*, row, by, at, reason):
    webhooks.disable(endpoint=row, reason=f"By {by}: {reason}", at=at)


def enable(*, row, by, at):
    webhooks.enable(endpoint=row)


def remove(*, row, by, at, reason):
    webhooks.remove(endpoint=row, at=at)


def replay(*, row, by, at, since, until, which):
    return telling.replay_range(endpoint=row, since=since, until=until or at, which=which, at=at)


@sensitive_variables()
def show_secret(page, request, endpoint):
    """The only page that shows a secret: an answer to a POST, never in a message or a session."""
    context = page.admin_site.each_context(request) | {
        "title": f"The secret of “{endpoint}”",
        "endpoint": endpoint,
        "token": secrets.open(endpoint.secret),
        "opts": page.opts,
        "address": reverse("admin:advocacy_webhookendpoint_change", args=[endpoint.pk]),
    }
    response = TemplateResponse(request, "admin/new_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _there(row):
    return row.removed_at is None


def _active(row):
    return row.status == EndpointStatus.ACTIVE


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(acts.Acting, Listing):
    form = EndpointForm
    empty = "Add a server of the shop's that is told what happens: orders, rewards, payouts."
    list_display = ["name", "state", "wants", "last", "storefront_link"]
    list_filter = ["status", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["url", "description"]
    search_help_text = "A part of the address, or an id such as whe_01j8…"
    readonly_fields = ["status_now", "health", "deliveries", "made", "id_text"]
    state = words.status("status")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("webhook_endpoint")
    asked = ("Where to, and what", {"fields": ["storefront", "url", "description", "event_types", "alert_kinds"]})
    acts = [
        acts.Act(
            name="test",
            label="Send a test",
            done="A test is on its way",
            form=Test,
            consequence="An example of the type is sent once, also where the endpoint is disabled.",
            do=test,
            then=show_delivery,
            applies=_there,
        ),
        acts.Act(
            name="replay",
            label="Replay a period",
            done="Sent again",
            form=Period,
            consequence="Sent with the same ids, so a receiver that keeps them passes over what it knows.",
            do=replay,
            told=lambda count: f"{count} {'delivery is' if count == 1 else 'deliveries are'} sent",
            applies=lambda row: _active(row) and _there(row),
        ),
        acts.Act(
            name="rotate",
            label="Replace secret",
            done="Secret replaced",
            form=Overlap,
            consequence="A new secret is made and shown once. Both sign for a while.",
            do=rotate,
            then=show_secret,
            applies=_there,
        ),
        acts.Act(
            name="enable",
            label="Enable",
            done="Enabled",
            form=acts.Confirm,
            consequence="It is told again what happens from now on. What it missed can be replayed.",
            do=enable,
            applies=lambda row: not _active(row) and _there(row),
        ),
        acts.Act(
            name="disable",
            label="Disable",
            done="Disabled",
            danger=True,
            consequence="Nothing is sent to it any more, and what waits for it is cancelled.",
            do=disable,
            applies=_active,
        ),
        acts.Act(
            name="remove",
            label="Remove",
            done="Removed",
            danger=True,
            consequence="It is gone for good. Its deliveries stay to be read.",
            do=remove,
            applies=_there,
        ),
    ]

    def get_queryset(self, request):
        pending = Delivery.objects.filter(endpoint=OuterRef("pk"), state="pending").order_by().values("endpoint")
        waiting = Subquery(pending.annotate(count=Count("pk")).values("count"))
        return super().get_queryset(request).filter(removed_at=None).annotate(waiting_count=waiting)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [self.asked]
        now = ("How it does", {"fields": ["status_now", "health", "deliveries", "made", "id_text"]})
        return [now, self.asked]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "storefront"] if obj else self.readonly_fields

    @sensitive_variables()
    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in ("url", "description", "event_types", "alert_kinds")}
        if change:
            webhooks.change(endpoint=obj, **fields)
            return
        made, _ = webhooks.create(storefront=obj.storefront, at=timezone.now(), **fields)
        obj.pk, request.made = made.pk, made

    def response_add(self, request, obj, post_url_continue=None):
        return show_secret(self, request, request.made)

    @display(description="Endpoint")
    def name(self, row):
        address = row.url if len(row.url) <= _SHOWN else f"{row.url[:_SHOWN]}…"
        return format_html('{}<span class="line muted">{}</span>', row.description, address)

    @display(description="Status")
    def status_now(self, row):
        shown = words.dot(row.status, row.get_status_display())
        return format_html("{} {}", shown, row.disabled_reason) if row.disabled_reason else shown

    @display(description="Is told of")
    def wants(self, row):
        first = ", ".join(row.event_types[:2])
        return f"{first} and {len(row.event_types) - 2} more" if len(row.event_types) > 2 else first or "Everything"  # noqa: PLR2004

    @display(description="Last")
    def last(self, row):
        waiting = words.lines([f"{row.waiting_count} to be sent"]) if row.waiting_count else ""
        return format_html("{}{}", self.health(row), waiting)

    @display(description="Last")
    def health(self, row):
        if row.failing_since:
            return words.dot("stop", f"Only fails since {words.moment(row.failing_since)}")
        if row.last_delivered_at:
            return words.dot("good", f"Delivered {words.moment(row.last_delivered_at)}")
        return "Nothing was sent yet"

    @display(description="Deliveries")
    def deliveries(self, row):
        address = f"{reverse('admin:advocacy_delivery_changelist')}?endpoint__id__exact={row.pk}"
        return format_html('<a class="text-link" href="{}">All, with every try</a>', address)

    @display(description="Made")
    def made(self, row):
        return words.moment(row.created_at)
