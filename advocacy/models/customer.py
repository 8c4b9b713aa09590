from django.db import models

from advocacy.models.columns import MinorField, PublicIdField
from advocacy.models.storefront import Storefront

_MOST_SEGMENTS, _LONGEST_NAME = 50, 100


def _is_name(said):
    return isinstance(said, str) and 0 < len(said) <= _LONGEST_NAME


class Customer(models.Model):
    """A person as a storefront knows them: by its own id, by e-mail, or (a guest) by neither yet."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="customers", db_index=False)
    external_id = models.CharField(max_length=200, null=True, blank=True)
    email = models.EmailField(max_length=320, null=True, blank=True)
    # The address as it is compared (advocacy.emails.normalise); two spellings of one mailbox are one key.
    email_key = models.CharField(max_length=320, null=True, blank=True, editable=False)
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    source = models.JSONField(default=dict, blank=True)
    traits = models.JSONField(default=dict, blank=True)
    # Orders from before this program kept them, as the storefront counts them.
    orders_before = models.PositiveIntegerField(default=0)
    # The platform whose news of a customer made this record; empty where an order, the API or anybody else did.
    brought_by = models.CharField(max_length=12, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(help_text="When the storefront first knew them.")
    updated_at = models.DateTimeField(help_text="The storefront's own time of the newest change taken.")
    recorded_at = models.DateTimeField()
    # Nothing names them any more: orders and money of nobody that is known.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Found to be the same person as another: this record keeps what happened to it and its names, and leads there.
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        to_field="public_id",
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    # Whether other records lead here: most do not, and need not be looked for.
    absorbed = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "external_id"], name="an_external_id_names_one_customer"),
            # Two orders of the same guest at the same moment must not make two customers.
            models.UniqueConstraint(
                fields=["storefront", "email_key"],
                condition=models.Q(external_id__isnull=True),
                name="an_email_names_one_guest",
            ),
        ]
        indexes = [
            # Used by: the search for a customer by e-mail (intake, fraud checks, the portal's sign-in).
            models.Index(fields=["email_key"], name="customer_by_email_anywhere"),
            models.Index(fields=["storefront", "-id"], name="customers_newest_first"),
            # Used by: the records of one person; few were merged.
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="customers_merged_into"
            ),
            # Used by: the segments there are, and who is in one.
            models.Index(
                fields=["storefront", "-id"],
                condition=models.Q(traits__has_key="segments"),
                name="customers_in_segments",
            ),
            # Used by: whether anything is known of orders from before.
            models.Index(
                fields=["storefront"], condition=models.Q(orders_before__gt=0), name="customers_with_orders_before"
            ),
        ]

    def __str__(self):
        if self.erased_at:
            return "Erased"
        return self.name or self.email or self.external_id or "A guest"

    @property
    def person_id(self):
        """The public id by which the person is known, whichever of their records this is."""
        return self.merged_into_id or self.public_id

    @property
    def segments(self):
        """The segments that the storefront put the customer in: ``traits["segments"]``."""
        said = self.traits.get("segments")
        named = [name for name in said if _is_name(name)] if isinstance(said, list) else []
        return list(dict.fromkeys(named))[:_MOST_SEGMENTS]

    @property
    def tier(self):
        """The tier that the storefront gave: ``traits["tier"]``, or empty."""
        said = self.traits.get("tier")
        return said if _is_name(said) else ""


class Standing(models.Model):
    """What the base knows of a customer's dealings, kept by handlers from the facts of events, never read up.

    Amounts are in the storefront's own currency; orders in other currencies count as orders, not as value.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="standing")
    orders = models.IntegerField(default=0)
    revenue_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)
    friends_joined = models.IntegerField(default=0)
    friends_converted = models.IntegerField(default=0)
    # What a model expects of them, rounded; see advocacy.expectations. Of nobody who never bought, or was erased.
    alive_percent = models.SmallIntegerField(null=True, help_text="How likely they will ever buy again, in percent.")
    expected_orders_e2 = models.IntegerField(
        null=True, help_text="Days with an order in the next 12 months, in hundredths."
    )
    expected_value_minor = MinorField(null=True, help_text="What they spend on these.")
    # Since when alive_percent is below the storefront's limit.
    at_risk_since = models.DateTimeField(null=True)
    # When it was noticed that who brought them left: is at risk, banned or erased.
    advocate_left_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Used by: the advocates who may be leaving, those who brought most friends first.
            models.Index(
                fields=["-friends_converted", "customer"],
                condition=models.Q(at_risk_since__isnull=False, friends_joined__gt=0),
                name="advocates_at_risk",
            ),
            # Used by: the friends whose advocate left.
            models.Index(
                fields=["customer"], condition=models.Q(advocate_left_at__isnull=False), name="friends_left_behind"
            ),
        ]

    def __str__(self):
        orders, friends = self.orders, self.friends_converted
        return f"{orders} order{'s'[: orders != 1]}, {friends} friend{'s'[: friends != 1]} converted"
