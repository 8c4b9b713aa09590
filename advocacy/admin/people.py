"""Customers and advocates. Storefronts write customers; admins read them and decide who may bring friends."""

from django.contrib import admin
from django.http import JsonResponse
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.admin import StackedInline
from unfold.decorators import display

from advocacy import enrolment, privacy
from advocacy.admin import acts, merges, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from advocacy.models import Advocate, AdvocateStatus, Customer, Standing


class StandingInline(ReadOnlyInline, StackedInline):
    model = Standing
    verbose_name_plural = "what is known of their dealings"
    fields = [
        ("orders", "kept", "given_back"),
        ("first_order_at", "last_order_at"),
        ("friends_joined", "friends_converted"),
        ("alive", "expected_orders", "expected_value"),
        ("at_risk_since", "advocate_left_at", "expected_on"),
    ]
    readonly_fields = ["kept", "given_back", "alive", "expected_orders", "expected_value", "expected_on"]
    kept = words.amount("revenue_minor", "Revenue", unit="customer.storefront.currency")
    given_back = words.amount("refunded_minor", "Refunded", unit="customer.storefront.currency")
    expected_value = words.amount(
        "expected_value_minor", "Expected value, 12 months", unit="customer.storefront.currency"
    )

    @display(description="Will buy again")
    def alive(self, row):
        return words.NOTHING if row.alive_percent is None else f"{row.alive_percent} %"

    @display(description="Expected orders, 12 months")
    def expected_orders(self, row):
        return words.NOTHING if row.expected_orders_e2 is None else f"{row.expected_orders_e2 / 100:.2f}"

    @display(description="Expected on")
    def expected_on(self, row):
        day = row.customer.storefront.expected_on
        return words.NOTHING if row.alive_percent is None or day is None else day


class Leaving(admin.SimpleListFilter):
    title = "who leaves"
    parameter_name = "leaving"

    def lookups(self, request, model_admin):
        return [("at_risk", "At risk"), ("advocates", "At risk, and brought friends"), ("left", "Their advocate left")]

    def queryset(self, request, queryset):
        asked = {
            "at_risk": {"standing__at_risk_since__isnull": False},
            "advocates": {"standing__at_risk_since__isnull": False, "standing__friends_joined__gt": 0},
            "left": {"standing__advocate_left_at__isnull": False},
        }
        return queryset.filter(**asked.get(self.value(), {}))


def export(*, row, by, at, reason):
    return privacy.export(customer=row, at=at)


def download(page, request, told):
    """The file, in an answer to a POST whose reason is in the log."""
    response = JsonResponse(told, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{told["customer"]}.json"'
    response["Cache-Control"] = "no-store"
    return response


def left_behind(row):
    """Before they are erased: what of their money nobody will have, and who else has their mailbox."""
    owed = CustomerAdmin.owed(row) if CustomerAdmin.owed else ""
    others = [f"{other} ({other.external_id or 'guest'})" for other in privacy.same_mailbox(row)]
    said = f"Not erased with them, though of the same mailbox: {', '.join(others)}." if others else ""
    return format_html_join(" ", "{}", [[each] for each in (owed, said) if each])


def erase(*, row, by, at, reason):
    return privacy.erase(customer=row, at=at, by=by)


# Also of whoever is asked for by a platform.
EXPORT = {
    "name": "export",
    "label": "Download all that is kept",
    "done": "Downloaded all that is kept",
    "consequence": "A file (JSON) of everything about this person. That you took it, and why, is kept in the log.",
    "then": download,
}


@admin.register(Customer)
class CustomerAdmin(acts.Acting, LongListing):
    empty = "Customers come with their first sign-up, order or click that the shop tells."
    list_display = ["who", "email", "external_id", "storefront_link", "created_at"]
    list_filter = [Leaving, "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["name", "email", "=external_id"]
    search_help_text = "A name, an e-mail address, the shop's own number, or an id such as cus_01j8…"
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("customer")
    # Other apps' pages about a customer: what they are called → the name of the page, which takes the customer's key.
    elsewhere = {}
    # Another app's words of what a customer is owed, or "".
    owed = None
    fieldsets = [
        (
            "Who",
            {
                "fields": [
                    "name",
                    "email",
                    "phone",
                    ("locale", "country"),
                    "storefront",
                    "external_id",
                    "is_now",
                    "see_also",
                ]
            },
        ),
        ("Since when", {"fields": [("created_at", "updated_at"), "orders_before"]}),
        ("As the shop sent it", {"fields": ["source", "traits", "id_text"], "classes": ["collapse"]}),
    ]

    acts = [
        merges.INTO_ANOTHER,
        acts.Act(do=export, **EXPORT),
        acts.Act(
            name="erase",
            label="Erase",
            done="Is being erased",
            danger=True,
            consequence="For ever: name, addresses, free texts and what platforms sent of this person go. Orders, "
            "amounts and balances stay, of somebody who is not known; their links lead nowhere and they earn nothing "
            "more. Pay them what they are owed first. Do not write their name into the reason.",
            do=erase,
            shown=left_behind,
            applies=lambda customer: customer.erased_at is None,
        ),
    ]

    def get_inlines(self, request, obj):
        return [StandingInline] if obj and Standing.objects.filter(customer=obj).exists() else []

    def get_fieldsets(self, request, obj=None):
        shown = super().get_fieldsets(request, obj)
        return [("Erased", {"fields": ["erased"]}), *shown] if obj and obj.erased_at else shown

    @display(description="Since")
    def erased(self, row):
        return f"{words.moment(row.erased_at)}. What named this person is gone; orders and amounts stay."

    @display(description="See also")
    def see_also(self, row):
        pages = ((reverse(page, args=[row.pk]), title) for title, page in self.elsewhere.items())
        return format_html_join("", '<a class="text-link line" href="{}">{}</a>', pages) or words.NOTHING

    @display(description="Merged into")
    def is_now(self, row):
        return words.link(row.merged_into) if row.merged_into_id else words.NOTHING

    @display(description="Customer", ordering="name")
    def who(self, row):
        return str(row)


def turn(status):
    """The verb behind an act that sets an advocate's status; the reason is kept in the log."""

    def do(*, row, by, at, reason):
        enrolment.set_status(advocate=row, status=status, at=at)

    return do


@admin.register(Advocate)
class AdvocateAdmin(acts.Acting, LongListing):
    empty = (
        "Advocates join through the shop’s pages or POST /advocates. Make an API key first, so that the shop can tell."
    )
    list_display = ["who", "code", "state", "program_link", "customer_link", "enrolled_at"]
    list_filter = ["status", "program"]
    list_select_related = ["program", "customer"]
    search_fields = ["display_name", "customer__name", "customer__email", "=code"]
    search_help_text = "A name, an e-mail address, a code, or an id such as adv_01j8…"
    state = words.status("status")
    program_link = words.person("program", "Program")
    customer_link = words.person("customer", "Customer")
    id_text = words.public_id("advocate")
    fieldsets = [
        ("Who", {"fields": ["customer", "program", "state", "code"]}),
        ("What friends may read", {"fields": ["display_name", "shows_name"]}),
        ("Agreed", {"fields": [("terms_version", "terms_accepted_at"), "enrolled_at", "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="pause",
            label="Pause",
            done="Paused",
            consequence="Links keep working and friends are still bound, but nothing new is paid until active again.",
            do=turn(AdvocateStatus.PAUSED),
            applies=lambda advocate: advocate.status == AdvocateStatus.ACTIVE,
        ),
        acts.Act(
            name="ban",
            label="Ban",
            done="Banned",
            danger=True,
            consequence="Links lead nowhere and nothing new is paid. What was credited before stays.",
            do=turn(AdvocateStatus.BANNED),
            applies=lambda advocate: advocate.status != AdvocateStatus.BANNED,
        ),
        acts.Act(
            name="activate",
            label="Make active",
            done="Made active",
            consequence="Links work and new orders of friends are paid again.",
            do=turn(AdvocateStatus.ACTIVE),
            applies=lambda advocate: advocate.status != AdvocateStatus.ACTIVE,
        ),
    ]

    @display(description="Advocate", ordering="display_name")
    def who(self, row):
        return str(row)
