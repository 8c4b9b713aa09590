from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import PublicIdField, one_of
from referrals.models.link import Link


class ShareKind(models.TextChoices):
    VIEW = "view", "Was shown"  # the advocate saw a place to share from
    SHARE = "share", "Shared"  # the advocate sent it, or copied the link


class Share(models.Model):
    """An advocate saw a place to share a link from, or shared it. High in number, so only a row."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+")
    link = models.ForeignKey(Link, models.CASCADE, related_name="shares")
    kind = models.CharField(max_length=10, choices=ShareKind)
    channel = models.CharField(max_length=40, blank=True, help_text="Such as whatsapp, email or copy.")
    at = models.DateTimeField()

    class Meta:
        constraints = [one_of("kind", ShareKind, name="a_share_has_a_known_kind")]
        # Used by: share rates of a period.
        indexes = [models.Index(fields=["storefront", "at"], name="shares_by_time")]

    def __str__(self):
        return f"{self.kind} of {self.link_id}"
