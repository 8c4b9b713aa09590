from django.db import models

from advocacy.models import Connection, Customer, Storefront
from advocacy.models.columns import PublicIdField, one_of


class PrivacyKind(models.TextChoices):
    REDACT = "redact", "Delete what is kept of a customer"
    DATA = "data", "Tell a customer what is kept"
    SHOP = "shop", "Delete what is kept of a shop that left"


class PrivacyState(models.TextChoices):
    OPEN = "open", "Open"  # somebody has to answer it by ``due_at``
    DONE = "done", "Done"


class PrivacyRequest(models.Model):
    """A platform asks, for a customer or for the shop, what the law lets them ask."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="privacy_requests")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="privacy_requests")
    kind = models.CharField(max_length=10, choices=PrivacyKind)
    # Empty where nothing is kept of whom it is about, or it is about the shop.
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="privacy_requests")
    # The platform's own id of the request, if it gives one.
    reference = models.CharField(max_length=200, blank=True)
    # Of the orders that are meant, as the platform names them.
    orders = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=PrivacyState, default=PrivacyState.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("kind", PrivacyKind, name="a_privacy_request_has_a_known_kind"),
            one_of("state", PrivacyState, name="a_privacy_request_has_a_known_state"),
        ]
        indexes = [
            # Used by: the admin's sidebar, which counts what waits for somebody.
            models.Index(fields=["due_at"], condition=models.Q(state="open"), name="privacy_requests_open"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, asked {self.asked_at:%Y-%m-%d}"
