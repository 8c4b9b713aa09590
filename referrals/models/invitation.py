from django.db import models

from advocacy.models import Advocate, Storefront
from advocacy.models.columns import PublicIdField
from referrals.models.link import Link


class Invitation(models.Model):
    """That an advocate invites an address: who comes by it, on any device, was brought by them.

    The address itself is not kept, because its owner was not asked: only what it can be recognised by.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    advocate = models.ForeignKey(Advocate, models.CASCADE, related_name="invitations")
    link = models.ForeignKey(Link, models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    invited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["advocate", "digest"], name="an_advocate_invites_an_address_once"),
        ]
        indexes = [
            # Used by: attribution, which knows the address of who came.
            models.Index(fields=["storefront", "digest"], name="invitations_of_an_address"),
            models.Index(fields=["storefront", "-id"], name="invitations_newest_first"),
        ]

    def __str__(self):
        return f"by {self.advocate}"
