from django.db import models
from django.db.models.functions import Upper

from advocacy import ids
from advocacy.models import Customer, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, at_least, one_of


class OrderStatus(models.TextChoices):
    PENDING = "pending", "Pending"  # placed, not paid: converts nobody yet
    PAID = "paid", "Paid"  # converts
    CANCELLED = "cancelled", "Cancelled"  # counts like a whole refund


class OrderKind(models.TextChoices):
    ONE_TIME = "one_time", "One time"
    NEW_SUBSCRIPTION = "new_subscription", "New subscription"
    RENEWAL = "renewal", "Renewal"


class Source(models.TextChoices):
    """Who told of an order or a refund first."""

    API = "api", "API"  # the storefront's own server
    SHOPIFY = "shopify", "Shopify"
    STRIPE = "stripe", "Stripe"
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    IMPORT = "import", "Import"


class Order(models.Model):
    """A purchase by any customer, referred or not. All amounts are minor units of ``currency``."""

    # Where the ids are that its other sources gave it.
    known_also_by = "names"

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="orders", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders", db_index=False)
    external_id = models.CharField(max_length=200)
    identifiers = models.JSONField(default=dict)
    # Whose amounts are taken; what another source says otherwise is kept as a warning.
    brought_by = models.CharField(max_length=12, choices=Source, default=Source.API)
    # Told by an import of the past: nobody was brought by it, and nothing is earned by it, whatever is told later.
    history = models.BooleanField(default=False, db_default=False, editable=False)
    status = models.CharField(max_length=10, choices=OrderStatus)
    kind = models.CharField(max_length=20, choices=OrderKind, default=OrderKind.ONE_TIME)
    subscription_id = models.CharField(max_length=200, blank=True)
    currency = UnitField()
    subtotal_minor = MinorField()  # goods before any discount
    discount_minor = MinorField(default=0)
    tax_minor = MinorField(default=0)
    tax_included = models.BooleanField(default=True)
    shipping_minor = MinorField(default=0)
    other_minor = MinorField(default=0)
    total_minor = MinorField()
    # After discounts, before tax and shipping: what percentages are taken of.
    revenue_minor = MinorField()
    # Kept with the refunds: Σ of those not undone, at most the total.
    refunded_minor = MinorField(default=0)
    country = models.CharField(max_length=2, blank=True)
    products = models.JSONField(default=list)
    # As the storefront sent them; a coupon of our own pools by its id, because its code is worth money.
    coupon_codes = models.JSONField(default=list)
    referral_code = models.CharField(max_length=40, blank=True)
    click_id = models.UUIDField(null=True, blank=True)
    source = models.JSONField(default=dict)
    # The first of the customer's segments by the alphabet when the order was recorded; never changes.
    segment = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    metadata = models.JSONField(default=dict)
    payment_fingerprint = models.CharField(max_length=200, blank=True)
    shipping_hash = models.CharField(max_length=200, blank=True)
    warnings = models.JSONField(default=list)
    # Why this order brought no conversion, as reason keys with their numbers; empty where it did.
    unattributed = models.JSONField(default=list)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    # Since when everything physical was on its way, and was there: kept with the fulfilments and refunds.
    shipped_at = models.DateTimeField(null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(help_text="The storefront's own time of the newest change taken.")
    recorded_at = models.DateTimeField()
    # SHA-256 of the client's own fields: tells a repeated call from another order under the same id.
    digest = models.BinaryField(max_length=32, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "external_id"], name="an_order_is_recorded_once"),
            one_of("status", OrderStatus, name="an_order_has_a_known_status"),
            one_of("kind", OrderKind, name="an_order_has_a_known_kind"),
            one_of("brought_by", Source, name="an_order_has_a_known_source"),
            at_least("total_minor", 0, name="an_order_total_is_not_negative", message="The total is 0 or more."),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0) & models.Q(refunded_minor__lte=models.F("total_minor")),
                name="no_more_is_refunded_than_the_order",
                violation_error_message="No more can be refunded than the order's total.",
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="orders_newest_first"),
            # Used by: lifetime values, and the question whether a friend is an existing customer.
            models.Index(fields=["customer", "placed_at"], name="orders_of_a_customer"),
            models.Index(fields=["storefront", "placed_at"], name="orders_by_day"),
            # Used by: the repeat rate of a month, which reads all orders of it and nothing else of them.
            models.Index(
                fields=["storefront", "placed_at"],
                include=["customer", "currency"],
                condition=models.Q(status=OrderStatus.PAID),
                name="paid_orders_by_day",
            ),
            # Used by: the fraud checks of orders that say the same.
            models.Index(
                fields=["storefront", "payment_fingerprint"],
                condition=~models.Q(payment_fingerprint=""),
                name="orders_by_means_of_payment",
            ),
            models.Index(
                fields=["storefront", "shipping_hash"],
                condition=~models.Q(shipping_hash=""),
                name="orders_by_delivery_address",
            ),
            # Used by: "why?", asked by a code as it was typed.
            models.Index(Upper("referral_code"), condition=~models.Q(referral_code=""), name="orders_by_typed_code"),
        ]

    def __str__(self):
        return self.external_id

    @property
    def coupons_used(self):
        """The coupon codes as they are compared: in capitals; coupons of our own pools by their ids."""
        return [code if ids.decode("cpn", code) else code.upper() for code in self.coupon_codes]


class OrderIdentifier(models.Model):
    """Another name that an order goes by, such as its payment's: by any of them it is found again."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="names")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "kind", "value"], name="an_identifier_names_one_order")
        ]

    def __str__(self):
        return f"{self.kind} {self.value}"


class RefundKind(models.TextChoices):
    REFUND = "refund", "Refund"
    CHARGEBACK = "chargeback", "Chargeback"  # the bank took it back
    CANCELLATION = "cancellation", "Cancellation"


class RefundQuerySet(models.QuerySet):
    def counted(self):
        """Those that stand, each once though two sources told of it."""
        return self.filter(undone_at=None, same_as=None)


class Refund(models.Model):
    """Money of an order given back; may be undone, as shops delete refunds."""

    public_id = PublicIdField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    refund_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=RefundKind, default=RefundKind.REFUND)
    amount_minor = MinorField()
    products = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    refunded_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    brought_by = models.CharField(max_length=12, choices=Source, default=Source.API)
    # The refund of another source that this one tells of too.
    same_as = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="told_again")
    digest = models.BinaryField(max_length=32, editable=False)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "refund_id"], name="a_refund_is_recorded_once"),
            one_of("brought_by", Source, name="a_refund_has_a_known_source"),
            one_of("kind", RefundKind, name="a_refund_has_a_known_kind"),
            at_least("amount_minor", 0, name="a_refund_is_not_negative", message="A refund is 0 or more."),
        ]

    def __str__(self):
        return self.refund_id


class Fulfilment(models.Model):
    """A parcel of an order, or a part of it handed over; without products it holds the whole order."""

    public_id = PublicIdField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments")
    fulfilment_id = models.CharField(max_length=200)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # Lines of the order, named as in refunds: [{line_id, quantity, …}].
    products = models.JSONField(default=list)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "fulfilment_id"], name="a_fulfilment_is_recorded_once"),
        ]

    def __str__(self):
        return self.fulfilment_id
