from django.db import models

from advocacy.models import Advocate, Program, Storefront
from advocacy.models.columns import PublicIdField, one_of


class LinkStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"  # leads to a friendly page and binds nobody


class Link(models.Model):
    """An advocate's unique code and address; several per advocate, one per channel or page."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="links")
    program = models.ForeignKey(Program, models.PROTECT, related_name="links")
    advocate = models.ForeignKey(Advocate, models.PROTECT, related_name="links")
    # In capitals: a friend types it as they hear it.
    code = models.CharField(max_length=40)
    # The storefront's own link host, or empty: the host of this server, which storefronts share.
    domain = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=40, blank=True, help_text="Such as whatsapp, email or a product page.")
    destination = models.CharField(max_length=500, blank=True, help_text="Empty: the program's destination.")
    status = models.CharField(max_length=10, choices=LinkStatus, default=LinkStatus.ACTIVE)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    # While it is opened or used more often within an hour than its program expects.
    burst_since = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "code"], name="a_code_is_unique_in_its_storefront"),
            # Used by: the redirect, which knows only a host and a code.
            models.UniqueConstraint(fields=["code", "domain"], name="a_code_is_unique_on_its_host"),
            one_of("status", LinkStatus, name="a_link_has_a_known_status"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="links_newest_first"),
            # Used by: the admin's first page, and whether a burst is over.
            models.Index(
                fields=["burst_since"], condition=models.Q(burst_since__isnull=False), name="links_in_a_burst"
            ),
        ]

    def __str__(self):
        return self.code


class LinkMove(models.Model):
    """Until when a link was another advocate's: a merge, or undoing one, moved it. What came before stays theirs."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="moves")
    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    advocate = models.ForeignKey(Advocate, models.PROTECT, related_name="+")
    until = models.DateTimeField()

    def __str__(self):
        return f"{self.link} until {self.until}"
