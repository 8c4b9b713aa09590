from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from advocacy import ids
from advocacy.models.columns import PublicIdField, SealedField, append_only, one_of
from advocacy.models.event import Event
from advocacy.models.storefront import Storefront


class EndpointStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # events are sent to it
    DISABLED = "disabled", "Disabled"  # by hand, because it answered 410, or because it only failed for days


class WebhookEndpoint(models.Model):
    """A server of the storefront's that is told what happens."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(
        "address", max_length=2000, help_text="Where we POST to, such as https://acme.example/hooks."
    )
    description = models.CharField(max_length=200, blank=True, help_text="What it is for, such as “loyalty e-mails”.")
    event_types = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="None chosen: all, also later ones."
    )
    alert_kinds = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Of alerts only these kinds. None chosen: all.",
    )
    # Both sign while one takes the place of the other.
    secret = SealedField(editable=False)
    previous_secret = SealedField(null=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=10, choices=EndpointStatus, default=EndpointStatus.ACTIVE, editable=False)
    disabled_reason = models.CharField(max_length=300, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    # It was disabled by us, not by hand: an alert tells its owners as long as that stands.
    notice_due = models.BooleanField(default=False, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    # It failed or was slow the last time: it gets one call at a time, so that it delays no other.
    troubled = models.BooleanField(default=False, editable=False)
    last_claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["storefront", "id"]
        constraints = [
            one_of("status", EndpointStatus, name="a_webhook_endpoint_has_a_known_status"),
            models.UniqueConstraint(
                fields=["storefront", "url"],
                condition=models.Q(removed_at__isnull=True),
                name="an_address_is_a_webhook_endpoint_once",
                violation_error_message="This address is an endpoint of the storefront already.",
            ),
        ]

    def __str__(self):
        return self.description or self.url


class DeliveryState(models.TextChoices):
    PENDING = "pending", "To be sent"  # at ``next_attempt_at``
    DELIVERED = "delivered", "Delivered"  # answered with 2xx
    FAILED = "failed", "Failed"  # after the last try; may be sent again by hand
    CANCELLED = "cancelled", "Cancelled"  # its endpoint was disabled or removed before


class Delivery(models.Model):
    """One event for one endpoint, or a test; the row is the queue. Its body is made when it is sent."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False)
    # The type of a test, which has no event.
    test_type = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    # Since it was made, or sent again by hand: says which wait comes next.
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    # A worker has it until then; afterwards the worker is taken for dead.
    claimed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            one_of("state", DeliveryState, name="a_delivery_has_a_known_state"),
            models.UniqueConstraint(fields=["event", "endpoint"], name="an_event_is_delivered_once_to_an_endpoint"),
            models.CheckConstraint(
                condition=models.Q(event__isnull=False, test_type="")
                | (models.Q(event__isnull=True) & ~models.Q(test_type="")),
                name="a_delivery_is_of_an_event_or_a_test",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="pending") | models.Q(next_attempt_at__isnull=False),
                name="a_pending_delivery_has_its_time",
            ),
        ]
        indexes = [
            # Used by: the worker, which takes what is due of an endpoint.
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                condition=models.Q(state="pending"),
                name="pending_deliveries",
            ),
            # Used by: the worker, which counts the calls that an endpoint has.
            models.Index(
                fields=["endpoint"], condition=models.Q(claimed_until__isnull=False), name="deliveries_in_flight"
            ),
            # Used by: the sweep and /healthz.
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="deliveries_by_their_time"
            ),
            models.Index(fields=["id"], condition=models.Q(state="pending"), name="oldest_pending_deliveries"),
            # Used by: lists of the API and the admin, newest first.
            models.Index(fields=["storefront", "-id"], name="deliveries_newest_first"),
            models.Index(fields=["endpoint", "-id"], name="deliveries_of_an_endpoint"),
            # Used by: alerts.
            models.Index(fields=["ended_at"], condition=models.Q(state="failed"), name="deliveries_that_failed"),
        ]

    def __str__(self):
        return ids.encode(ids.PREFIXES["delivery"], self.public_id)

    @property
    def type(self):
        return self.event.type if self.event_id else self.test_type


class Attempt(models.Model):
    """One try of a delivery; it goes with it."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    # None where nobody answered; ``failure`` says why.
    status = models.PositiveSmallIntegerField(null=True)
    seconds = models.FloatField()
    answer = models.TextField(blank=True, help_text="The first 2 kB.")
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        triggers = append_only("attempts")

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.status or 'no answer'}"
