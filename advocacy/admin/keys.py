"""Storefronts and their API keys. A key's token is on the one page that answers its making, and nowhere else."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldBooleanSwitchWidget,
)

from advocacy import keys, terms, tokens, twins
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.moments import Moment
from advocacy.admin.programs import Keys
from advocacy.api import scopes
from advocacy.models import ApiKey, Storefront


class Origins(Keys):
    """As somebody copies them from an address bar."""

    def to_python(self, value):
        return [origin.lower().removesuffix("/") for origin in super().to_python(value)]


def new_token_secret(*, row, by, at):
    return tokens.new_secret(storefront=row, at=at)


def empty_test_data(*, row, by, at, reason):
    import_string(settings.TWIN_EMPTIER)(twin=row, at=at)


@sensitive_variables()
def show_token_secret(page, request, secret):
    """Like a key: on the answer to a POST and nowhere else."""
    context = page.admin_site.each_context(request) | {
        "title": "The secret for customer tokens is made",
        "token": secret,
        "opts": page.opts,
        "address": reverse("admin:advocacy_storefront_changelist"),
    }
    response = TemplateResponse(request, "admin/new_token_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


@admin.register(Storefront)
class StorefrontAdmin(acts.Acting, Listing):
    empty = "A storefront is one shop with its currency and its days. Add yours first."
    list_display = ["name", "programs_here", "currency", "time_zone", "links_live_on", "twin"]
    search_fields = ["name", "slug"]
    search_help_text = "A name or a short name"
    list_select_related = ["test_twin", "test_twin_of"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["public_id_text", "programs_here", "twin"]
    fieldsets = [
        ("The shop", {"fields": ["name", "slug", "url", "colour"]}),
        ("Money, days and words", {"fields": ["currency", "time_zone", "language"]}),
        ("Customers", {"fields": ["starts_fresh", "at_risk_below", "margin"]}),
        ("Links", {"fields": ["link_domain"]}),
        ("Mails", {"fields": ["mail_from", "dkim_selector", "mail_reply_to", "mail_footer", "double_opt_in"]}),
        (
            "Pages that call this server",
            {
                "fields": ["origins"],
                "description": "For the snippet, advocacy.js, and whatever else calls with a publishable key.",
            },
        ),
        ("Belongs to it", {"fields": ["programs_here", "twin", "public_id_text"]}),
    ]
    public_id_text = words.public_id("storefront")
    acts = [
        acts.Act(
            name="token-secret",
            label="Make a secret for customer tokens",
            done="Made",
            consequence="Your server signs with it who looks at a page, so that a widget may act as that customer. It "
            "is shown once; the one before counts for a day longer.",
            do=new_token_secret,
            form=acts.Confirm,
            then=show_token_secret,
        ),
        acts.Act(
            name="empty",
            label="Delete all test data",
            done="Deleted",
            danger=True,
            consequence="All test customers, orders, rewards and events are deleted, and the test clock is wound back. "
            "It gets the live programs and rules anew. Keys and webhook endpoints stay; live data is not touched.",
            do=empty_test_data,
            applies=lambda shop: shop.test_twin_of_id is not None,
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("programs")

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:-1]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, *(obj.fixed() if obj else ())]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "origins":
            return Origins(label="Origins", help_text=db_field.help_text, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if change and "link_domain" in form.changed_data:
                terms.moved(obj)

    @display(description="Programs")
    def programs_here(self, row):
        named = ((words.link(program),) for program in row.programs.all())
        return format_html_join(", ", "{}", named) or "None yet"

    @display(description="Links live on")
    def links_live_on(self, row):
        return row.link_domain or "this server"

    @display(description="Test data")
    def twin(self, row):
        if row.test_twin_of:
            return f"Test twin of {row.test_twin_of}"
        return words.link(getattr(row, "test_twin", None))


class Overlap(acts.Confirm):
    hours = forms.IntegerField(
        label="Hours for which the old key still works",
        min_value=0,
        max_value=720,
        initial=24,
        help_text="Long enough to put the new key everywhere. 0 ends the old one at once.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


def revoke(*, row, by, at, reason):
    keys.revoke(key=row, at=at)


def rotate(*, row, by, at, hours):
    return keys.rotate(key=row, at=at, overlap=timedelta(hours=hours))


@sensitive_variables()
def show_token(page, request, made):
    """The only page that ever shows a key: an answer to a POST, never stored, never in a message or a session."""
    key, token = made
    context = page.admin_site.each_context(request) | {
        "title": f"The key “{key.name}” is made",
        "key": key,
        "token": token,
        "opts": page.opts,
        "address": reverse("admin:advocacy_apikey_change", args=[key.pk]),
    }
    response = TemplateResponse(request, "admin/new_key.html", context)
    response["Cache-Control"] = "no-store"
    return response


class ApiKeyForm(forms.ModelForm):
    expires_at = Moment(label="Expires at", required=False, help_text="Empty: until revoked.")
    scopes = forms.MultipleChoiceField(
        label="May",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Only what is ticked; nothing ticked: all that its kind may. Read and write are apart.",
    )
    test = forms.BooleanField(
        label="Test key",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="It writes to test data beside the live ones: same programs and rules, a clock that can be moved, no "
        "payout. All of it can be deleted.",
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "storefront" in self.fields:
            self.fields["storefront"].queryset = _live()
        if "scopes" in self.fields:
            self.fields["scopes"].choices = scopes.choices()
        if "expires_at" in self.fields:
            self.fields["expires_at"].in_zone(self._zone())

    def _zone(self):
        """Of the storefront that was chosen; else of the only one there is."""
        chosen = str(self.data.get(self.add_prefix("storefront"), ""))
        shops = Storefront.objects.filter(pk=chosen if chosen.isdecimal() else None) if self.is_bound else _live()
        zones = list(shops.values_list("time_zone", flat=True)[:2])
        return zones[0] if len(zones) == 1 else "UTC"


def _live():
    return Storefront.objects.filter(test_twin_of=None)


@admin.register(ApiKey)
class ApiKeyAdmin(acts.Acting, Listing):
    empty = "A key lets one system of the shop call this server. Add one; it is shown once."
    form = ApiKeyForm
    list_display = ["name", "storefront_link", "kind", "shown", "state", "last_used_at", "expires_at"]
    list_filter = ["kind", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["name", "beginning"]
    search_help_text = "A name, or how the key begins"
    fields = ["storefront", "name", "kind", "test", "expires_at", "scopes"]
    storefront_link = words.person("storefront", "Storefront")
    acts = [
        acts.Act(
            name="rotate",
            label="Replace",
            done="Replaced",
            consequence="A new key of the same kind is made and shown once. The old one works for a while longer.",
            do=rotate,
            form=Overlap,
            then=show_token,
            applies=lambda key: key.revoked_at is None,
        ),
        acts.Act(
            name="revoke",
            label="Revoke",
            done="Revoked",
            danger=True,
            consequence="Calls with this key are refused from now on. This cannot be undone; a new key can be made.",
            do=revoke,
            applies=lambda key: key.revoked_at is None,
        ),
    ]

    def has_change_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        kept = [name for name in self.fields if name not in ("test", "scopes")]
        return [*kept, "may", "shown", "state", "created_at", "last_used_at"] if obj else self.fields

    @sensitive_variables()
    def save_model(self, request, obj, form, change):
        at, given = timezone.now(), {name: getattr(obj, name) for name in ("kind", "name", "expires_at", "scopes")}
        if form.cleaned_data.get("test"):
            obj.storefront = twins.of(obj.storefront, at=at)
        key, token = keys.make(storefront=obj.storefront, at=at, **given)
        obj.pk, obj.beginning, request.made = key.pk, key.beginning, (key, token)

    def response_add(self, request, obj, post_url_continue=None):
        return show_token(self, request, request.made)

    @display(description="May")
    def may(self, row):
        return ", ".join(row.scopes) or "All that its kind may"

    @display(description="Begins with")
    def shown(self, row):
        return f"{row.beginning}…"

    @display(description="State")
    def state(self, row):
        if row.revoked_at:
            return words.dot("stop", "Revoked")
        if row.expires_at and row.expires_at <= timezone.now():
            return words.dot("stop", "Expired")
        return words.dot("good", "Valid")
