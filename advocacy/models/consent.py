from django.db import models

from advocacy.models.columns import PublicIdField, append_only, one_of
from advocacy.models.customer import Customer
from advocacy.models.storefront import Storefront


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    PHONE = "phone", "Telephone"
    POST = "post", "Letter"
    PUSH = "push", "Push message"
    MESSENGER = "messenger", "Messenger"


class ConsentState(models.TextChoices):
    NONE = "none", "None"  # never said anything, or nobody knows it any more
    PENDING = "pending", "Pending"  # said yes; the confirmation by the channel itself is still to come
    CONFIRMED = "confirmed", "Confirmed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ConsentBasis(models.TextChoices):
    CONSENT = "consent", "Consent"  # they said yes
    CUSTOMER = "customer", "Existing customer"  # may be told of things like those that they bought, until they object


class Consent(models.Model):
    """What a customer said about promotional messages on a channel, at a moment, by which words; never changed.

    Of a customer and channel the newest counts: by ``at``, then as they were written down.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="consents")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    channel = models.CharField(max_length=20, choices=Channel)
    state = models.CharField(max_length=20, choices=ConsentState)
    basis = models.CharField(max_length=20, choices=ConsentBasis, default=ConsentBasis.CONSENT)
    wording_version = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=60, blank=True, help_text="Where it was said, such as checkout.")
    at = models.DateTimeField(help_text="When it was said.")
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "at", "state", "basis", "wording_version", "source"],
                name="a_consent_is_recorded_once",
            ),
            one_of("channel", Channel, name="a_consent_is_of_a_known_channel"),
            one_of("state", ConsentState, name="a_consent_has_a_known_state"),
            one_of("basis", ConsentBasis, name="a_consent_has_a_known_basis"),
        ]
        indexes = [
            # Used by: lists of the API, newest first.
            models.Index(fields=["storefront", "-id"], name="consents_newest_first"),
            # Used by: what a customer's newest word on a channel is.
            models.Index(fields=["customer", "channel", "-at", "-id"], name="consents_of_a_customer"),
        ]
        triggers = append_only("consents")

    def __str__(self):
        return f"{self.get_channel_display()}: {self.get_state_display()}"
