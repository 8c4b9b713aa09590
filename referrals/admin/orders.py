"""Orders with their refunds, and the conversions among them with the review of each side."""

import uuid

from django import forms
from django.contrib import admin
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from advocacy import ids, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from referrals import attribution, conversions
from referrals.admin.attribution import advocate_of
from referrals.models import Conversion, Fulfilment, Order, Refund, Review, RulingBy
from referrals.orders import noted


class RefundInline(ReadOnlyInline, TabularInline):
    model = Refund
    hide_title = True
    ordering = ["id"]
    fields = readonly_fields = ["refund_id", "kind", "given_back", "reason", "refunded_at", "undone_at"]
    given_back = words.amount("amount_minor", "Amount", unit="order.currency")


class FulfilmentInline(ReadOnlyInline, TabularInline):
    model = Fulfilment
    hide_title = True
    ordering = ["id"]
    fields = readonly_fields = ["fulfilment_id", "shipped_at", "delivered_at", "inside"]

    @admin.display(description="In it")
    def inside(self, row):
        named = [line.get("name") or line.get("sku") or line.get("line_id") or "a line" for line in row.products]
        return ", ".join(named) or "The whole order"


class Advocate(acts.Reason):
    code = forms.CharField(
        label="Code of the advocate",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Who brought the customer. Their orders since the first count for this advocate.",
    )
    field_order = ["code", "reason"]


def attribute(*, row, by, at, code, reason):
    advocate = advocate_of(storefront=row.storefront, code=code)
    return attribution.by_hand(advocate=advocate, friend=row.customer, reason=reason, at=at)


@admin.register(Order)
class OrderAdmin(acts.Acting, LongListing):
    empty = "The shop sends its orders with POST /orders, or connect it under Connections."
    acts = [
        acts.Act(
            name="attribute",
            label="Say who brought the customer",
            done="Attributed by hand",
            form=Advocate,
            consequence="This and the customer’s other orders are decided by the program’s rules of their days. Who "
            "was said to have brought the customer in that program before loses it.",
            do=attribute,
        )
    ]
    list_display = ["external_id", "state", "total", "refunded", "customer_link", "storefront_link", "placed_at", "why"]
    list_filter = ["status", "kind", "storefront"]
    list_select_related = ["customer", "storefront"]
    search_fields = ["=external_id", "customer__email", "customer__name"]
    search_help_text = "An order number, a name, an e-mail address, or an id such as ord_01j8…"
    date_hierarchy = None
    inlines = [FulfilmentInline, RefundInline]
    state = words.status("status")
    total = words.amount("total_minor", "Total", unit="currency")
    refunded = words.amount("refunded_minor", "Refunded", unit="currency")
    revenue = words.amount("revenue_minor", "Revenue", unit="currency")
    subtotal = words.amount("subtotal_minor", "Goods", unit="currency")
    discount = words.amount("discount_minor", "Discount", unit="currency")
    tax = words.amount("tax_minor", "Tax", unit="currency")
    shipping = words.amount("shipping_minor", "Shipping", unit="currency")
    customer_link = words.person("customer", "Customer")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("order")
    fieldsets = [
        ("The order", {"fields": [("external_id", "state"), "customer", "storefront", "why", "brought"]}),
        ("Money", {"fields": [("total", "refunded"), ("subtotal", "discount"), ("tax", "shipping"), "revenue"]}),
        ("What came with it", {"fields": ["referral_code", "coupons", "noted", "products"]}),
        (
            "When",
            {
                "fields": [
                    ("placed_at", "paid_at"),
                    ("shipped_at", "delivered_at"),
                    ("updated_at", "recorded_at"),
                    "id_text",
                ]
            },
        ),
    ]

    @display(description="Why?")
    def why(self, row):
        return words.why(ids.encode("ord", row.public_id))

    @display(description="Brought by")
    def brought(self, row):
        mine = row.conversions.select_related("referral__advocate__customer")
        brought = [words.link(each, f"{each.referral.advocate}, conversion {each.sequence}") for each in mine]
        return words.lines(brought or (_sentence(each) for each in row.unattributed))

    @display(description="Coupon codes")
    def coupons(self, row):
        return ", ".join(row.coupon_codes) or words.NOTHING

    @display(description="Warnings")
    def noted(self, row):
        said = (noted.in_words(each, currency=row.currency) for each in _called(row))
        return words.lines(said) if row.warnings else "None"


def _called(row):
    """Its warnings; those that name a customer by id with who that is now."""
    named = {each["customer"]: _public_id(each["customer"]) for each in row.warnings if "customer" in each}
    people = {each.public_id: str(each) for each in row.storefront.customers.filter(public_id__in=named.values())}
    return [each | {"called": people.get(named.get(each.get("customer")))} for each in row.warnings]


def _public_id(said):
    try:
        # They were once written down bare.
        return ids.decode("cus", said) or uuid.UUID(said)
    except ValueError:
        return None


def _sentence(noted):
    """A stored reason, in words."""
    if isinstance(noted, str):
        return reasons.staff(noted) if noted in reasons.REASONS else noted
    key = noted.get("key") or noted.get("code")
    numbers = {name: value for name, value in noted.items() if name != "key"}
    return reasons.staff(key, **numbers) if key in reasons.REASONS else noted.get("message") or str(key)


class Sides(acts.Reason):
    side = forms.ChoiceField(
        label="Whose reward",
        choices=[("both", "Both"), ("advocate", "The advocate’s"), ("friend", "The friend’s")],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["side", "reason"]


def review(state):
    def do(*, row, by, at, side, reason):
        conversions.review(conversion=row, side=side, review=state, reason=reason, by=RulingBy.PERSON, person=by, at=at)

    return do


@admin.register(Conversion)
class ConversionAdmin(acts.Acting, LongListing):
    empty = "A paid order of somebody who was brought appears here, to be reviewed."
    list_display = ["order_link", "friend", "brought_by", "for_advocate", "for_friend", "counts", "converted_at", "why"]
    list_filter = ["advocate_review", "friend_review", "stands", "program"]
    list_select_related = ["order", "referral__advocate__customer", "referral__friend"]
    list_display_links = ["converted_at"]
    search_fields = ["=order__external_id", "referral__friend__email", "=referral__advocate__code"]
    search_help_text = "An order number, an e-mail address, a code, or an id such as cnv_01j8…"
    order_link = words.person("order", "Order")
    for_advocate = words.status("advocate_review", "Advocate’s reward")
    for_friend = words.status("friend_review", "Friend’s reward")
    id_text = words.public_id("conversion")
    fieldsets = [
        ("What converted", {"fields": ["order", "referral", "program", "sequence", "why"]}),
        ("Review", {"fields": [("for_advocate", "for_friend"), "review_reason", "counts"]}),
        ("When", {"fields": [("converted_at", "recorded_at"), "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="hold",
            label="Hold",
            done="Held",
            form=Sides,
            consequence="The reward waits, also after its days are over, until somebody releases or rejects it.",
            do=review(Review.HELD),
        ),
        acts.Act(
            name="release",
            label="Release",
            done="Released",
            form=Sides,
            consequence="The reward is owed again and is credited when its days are over.",
            do=review(Review.CLEAR),
        ),
        acts.Act(
            name="reject",
            label="Reject",
            done="Rejected",
            form=Sides,
            danger=True,
            consequence="The reward is taken back, also if it was credited. Releasing it gives it back.",
            do=review(Review.REJECTED),
        ),
    ]

    @display(description="Friend")
    def friend(self, row):
        return words.link(row.referral.friend)

    @display(description="Brought by")
    def brought_by(self, row):
        return words.link(row.referral.advocate)

    @display(description="Counts", ordering="stands")
    def counts(self, row):
        return words.dot("yes", "Counts") if row.stands else words.dot("no", "Does not count")

    @display(description="Why?")
    def why(self, row):
        return words.why(ids.encode("cnv", row.public_id))
