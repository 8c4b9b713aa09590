from django.conf import settings
from django.db import models

from advocacy.models.columns import PublicIdField
from advocacy.models.customer import Customer
from advocacy.models.storefront import Storefront


class Merge(models.Model):
    """Two records of a storefront are one person, since somebody said so and until it is undone."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="merges")
    survivor = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Customer, models.PROTECT, related_name="merged_by")
    source = models.CharField(max_length=20, help_text="Who said so: api, admin, same_email, or a platform.")
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    # What the survivor took over: {"filled": {column: value}}, and where the ledger stood: {"mark": transfer id}.
    kept = models.JSONField(default=dict, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_reason = models.CharField(max_length=200, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=models.Q(undone_at__isnull=True),
                name="a_record_leads_to_one_other_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(survivor=models.F("merged")), name="nobody_is_merged_with_themselves"
            ),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="merges_newest_first")]

    def __str__(self):
        return f"{self.merged} into {self.survivor}"

    @property
    def state(self):
        return "undone" if self.undone_at else "merged"
