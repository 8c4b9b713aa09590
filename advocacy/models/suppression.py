from django.db import models

from advocacy.models.columns import one_of
from advocacy.models.storefront import Storefront


class SuppressionReason(models.TextChoices):
    ERASED = "erased", "Erased"  # the person was erased
    COMPLAINED = "complained", "Called it spam"  # told by their provider
    BOUNCED = "bounced", "Does not exist"  # a mail server refused the address for good
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"  # wants only what they ask for, and news of payouts
    REFUSED = "refused", "Wants no invitations"  # somebody who was invited; as a customer they are written to


class Suppression(models.Model):
    """An address that is not written to, as a digest: all that is known of it is that, since when and why."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=20, choices=SuppressionReason, default=SuppressionReason.ERASED)
    # What its owner said, which stays when what happened to mails is over; empty: nothing.
    said = models.CharField(max_length=20, choices=SuppressionReason, blank=True, default="", db_default="")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "digest"], name="an_address_is_suppressed_once"),
            one_of("reason", SuppressionReason, name="an_address_is_suppressed_for_a_known_reason"),
        ]

    def __str__(self):
        return f"{self.get_reason_display()} since {self.since:%Y-%m-%d}"


class InvitedAddress(models.Model):
    """That an address was mailed an invitation, by whomever: there is never a second one. All that is known of it is a
    digest; the address itself is sealed in the mail until that is sent.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    mail = models.ForeignKey("advocacy.Mail", models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "digest"], name="an_address_is_mailed_one_invitation"),
        ]
        indexes = [
            # Used by: news of a mail service, which tells of an address that no customer has.
            models.Index(fields=["digest"], name="invited_addresses"),
        ]

    def __str__(self):
        return f"invited {self.since:%Y-%m-%d}"
