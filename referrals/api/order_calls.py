"""What storefronts send of an order."""

from rest_framework import serializers

from advocacy.api import customers, fields
from advocacy.api.examples import BOUGHT, sample
from referrals.models import OrderKind, OrderStatus


class ProductCall(fields.StrictSerializer):
    line_id = fields.Text(required=False)
    product_id = fields.Text(required=False)
    variant_id = fields.Text(required=False)
    sku = fields.Text(required=False)
    name = fields.Text(required=False, max_length=300)
    category = fields.Text(required=False)
    quantity = fields.Whole(required=False, min_value=1, max_value=1_000_000)
    price_minor = fields.Minor(required=False, help_text="Of one piece, before discounts.")
    discount_minor = fields.Minor(required=False, help_text="Of the whole line.")
    requires_shipping = fields.Flag(required=False, help_text="False for what is only downloaded; default true.")


class OrderChange(fields.StrictSerializer):
    """What is known of an order. What is left out stays as it is; of a new order it takes its default."""

    external_id = fields.Name(required=False, help_text="As in the address; it may be left out.")
    status = fields.Choice(OrderStatus.choices, required=False, help_text="It converts when it becomes paid.")
    kind = fields.Choice(OrderKind.choices, required=False)
    customer = customers.CustomerGiven(required=False)
    click_id = fields.Text(required=False, help_text="From the address they came by, or from /clicks.")
    referral_code = fields.Text(required=False, help_text="A code they typed; goes before a coupon and a click.")
    coupon_codes = serializers.ListField(
        child=fields.Text(), required=False, max_length=50, help_text="A coupon of your pools also by its id, cpn_…."
    )
    currency = fields.Currency(required=False)
    subtotal_minor = fields.Minor(required=False, help_text="Goods before any discount.")
    discount_minor = fields.Minor(required=False)
    tax_minor = fields.Minor(required=False)
    tax_included = fields.Flag(required=False, help_text="Whether the subtotal contains the tax; default true.")
    shipping_minor = fields.Minor(required=False)
    other_minor = fields.Minor(required=False)
    total_minor = fields.Minor(
        required=False, help_text="subtotal − discount + shipping + tax (unless included) + other."
    )
    revenue_minor = fields.Minor(required=False, help_text="After discounts, before tax and shipping; else computed.")
    country = fields.Country(required=False)
    products = ProductCall(many=True, required=False)
    placed_at = fields.Time(required=False, help_text="Left out: now.")
    paid_at = fields.Time(required=False)
    updated_at = fields.Time(required=False, help_text="Of this state; with PUT the newest wins.")
    subscription_id = fields.Text(required=False)
    identifiers = fields.Metadata(required=False, help_text="number, payment_intent, invoice, charge, session.")
    payment_fingerprint = fields.Text(required=False)
    shipping_hash = fields.Text(required=False)
    ip = fields.Text(
        required=False, max_length=60, help_text="Of the buyer’s browser; as digests only, for two months at most."
    )
    user_agent = fields.Text(required=False, max_length=1000, help_text="Of the same, likewise.")
    source = fields.Metadata(required=False)
    metadata = fields.Metadata(required=False)

    example = {"status": "cancelled", "updated_at": "2026-11-23T08:00:00Z"}


class OrderCall(OrderChange):
    """A new order."""

    external_id = fields.Name(help_text="Your own id of the order: sent twice it counts once, for ever.")
    status = fields.Choice(OrderStatus.choices, help_text="It converts when it becomes paid.")
    currency = fields.Currency()
    subtotal_minor = fields.Minor(help_text="Goods before any discount.")
    total_minor = fields.Minor(help_text="subtotal − discount + shipping + tax (unless included) + other.")

    example = {
        "external_id": "1001",
        "status": "paid",
        "customer": {"external_id": "fred", "email": "fred@example.com"},
        "click_id": sample("click"),
        "currency": "EUR",
        "subtotal_minor": 5000,
        "shipping_minor": 400,
        "total_minor": 5400,
        "placed_at": BOUGHT,
        "products": [{"sku": "BEANS-1KG", "name": "Beans", "quantity": 2, "price_minor": 2500}],
    }
