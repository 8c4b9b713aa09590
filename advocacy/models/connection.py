from django.db import models
from django.utils import timezone

from advocacy.models.columns import PublicIdField, SealedField, one_of
from advocacy.models.storefront import Storefront


class Platform(models.TextChoices):
    SHOPIFY = "shopify", "Shopify"
    STRIPE = "stripe", "Stripe"
    WOOCOMMERCE = "woocommerce", "WooCommerce"


class ConnectionStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # its messages are taken
    ENDED = "ended", "Ended"  # the platform or an admin ended it; messages are refused


class Connection(models.Model):
    """A storefront's account at a platform: whose messages are taken, and how its API is called."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="connections")
    platform = models.CharField(max_length=12, choices=Platform)
    name = models.CharField(max_length=120, help_text="What people call it, such as “Shop in Germany”.")
    # Shopify: acme.myshopify.com; WooCommerce: https://shop.acme.example; Stripe: acct_…, or empty.
    shop = models.CharField(max_length=200, blank=True)
    # Of its webhooks. Both secrets sign while one takes the place of the other.
    secret = SealedField(null=True, editable=False)
    previous_secret = SealedField(null=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    # What its API asks for, as JSON: {"access_token": …}, {"api_key": …}, {"key": …, "secret": …}.
    credentials = SealedField(null=True, editable=False)
    # Where its API is, if not where the platform has it.
    api_address = models.CharField(max_length=200, blank=True)
    # The topics that the platform said it sends to us, when it was last asked; empty before.
    heard = models.JSONField(default=list, editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    # For what its webhooks missed. What was changed until then is here.
    asked_daily = models.BooleanField(
        "ask daily",
        default=True,
        help_text="Ask the platform every day for what its webhooks missed. It needs the API credentials.",
    )
    asked_until = models.DateTimeField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=10, choices=ConnectionStatus, default=ConnectionStatus.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    holds_credit = models.BooleanField(
        default=False, editable=False, help_text="Customers spend their store credit in this shop’s own account."
    )
    # Nothing is asked of its API before: it refused our credentials, asked for patience, or did not answer.
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    fails_in_row = models.PositiveSmallIntegerField(default=0, editable=False)
    last_failure = models.CharField(max_length=500, blank=True, editable=False)
    last_failure_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["storefront", "platform", "id"]
        constraints = [
            one_of("platform", Platform, name="a_connection_has_a_known_platform"),
            one_of("status", ConnectionStatus, name="a_connection_has_a_known_status"),
            models.UniqueConstraint(
                fields=["storefront", "platform", "shop"],
                name="a_shop_is_connected_once",
                violation_error_message="This shop is connected already.",
            ),
            models.UniqueConstraint(
                fields=["storefront"], condition=models.Q(holds_credit=True), name="one_shop_holds_a_storefronts_credit"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.get_platform_display()})"
